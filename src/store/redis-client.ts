import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis'
import type { RedisSettings } from '../config/settings'
import { StoreUnavailable, type UnavailableReason } from './unavailable'

export type RedisClient = Redis | Cluster

const connectTimeoutMs = 2_000
const longestRetryDelayMs = 2_000
// A peer that vanished without a word is given up after this long and connected anew.
const silentSocketMs = 1_000
const slotsRefreshMs = 2_000

function retryDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 10), longestRetryDelayMs) * (0.75 + Math.random() / 4)
}

/**
 * A client that fails fast and comes back by itself. A command is never sent twice: who hears that a
 * compare-and-set was lost must be able to believe it.
 */
export function createClient(settings: RedisSettings, timeoutMs: number): RedisClient {
  const { topology } = settings
  const common = {
    ...(settings.username !== null && { username: settings.username }),
    ...(settings.password !== null && { password: settings.password }),
    ...(settings.tls && { tls: {} }),
    connectionName: 'exchange-enforcement',
    // CLIENT SETINFO is one more right, and tells nobody anything.
    disableClientInfo: true,
    commandTimeout: timeoutMs,
    connectTimeout: connectTimeoutMs,
    socketTimeout: Math.max(silentSocketMs, 2 * timeoutMs),
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: false,
    lazyConnect: true,
    // The address may belong to another master by now.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } satisfies RedisOptions
  const alone = { ...common, db: settings.db, enableOfflineQueue: false, retryStrategy: retryDelayMs }
  switch (topology.kind) {
    case 'single':
      return new Redis({ ...alone, host: topology.host, port: topology.port })
    case 'sentinel':
      return new Redis({
        ...alone,
        name: topology.name,
        sentinels: topology.sentinels.map(({ host, port }) => ({ host, port })),
        sentinelRetryStrategy: retryDelayMs,
        sentinelCommandTimeout: connectTimeoutMs,
        enableTLSForSentinelMode: settings.tls,
        failoverDetector: true,
      })
    case 'cluster':
      return refreshingSlots(
        topology.nodes.map(({ host, port }) => ({ host, port })),
        {
          redisOptions: common,
          lazyConnect: true,
          enableOfflineQueue: false,
          clusterRetryStrategy: retryDelayMs,
          clusterNodeRetryStrategy: retryDelayMs,
          slotsRefreshTimeout: connectTimeoutMs,
          slotsRefreshInterval: 0,
          retryDelayOnFailover: 0,
          retryDelayOnClusterDown: 0,
          maxRedirections: 4,
          // With TLS the certificate is made out to the name, so it must not be resolved away.
          ...(settings.tls && { dnsLookup: (address, done) => done(null, address) }),
        } satisfies ClusterOptions,
      )
  }
}

/** ioredis would go on for ever where it is closed while it refreshes, and keep the process from ending. */
function refreshingSlots(...of: ConstructorParameters<typeof Cluster>): Cluster {
  const cluster = new Cluster(...of)
  const timer = setInterval(() => {
    if (cluster.status === 'ready') cluster.refreshSlotsCache()
    if (cluster.status === 'end') clearInterval(timer)
  }, slotsRefreshMs)
  timer.unref()
  return cluster
}

/** `redis 192.0.2.1:6379`, for messages; never a password. */
export function describeTopology({ topology }: RedisSettings): string {
  const list = (nodes: readonly { host: string; port: number }[]) =>
    nodes.map(({ host, port }) => `${host}:${port}`).join(', ')
  switch (topology.kind) {
    case 'single':
      return `Redis ${list([topology])}`
    case 'sentinel':
      return `Redis ${topology.name} of the Sentinels ${list(topology.sentinels)}`
    case 'cluster':
      return `Redis Cluster ${list(topology.nodes)}`
  }
}

const reasons: readonly (readonly [RegExp, UnavailableReason, string])[] = [
  [/NOAUTH|WRONGPASS|NOPERM|invalid password|without any password/i, 'denied', 'check username and password'],
  [/READONLY/, 'read-only', 'it is a replica: name the master, or use Sentinel'],
  [/timed? ?out/i, 'timeout', 'it does not answer in time'],
  [
    /ECONN|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EPIPE|isn't writeable|Connection is closed|max retries|Cluster|CLUSTERDOWN|LOADING|MASTERDOWN|[Ss]entinel|slots/,
    'refused',
    'check that it runs and that host and port are right',
  ],
]

/** What an error of ioredis means; `beneath` is the last one of its connection, which says why there is none. */
export function explainRedisError(error: unknown, beneath: Error | null, where: string): StoreUnavailable {
  const message = error instanceof Error ? error.message : String(error)
  const own = reasons.find(([shape]) => shape.test(message))
  // "Stream isn't writeable" and the like only say that there is no connection.
  const deeper =
    own?.[1] === 'refused' && beneath ? reasons.find(([shape]) => shape.test(beneath.message)) : own
  const [, reason, advice] = deeper ?? own ?? [null, 'failed' as const, 'see the cause']
  const because = beneath && own?.[1] === 'refused' ? beneath.message : message
  return new StoreUnavailable(reason, `${where}: ${because}; ${advice}`, { cause: error })
}
