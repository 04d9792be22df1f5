import type { Redis } from 'ioredis'
import { mainFile, redisFile } from '../../config/schema'
import type { HostPort, RedisSettings, Settings } from '../../config/settings'
import { StoreUnavailable } from '../../store/unavailable'
import type { ConfigFolder } from './config-folder'
import { area, reasonOf, type Evidence, type Report } from './finding'
import { isAtLeast } from './haraka-package'
import { recordChecks, tellRecords } from './records'
import { askSentinel, clusterInfoOf, configOf, infoOf, type Info, RedisLook } from './redis-facts'
import { redisChecks } from './redis-checks'

const testedRedis = [7, 0] as const
const nearlyFull = 0.9
/** A share of timeout_ms: what is slower leaves no room for a bad moment. */
const slowShare = 0.5
/** Beyond this, clocks are no longer looked after. */
const driftMs = 5_000

const checks = { ...redisChecks, ...recordChecks } as const
type Id = keyof typeof checks

export const redisArea = area('Redis', checks, async (scene, report) => {
  const settings = scene.settings()
  const { config } = scene
  if (!config || !settings || settings.mode === 'off' || settings.store.backend !== 'redis') return
  tellAddress(settings.redis, config, report)
  const look = new RedisLook(settings.redis)
  try {
    const failure = await look.open()
    if (failure) {
      report.found(
        failure.reason === 'denied' ? 'redis-denied' : 'redis-unreachable',
        failure.message,
        addressEvidence(config),
      )
      if (settings.redis.topology.kind === 'sentinel') await tellSentinels(settings.redis, report)
      return
    }
    report.ok(
      'redis-unreachable',
      `${look
        .masters()
        .map(([name]) => name)
        .join(', ')} answers`,
    )
    await tellPermissions(look, config, report)
    for (const [name, node] of look.masters()) await tellServer(name, node, settings.redis, report)
    await tellTime(look, settings, report)
    if (settings.redis.topology.kind === 'cluster') await tellCluster(look, report)
    if (settings.redis.topology.kind === 'sentinel') await tellSentinels(settings.redis, report)
  } finally {
    look.close()
  }
  await tellContent(settings, config, scene.given.now, report)
})

function addressesOf({ topology }: RedisSettings): readonly HostPort[] {
  switch (topology.kind) {
    case 'single':
      return [topology]
    case 'sentinel':
      return topology.sentinels
    case 'cluster':
      return topology.nodes
  }
}

/** The line that says where Redis is: ours, else Haraka's. */
function addressEvidence(config: ConfigFolder): Evidence {
  const own = config.ini(mainFile)
  const key = ['url', 'host', 'sentinels', 'cluster_nodes', 'port'].find((name) => own.value(name, 'redis'))
  if (key !== undefined) return own.evidence(key, 'redis')
  const shared = config.ini(redisFile)
  return shared.value('host', 'server') ? shared.evidence('host', 'server') : own.evidence('backend', 'store')
}

function tellAddress(redis: RedisSettings, config: ConfigFolder, report: Report<Id>): void {
  const far = addressesOf(redis).find(({ host }) => !/^(?:127\.|::1$|localhost$)/.test(host))
  if (!far) return
  const place = `${far.host}:${far.port}`
  if (!redis.tls) report.found('redis-cleartext', `tls is off for ${place}`, addressEvidence(config))
  if (redis.password === null)
    report.found('redis-no-password', `there is no password for ${place}`, addressEvidence(config))
}

async function tellPermissions(look: RedisLook, config: ConfigFolder, report: Report<Id>): Promise<void> {
  try {
    const denied = await look.deniedCommands()
    if (denied === null)
      report.unknown('redis-commands-denied', 'a Redis older than 7.0 does not tell what is allowed')
    else if (denied.length === 0)
      report.ok('redis-commands-denied', 'the user may do all that the plugin needs')
    else report.found('redis-commands-denied', `not allowed: ${denied.join(', ')}`, addressEvidence(config))
  } catch (error) {
    const message = reasonOf(error)
    if (/NOPERM/.test(message)) report.found('redis-commands-denied', message, addressEvidence(config))
    else report.unknown('redis-commands-denied', message)
  }
}

async function tellServer(
  name: string,
  node: Redis,
  redis: RedisSettings,
  report: Report<Id>,
): Promise<void> {
  let info: Info
  try {
    info = await infoOf(node)
  } catch (error) {
    report.unknown('redis-evicts', `${name} does not tell of itself (${reasonOf(error)})`)
    return
  }
  const text = (key: string): string => info.get(key) ?? ''
  const version = text('redis_version')
  if (version === '') report.unknown('redis-version', `${name} does not tell its version`)
  else if (isAtLeast(version, testedRedis)) report.ok('redis-version', `${name} is of version ${version}`)
  else report.found('redis-version', `${name} is of version ${version}`)
  if (text('role') === 'slave')
    report.found('redis-replica', `${name} is a replica of ${text('master_host')}:${text('master_port')}`)
  else if (redis.topology.kind !== 'single' && Number(text('connected_slaves')) === 0) {
    report.found('redis-no-replica', `${name} has no replica`)
  }
  tellEviction(name, info, report)
  await tellPersistence(name, node, info, report)
}

function tellEviction(name: string, info: Info, report: Report<Id>): void {
  const policy = info.get('maxmemory_policy')
  const [most, used] = [Number(info.get('maxmemory') ?? 0), Number(info.get('used_memory') ?? 0)]
  if (policy === undefined) report.unknown('redis-evicts', `${name} does not tell its maxmemory-policy`)
  else if (policy === 'noeviction') report.ok('redis-evicts', `${name} has maxmemory-policy noeviction`)
  else
    report.found(
      'redis-evicts',
      `${name} has maxmemory-policy ${policy}${most === 0 ? ', though no maxmemory yet' : ''}`,
    )
  if (most > 0 && used > most * nearlyFull) {
    report.found('redis-memory-full', `${name} uses ${Math.round((used / most) * 100)} % of its maxmemory`)
  }
}

async function tellPersistence(name: string, node: Redis, info: Info, report: Report<Id>): Promise<void> {
  for (const key of ['rdb_last_bgsave_status', 'aof_last_write_status', 'aof_last_bgrewrite_status']) {
    const status = info.get(key)
    if (status !== undefined && status !== 'ok')
      report.found('redis-persistence-fails', `${name}: ${key} is ${status}`)
  }
  if (info.get('aof_enabled') === '1') {
    report.ok('redis-not-persistent', `${name} writes an append-only file`)
    return
  }
  try {
    const save = await configOf(node, 'save')
    if (save === '') report.found('redis-not-persistent', `${name} has appendonly no and no save`)
    else report.ok('redis-not-persistent', `${name} saves: ${save}`)
  } catch (error) {
    report.unknown('redis-not-persistent', `${name} does not tell whether it saves (${reasonOf(error)})`)
  }
}

async function tellTime(look: RedisLook, { store }: Settings, report: Report<Id>): Promise<void> {
  try {
    const { at, tookMs, askedAt } = await look.time()
    const skewMs = Math.abs(at - askedAt)
    const text = `the clocks of this host and of Redis differ by ${(skewMs / 1000).toFixed(1)} s`
    if (skewMs > store.maxClockSkewSeconds * 1000) report.found('redis-clock-skew', text)
    else if (skewMs > driftMs) report.found('redis-clock-drift', text)
    else report.ok('redis-clock-skew', text)
    const answer = `Redis took ${tookMs} ms to answer, timeout_ms is ${store.timeoutMs}`
    if (tookMs > store.timeoutMs * slowShare) report.found('redis-slow', answer)
    else report.ok('redis-slow', answer)
  } catch (error) {
    report.unknown('redis-clock-skew', `Redis does not tell the time (${reasonOf(error)})`)
  }
}

/** Each master is asked: what one has lost the others learn of later. */
async function tellCluster(look: RedisLook, report: Report<Id>): Promise<void> {
  for (const [name, node] of look.masters()) {
    try {
      const info = await clusterInfoOf(node)
      const [state = '?', assigned = '?', failing = '?'] = [
        'cluster_state',
        'cluster_slots_assigned',
        'cluster_slots_fail',
      ].map((key) => info.get(key))
      const text = `${name} says that the state is ${state}, slots assigned: ${assigned} of 16384, failing: ${failing}`
      if (state === 'ok' && assigned === '16384') report.ok('redis-cluster-broken', text)
      else report.found('redis-cluster-broken', text)
    } catch (error) {
      report.unknown(
        'redis-cluster-broken',
        `${name} does not tell the state of the Cluster (${reasonOf(error)})`,
      )
    }
  }
}

async function tellSentinels(redis: RedisSettings, report: Report<Id>): Promise<void> {
  const { topology } = redis
  if (topology.kind !== 'sentinel') return
  for (const sentinel of topology.sentinels) {
    const name = `Sentinel ${sentinel.host}:${sentinel.port}`
    try {
      const said = String(await askSentinel(sentinel, redis, ['ckquorum', topology.name]))
      report.ok('redis-sentinel', `${name}: ${said}`)
    } catch (error) {
      report.found('redis-sentinel', `${name}: ${reasonOf(error)}`)
    }
  }
}

async function tellContent(
  settings: Settings,
  config: ConfigFolder,
  now: number,
  report: Report<Id>,
): Promise<void> {
  const { RedisStore } = await import('../../store/redis.js')
  const store = new RedisStore({ settings: settings.redis, timeoutMs: settings.store.timeoutMs * 5 })
  try {
    await store.open()
    await tellRecords(store, settings, config, now, report)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    report.unknown('records-unreadable', error.message)
  } finally {
    await store.close()
  }
}
