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
  /** Starts it again on the same port, after `kill`; what it held is gone, unless its `config` keeps it on disk. */
  restart(): Promise<void>
  /** As `restart`, with further lines of redis.conf, and without waiting until it answers. */
  restartSlowly(config: readonly string[]): Promise<void>
  /** Resolves when it answers. */
  answers(): Promise<void>
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
  /** Kills a master and resolves when its replica has taken over. Needs `replicas`. */
  failover(): Promise<void>
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
      const launched = await launch(folder, port, options)
      await answering(launched, port)
      return serverOf(folder, port, options, launched)
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

/** Three masters that share the slots, on their own or with one replica each. */
export async function startCluster({ replicas = false } = {}): Promise<RedisCluster> {
  const nodes = await Promise.all(
    Array.from({ length: replicas ? 6 : 3 }, async () =>
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
  const masters = nodes.slice(0, 3)
  const slots = 16384
  await Promise.all(
    masters.map((node, i) =>
      withClient(node, async (client) => {
        const from = Math.ceil((slots * i) / masters.length)
        const to = Math.ceil((slots * (i + 1)) / masters.length) - 1
        await client.call('cluster', 'addslotsrange', from, to)
        await client.call('cluster', 'set-config-epoch', i + 1)
      }),
    ),
  )
  const [first, ...others] = nodes
  await withClient(first!, async (client) => {
    for (const node of others) {
      const bus = await withClient(node, async (peer) =>
        String(await peer.call('config', 'get', 'cluster-port'))
          .split(',')
          .at(-1),
      )
      await client.call('cluster', 'meet', host, node.port, bus ?? '')
    }
  })
  await until('the Cluster to form', () =>
    everyOne(nodes, async (client) => {
      const info = String(await client.call('cluster', 'info'))
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length}`)
    }),
  )
  await Promise.all(nodes.slice(masters.length).map((replica, i) => followMaster(replica, masters[i]!)))
  return {
    nodes,
    failover: async () => {
      const [master] = masters
      const replica = nodes[masters.length]
      if (!master || !replica) throw new Error('a Cluster without replicas cannot fail over')
      await master.kill()
      await until('the replica to take over', () =>
        withClient(replica, async (client) => String(await client.call('role')).startsWith('master')),
      )
    },
    pause: () => nodes.forEach((node) => node.pause()),
    resume: () => nodes.forEach((node) => node.resume()),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

async function followMaster(replica: RedisServer, master: RedisServer): Promise<void> {
  const id = await withClient(master, async (client) => String(await client.call('cluster', 'myid')))
  await withClient(replica, (client) => client.call('cluster', 'replicate', id))
  await until('a replica to be in step', () =>
    withClient(replica, async (client) =>
      String(await client.info('replication')).includes('master_link_status:up'),
    ),
  )
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

interface Launched {
  readonly child: ChildProcess
  /** Why it does not run; `null` as long as it does. */
  readonly ending: () => Error | null
}

async function launch(folder: string, port: number, options: ServerOptions): Promise<Launched> {
  const file = join(folder, 'redis.conf')
  const memoryOnly = options.sentinel ? [] : ['save ""', 'appendonly no', 'repl-diskless-sync-delay 0']
  const lines = [`port ${port}`, `bind ${host}`, `dir ${folder}`, 'daemonize no', ...memoryOnly]
  await writeFile(file, [...lines, ...(options.config ?? []), ''].join('\n'))
  const child = spawn('redis-server', [file, ...(options.sentinel ? ['--sentinel'] : [])], { stdio: 'pipe' })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-2000)
  })
  let ending: Error | null = null
  running.add(child)
  child.once('exit', () => {
    running.delete(child)
    ending ??= new StartError(`redis-server ended: ${output}`)
  })
  child.once('error', () => {
    running.delete(child)
    ending = new Error('redis-server is missing: apt-get install redis-server')
  })
  return { child, ending: () => ending }
}

async function answering({ ending }: Launched, port: number): Promise<void> {
  await until(`redis-server on port ${port}`, async () => ending() !== null || answers(port))
  const why = ending()
  if (why) throw why
}

function serverOf(folder: string, port: number, options: ServerOptions, started: Launched): RedisServer {
  let launched = started
  const server: RedisServer = {
    host,
    port,
    get pid() {
      return launched.child.pid ?? 0
    },
    pause: () => void launched.child.kill('SIGSTOP'),
    resume: () => void launched.child.kill('SIGCONT'),
    kill: () => end(launched.child),
    restart: async () => {
      launched = await launch(folder, port, options)
      await answering(launched, port)
    },
    restartSlowly: async (config) => {
      launched = await launch(folder, port, { ...options, config: [...(options.config ?? []), ...config] })
    },
    answers: () => answering(launched, port),
    stop: async () => {
      await end(launched.child)
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
