import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'

export interface Address {
  readonly host: string
  readonly port: number
}

/** One `redis-server` process on a loopback port, with its files in a folder of its own. */
export interface RedisServer extends Address {
  readonly pid: number
  /** Freezes it (SIGSTOP): it accepts connections and answers nothing. */
  pause(): void
  resume(): void
  /** Ends it with SIGKILL, as a crash would; its port stays reserved for `restart`. */
  kill(): Promise<void>
  /** Starts it again on the same port, after `kill`; what it held is gone. */
  restart(): Promise<void>
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

export interface SentinelGroup {
  readonly name: string
  readonly sentinels: readonly Address[]
  readonly servers: readonly RedisServer[]
  master(): Promise<RedisServer>
  /** Kills the master and resolves when the Sentinels agree on another. */
  failover(): Promise<void>
  pause(): void
  resume(): void
  stop(): Promise<void>
}

export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  pause(): void
  resume(): void
  stop(): Promise<void>
}

export interface ServerOptions {
  /** Lines of redis.conf, as `requirepass secret`. */
  readonly config?: readonly string[]
  readonly sentinel?: boolean
}

const host = '127.0.0.1'
const startAttempts = 5
const running = new Set<ChildProcess>()

// A test that dies must not leave servers behind. A signal alone would end us without 'exit'.
process.once('exit', killAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  const die = (): void => {
    process.off(signal, die)
    killAll()
    process.kill(process.pid, signal)
  }
  process.on(signal, die)
}

function killAll(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, host, () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

export async function startRedis(options: ServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'xe-redis-'))
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    try {
      const child = await launch(folder, port, options)
      return serverOf(folder, port, options, child)
    } catch (error) {
      // Another process may have taken the port meanwhile.
      if (attempt < startAttempts && error instanceof StartError) continue
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }
}

/** A master, one replica and three Sentinels that fail over within about two seconds. */
export async function startSentinels(): Promise<SentinelGroup> {
  const name = 'xe-master'
  const master = await startRedis()
  const replica = await startRedis({ config: [`replicaof ${host} ${master.port}`] })
  const servers = [master, replica]
  const watch = [
    `sentinel monitor ${name} ${host} ${master.port} 2`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 3000`,
  ]
  const sentinels = await Promise.all([1, 2, 3].map(() => startRedis({ sentinel: true, config: watch })))
  const known = (): Promise<boolean> =>
    everyOne(sentinels, async (client) => {
      const text = String(await client.call('info', 'sentinel'))
      return text.includes('slaves=1,sentinels=3')
    })
  await until('the Sentinels to find each other', known)
  const masterPort = (sentinel: RedisServer): Promise<number> =>
    withClient(sentinel, async (client) => {
      const found = await client.call('sentinel', 'get-master-addr-by-name', name)
      return Array.isArray(found) ? Number(found[1]) : 0
    })
  const current = async (): Promise<RedisServer> => {
    const port = await masterPort(sentinels[0]!)
    const found = servers.find((server) => server.port === port)
    if (!found) throw new Error(`no server on port ${port}`)
    return found
  }
  return {
    name,
    sentinels,
    servers,
    master: current,
    failover: async () => {
      const old = await current()
      await old.kill()
      await until('a failover', async () => {
        const ports = await Promise.all(sentinels.map(masterPort))
        return ports.every((port) => port !== old.port)
      })
    },
    pause: () => servers.forEach((server) => server.pause()),
    resume: () => servers.forEach((server) => server.resume()),
    stop: async () => {
      await Promise.all([...sentinels, ...servers].map((server) => server.stop()))
    },
  }
}

/** Three masters that share the slots, without replicas. */
export async function startCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all(
    [0, 1, 2].map(async () =>
      startRedis({
        config: [
          'cluster-enabled yes',
          'cluster-config-file nodes.conf',
          'cluster-node-timeout 2000',
          `cluster-port ${await freePort()}`,
        ],
      }),
    ),
  )
  const slots = 16384
  await Promise.all(
    nodes.map((node, i) =>
      withClient(node, async (client) => {
        const from = Math.ceil((slots * i) / nodes.length)
        const to = Math.ceil((slots * (i + 1)) / nodes.length) - 1
        await client.call('cluster', 'addslotsrange', from, to)
        await client.call('cluster', 'set-config-epoch', i + 1)
      }),
    ),
  )
  const [first, ...others] = nodes
  await withClient(first!, async (client) => {
    for (const { port } of others) {
      const bus = await withClient(
        others.find((node) => node.port === port)!,
        async (peer) =>
          String(await peer.call('config', 'get', 'cluster-port'))
            .split(',')
            .at(-1),
      )
      await client.call('cluster', 'meet', host, port, bus ?? '')
    }
  })
  await until('the Cluster to form', () =>
    everyOne(nodes, async (client) => {
      const info = String(await client.call('cluster', 'info'))
      return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3')
    }),
  )
  return {
    nodes,
    pause: () => nodes.forEach((node) => node.pause()),
    resume: () => nodes.forEach((node) => node.resume()),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

/** Resolves when `check` holds, asked every 50 ms; an error counts as "not yet". */
export async function until(what: string, check: () => Promise<boolean>, withinMs = 15_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await check().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms for ${what}`)
    await delay(50)
  }
}

class StartError extends Error {}

async function launch(folder: string, port: number, options: ServerOptions): Promise<ChildProcess> {
  const file = join(folder, 'redis.conf')
  const lines = [`port ${port}`, `bind ${host}`, `dir ${folder}`, 'daemonize no', ...(options.config ?? [])]
  const memoryOnly = options.sentinel ? [] : ['save ""', 'appendonly no', 'repl-diskless-sync-delay 0']
  await writeFile(file, [...lines, ...memoryOnly, ''].join('\n'))
  const child = spawn('redis-server', [file, ...(options.sentinel ? ['--sentinel'] : [])], { stdio: 'pipe' })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-2000)
  })
  let missing = false
  child.once('error', () => {
    missing = true
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  await until(`redis-server on port ${port}`, async () => {
    if (missing || child.exitCode !== null) return true
    return answers(port)
  })
  if (missing) {
    running.delete(child)
    throw new Error('redis-server is missing: apt-get install redis-server')
  }
  if (child.exitCode !== null) throw new StartError(`redis-server ended: ${output}`)
  return child
}

function serverOf(folder: string, port: number, options: ServerOptions, started: ChildProcess): RedisServer {
  let child = started
  const server: RedisServer = {
    host,
    port,
    get pid() {
      return child.pid ?? 0
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill: () => end(child),
    restart: async () => {
      child = await launch(folder, port, options)
    },
    stop: async () => {
      await end(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
  return server
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

/** Whether it is this server, not a stranger on its port, that answers is seen by its still running. */
async function answers(port: number): Promise<boolean> {
  return withClient({ host, port }, async (client) => {
    try {
      await client.ping()
      return true
    } catch (error) {
      return error instanceof Error && error.message.startsWith('NOAUTH')
    }
  })
}

async function everyOne(
  servers: readonly Address[],
  check: (client: Redis) => Promise<boolean>,
): Promise<boolean> {
  const results = await Promise.all(servers.map((server) => withClient(server, check)))
  return results.every(Boolean)
}

/** A plain connection for one errand. */
export async function withClient<T>(
  { host, port }: Address,
  errand: (client: Redis) => Promise<T>,
  password?: string,
): Promise<T> {
  const client = new Redis({
    host,
    port,
    ...(password !== undefined && { password }),
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    commandTimeout: 2000,
  })
  client.on('error', () => undefined)
  try {
    return await errand(client)
  } finally {
    client.disconnect()
  }
}
