import type { Findings } from './findings'
import type { RedisSettings } from './settings'
import type { MainValues } from './schema'
import { hostName, optional, wholeNumber, yesNo, freeText } from './values'
import type { ValueKind } from './values'

type RedisValues = MainValues['redis']

/** What Haraka's redis.ini says for all plugins; `null`: nothing. */
interface Inherited {
  readonly host: string | null
  readonly port: number | null
  readonly db: number | null
  readonly username: string | null
  readonly password: string | null
  readonly tls: boolean | null
}

const alone = ['host', 'port', 'db', 'username', 'password', 'tls'] as const

/**
 * The address of Redis. `[redis]` goes before Haraka's redis.ini, whose keys are read as haraka-plugin-redis does:
 * `[server]` before `[opts]`, `ip` and `database` as the older names of `host` and `db`.
 */
export function resolveRedis(values: RedisValues, findings: Findings, redisIni: Findings): RedisSettings {
  checkContradictions(values, findings)
  if (values.url) {
    const { host, port, db, username, password, tls } = values.url
    const topology = { kind: 'single', host, port } as const
    return { topology, db, username, password, tls, keyPrefix: values.key_prefix }
  }
  const inherited = readInherited(redisIni)
  return {
    topology: topologyOf(values, inherited),
    db: values.cluster_nodes.length > 0 ? 0 : (values.db ?? inherited.db ?? 0),
    username: values.username ?? inherited.username,
    password: values.password ?? inherited.password,
    tls: values.tls ?? inherited.tls ?? false,
    keyPrefix: values.key_prefix,
  }
}

function topologyOf(values: RedisValues, inherited: Inherited): RedisSettings['topology'] {
  if (values.cluster_nodes.length > 0) return { kind: 'cluster', nodes: values.cluster_nodes }
  if (values.sentinels.length > 0 && values.sentinel_name !== null) {
    return { kind: 'sentinel', name: values.sentinel_name, sentinels: values.sentinels }
  }
  return {
    kind: 'single',
    host: values.host ?? inherited.host ?? '127.0.0.1',
    port: values.port ?? inherited.port ?? 6379,
  }
}

function checkContradictions(values: RedisValues, findings: Findings): void {
  const sentinels = values.sentinels.length > 0
  const cluster = values.cluster_nodes.length > 0
  const refuse = (key: string, message: string) => findings.refuse('redis', key, message)

  if (values.url) {
    for (const key of alone) {
      if (values[key] !== null) refuse(key, 'contradicts url, which says it already; keep one of the two')
    }
    if (sentinels) refuse('sentinels', 'contradicts url; keep one of the two')
    if (cluster) refuse('cluster_nodes', 'contradicts url; keep one of the two')
  }
  if (sentinels && cluster)
    refuse('cluster_nodes', 'contradicts sentinels; a Redis is either one or the other')
  if (sentinels && values.sentinel_name === null) refuse('sentinels', 'needs sentinel_name as well')
  if (!sentinels && values.sentinel_name !== null) refuse('sentinel_name', 'needs sentinels as well')
  if (sentinels || cluster) {
    const other = sentinels ? 'sentinels' : 'cluster_nodes'
    if (values.host !== null) refuse('host', `contradicts ${other}; keep one of the two`)
    if (values.port !== null) refuse('port', `contradicts ${other}, where each has its own port`)
  }
  if (cluster && values.db !== null && values.db !== 0) refuse('db', 'a cluster has only database 0')
}

function readInherited(redisIni: Findings): Inherited {
  const read = <T>(kind: ValueKind<T>, ...names: readonly string[]): T | null => {
    for (const section of ['server', 'opts']) {
      for (const name of names) {
        const text = redisIni.text(section, name)
        if (text === '') continue
        const reading = kind.read(text)
        if (reading.ok) return reading.value
        redisIni.refuse(section, name, reading.why, kind.allowed)
        return null
      }
    }
    return null
  }
  for (const section of ['server', 'opts']) {
    if (redisIni.isSet(section, 'path')) {
      redisIni.warn(
        section,
        'path',
        'a Unix socket is not taken over; set host and port in [redis] of this plugin',
      )
    }
  }
  return {
    host: read(hostName, 'host', 'ip'),
    port: read(wholeNumber(1, 65_535), 'port'),
    db: read(wholeNumber(0, 9999), 'database', 'db'),
    username: read(optional(freeText(256)), 'username'),
    password: read(optional(freeText(1024)), 'password'),
    tls: read(yesNo, 'tls'),
  }
}
