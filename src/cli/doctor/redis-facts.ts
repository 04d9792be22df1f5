import { Cluster, Redis } from 'ioredis'
import type { HostPort, RedisSettings } from '../../config/settings'
import { createClient, describeTopology, explainRedisError, type RedisClient } from '../../store/redis-client'
import type { StoreUnavailable } from '../../store/unavailable'
import { formatKey } from '../../store/keys'

const patienceMs = 2_500

/** `INFO` of one server, key by key. */
export type Info = ReadonlyMap<string, string>

/** A connection for looking; it is not kept when it breaks. */
export class RedisLook {
  readonly #client: RedisClient
  readonly #settings: RedisSettings
  #lastError: Error | null = null

  constructor(settings: RedisSettings) {
    this.#settings = settings
    this.#client = createClient(settings, patienceMs)
    const remember = (error: Error): void => {
      const beneath = 'lastNodeError' in error ? error.lastNodeError : null
      this.#lastError = beneath instanceof Error ? beneath : error
    }
    this.#client.on('error', remember)
    this.#client.on('node error', remember)
  }

  /** Why there is no connection; `null`: there is. */
  async open(): Promise<StoreUnavailable | null> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#lastError ?? new Error('connect timed out')), patienceMs)
    })
    try {
      await Promise.race([this.#client.connect(), late])
      // Without it a wrong password is told only by the first command.
      await this.#client.ping()
      return null
    } catch (error) {
      return explainRedisError(error, this.#lastError, describeTopology(this.#settings))
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.#client.disconnect()
  }

  /** The servers that hold data, each with its name for messages. */
  masters(): readonly (readonly [name: string, node: Redis])[] {
    const nodes = this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client]
    return nodes.map((node) => [describeTopologyOf(node, this.#settings), node])
  }

  /** Epoch ms of Redis, how long it took to answer, and the middle of that in our own time. */
  async time(): Promise<{ readonly at: number; readonly tookMs: number; readonly askedAt: number }> {
    const before = Date.now()
    const [seconds, microseconds] = await this.#client.time()
    const after = Date.now()
    return {
      at: Number(seconds) * 1000 + Number(microseconds) / 1000,
      tookMs: after - before,
      askedAt: (before + after) / 2,
    }
  }

  /** Commands that the user may not give; `null`: this Redis cannot tell. Nothing is written. Rejects as Redis does. */
  async deniedCommands(): Promise<readonly string[] | null> {
    const key = formatKey(this.#settings.keyPrefix, {
      kind: 'server',
      tenant: 'doctor',
      server: 'doctor.invalid',
    })
    const told = String(await this.#client.eval(permissionScript, 1, key))
    return told === '?' ? null : told.split(' ').filter((word) => word !== '')
  }
}

// Everything that src/store/redis.ts asks for.
const permissionScript = `
if not redis.acl_check_cmd then return '?' end
local key = KEYS[1]
local commands = { { 'GET', key }, { 'MGET', key }, { 'SET', key, '1', 'PX', '1' }, { 'DEL', key }, { 'TIME' },
  { 'SCAN', '0' }, { 'EVALSHA', '0', '1', key }, { 'PING' }, { 'INFO' } }
local denied = ''
for _, command in ipairs(commands) do
  if not redis.acl_check_cmd(unpack(command)) then denied = denied .. ' ' .. command[1] end
end
return denied`

export async function infoOf(node: Redis): Promise<Info> {
  return parseInfo(await node.info())
}

/** What a node of a Cluster says of the whole; rejects where that is not allowed. */
export async function clusterInfoOf(node: Redis): Promise<Info> {
  return parseInfo(String(await node.call('cluster', 'info')))
}

/** One setting of the server; rejects where `CONFIG` is not allowed. */
export async function configOf(node: Redis, name: string): Promise<string> {
  const told: unknown = await node.call('config', 'get', name)
  if (Array.isArray(told)) return String(told[1] ?? '')
  if (told instanceof Map) return String(told.get(name) ?? '')
  return typeof told === 'object' && told !== null ? String(Object.values(told)[0] ?? '') : ''
}

/** What one Sentinel says; rejects where it does not answer. */
export async function askSentinel(
  { host, port }: HostPort,
  settings: RedisSettings,
  words: readonly string[],
): Promise<unknown> {
  const client = new Redis({
    host,
    port,
    ...(settings.tls && { tls: {} }),
    lazyConnect: true,
    connectTimeout: patienceMs,
    commandTimeout: patienceMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await client.call('sentinel', ...words)
  } finally {
    client.disconnect()
  }
}

function parseInfo(text: string): Info {
  const pairs = text.split(/\r?\n/).flatMap((line): (readonly [string, string])[] => {
    const colon = line.indexOf(':')
    return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)]] : []
  })
  return new Map(pairs)
}

function describeTopologyOf(node: Redis, settings: RedisSettings): string {
  if (settings.topology.kind === 'single') return describeTopology(settings)
  const { host = '?', port = 0 } = node.options
  return `Redis ${host}:${port}`
}
