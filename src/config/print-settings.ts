import { formatCidr } from '../rules/attribution/address'
import type { Connector } from '../rules/attribution/connector'
import { internetConnectorId } from '../rules/attribution/connector'
import { defaultSchedule } from '../rules/clock/schedule'
import { formatBuild } from '../rules/verdict/build'
import { formatRow } from './sample'
import type { ConnectorValues } from './connector-schema'
import { internetKeys } from './connector-schema'
import type { MainValues } from './schema'
import { connectorsFile, mainFile } from './schema'
import type { HostPort, RedisSettings, Settings } from './settings'

export type Secrets = 'masked' | 'shown'

type Entries = Readonly<Record<string, string>>

/** Both files as the operator would have to write them to get exactly these settings. */
export interface PrintedSettings {
  readonly main: Readonly<Record<string, Entries>>
  /** In their order, which an object would lose for ids that are numbers. */
  readonly connectors: readonly { readonly id: string; readonly keys: Entries }[]
}

export function printSettings(settings: Settings, secrets: Secrets): PrintedSettings {
  return {
    main: mainEntries(settings, secrets),
    connectors: settings.connectors.map((each) => ({ id: each.id, keys: connectorEntries(each) })),
  }
}

export function printedMain({ main }: PrintedSettings): string {
  return ini(Object.entries(main))
}

export function printedConnectors({ connectors }: PrintedSettings): string {
  return ini(connectors.map(({ id, keys }) => [id, keys]))
}

/** For `config show`: both files, one after the other. */
export function formatSettings(settings: Settings): string {
  const printed = printSettings(settings, 'masked')
  const connectors = printedConnectors(printed) || '; no connectors\n'
  return `; ${mainFile}\n${printedMain(printed)}\n; ${connectorsFile}\n${connectors}`
}

function ini(sections: readonly (readonly [name: string, entries: Entries])[]): string {
  return sections
    .map(([name, entries]) => {
      const lines = Object.entries(entries).map(([key, text]) => `${key} =${text === '' ? '' : ` ${text}`}\n`)
      return `[${name}]\n${lines.join('')}`
    })
    .join('\n')
}

function mainEntries(settings: Settings, secrets: Secrets): Readonly<Record<string, Entries>> {
  const { policyInputs, clock, enforcement, store, notices } = settings
  const sections: { [S in keyof MainValues]: Record<keyof MainValues[S], string> } = {
    main: {
      mode: settings.mode,
      scope: settings.scope,
      trusted_relays: settings.trustedRelays.join(', '),
      look_behind_relays: yesNo(settings.lookBehindRelays),
      advertise_xoorg: yesNo(settings.advertiseXoorg),
      help_url: settings.helpUrl,
      add_header: yesNo(settings.addHeader),
    },
    policy: {
      preset: settings.policy.preset,
      max_patch_age_days: String(policyInputs.maxPatchAgeDays),
      floors: policyInputs.floors.map(formatBuild).join(', '),
      in_scope_from: [...policyInputs.inScopeFrom].map(([product, day]) => `${product}=${day}`).join(', '),
    },
    clock: {
      confirm_sightings: String(clock.confirmSightings),
      confirm_hours: String(clock.confirmHours),
      relapse_days: String(clock.relapseDays),
      pause_days_per_year: String(clock.pauseDaysPerYear),
    },
    schedule: scheduleEntries(settings),
    enforcement: {
      defer_at: enforcement.deferAt,
      refuse_at: enforcement.refuseAt,
      path_memory_days: String(enforcement.pathMemoryDays),
      recheck_minutes: String(enforcement.recheckMinutes),
      spread: yesNo(enforcement.spread),
      reply_defer: enforcement.replyDefer,
      reply_refuse: enforcement.replyRefuse,
    },
    store: {
      backend: store.backend,
      path: store.path,
      timeout_ms: String(store.timeoutMs),
      max_clock_skew_seconds: String(store.maxClockSkewSeconds),
      cache_max_entries: String(store.cacheMaxEntries),
      cache_ttl_seconds: String(store.cacheTtlSeconds),
    },
    redis: redisEntries(settings.redis, secrets),
    metrics: {
      listen: listen(settings.metrics.listen),
      token_file: settings.metrics.tokenFile ?? '',
      server_info: String(settings.metrics.serverInfo),
    },
    notices: {
      enabled: yesNo(notices.enabled),
      from: notices.from ?? '',
      reply_to: notices.replyTo ?? '',
      notice_days: String(notices.noticeDays),
      language: notices.language,
      smtp_user: notices.smtpUser ?? '',
      smtp_password_file: notices.smtpPasswordFile ?? '',
      webhook_url: webhookUrl(notices.webhookUrl, secrets),
      webhook_secret_file: notices.webhookSecretFile ?? '',
    },
    web: {
      listen: listen(settings.web.listen),
      token_file: settings.web.tokenFile ?? '',
      public_url: settings.web.publicUrl ?? '',
    },
  }
  return sections
}

/** Its path and query may be what admits to it. */
function webhookUrl(url: string | null, secrets: Secrets): string {
  if (url === null || secrets === 'shown') return url ?? ''
  const { origin, pathname, search } = new URL(url)
  return pathname === '/' && search === '' ? url : `${origin}/********`
}

/** Default rows that the operator left out must be left out again. */
function scheduleEntries(settings: Settings): Record<string, string> {
  const rows = new Map(defaultSchedule.map((row) => [row.stage, 'none']))
  for (const row of settings.schedule) rows.set(row.stage, formatRow(row))
  return Object.fromEntries([...rows].map(([stage, text]) => [String(stage), text]))
}

function redisEntries(redis: RedisSettings, secrets: Secrets): Record<keyof MainValues['redis'], string> {
  const { topology, password } = redis
  const single = topology.kind === 'single' ? topology : null
  const shown = secrets === 'shown' ? password : '********'
  return {
    url: '',
    host: single?.host ?? '',
    port: single ? String(single.port) : '',
    db: String(redis.db),
    username: redis.username ?? '',
    password: password === null ? '' : (shown ?? ''),
    tls: yesNo(redis.tls),
    sentinels: topology.kind === 'sentinel' ? topology.sentinels.map(hostPort).join(', ') : '',
    sentinel_name: topology.kind === 'sentinel' ? topology.name : '',
    cluster_nodes: topology.kind === 'cluster' ? topology.nodes.map(hostPort).join(', ') : '',
    key_prefix: redis.keyPrefix,
  }
}

/** Without the keys that are not set, since an empty list of addresses is refused. */
function connectorEntries(connector: Connector): Entries {
  const all: Record<keyof ConnectorValues, string> = {
    tenant: connector.tenant,
    type: connector.type,
    tls_certificate_name: connector.tlsCertificateName ?? '',
    tls_ca_file: connector.trust === 'system' ? '' : connector.trust.file,
    tls_purpose: connector.tlsPurpose,
    addresses: connector.addresses.map(formatCidr).join(', '),
    sender_domains: connector.senderDomains.join(', '),
    judge_relaying: yesNo(connector.judgeRelaying),
    mode: connector.mode ?? '',
    defer_at: connector.deferAt ?? '',
    refuse_at: connector.refuseAt ?? '',
    contacts: connector.contacts.join(', '),
    language: connector.language ?? '',
    esu: yesNo(connector.esu),
    comment: connector.comment ?? '',
  }
  const internet = connector.id === internetConnectorId
  return Object.fromEntries(
    Object.entries(all).filter(
      ([key, text]) => text !== '' && (!internet || internetKeys.some((known) => known === key)),
    ),
  )
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no'
}

function listen(address: HostPort | null): string {
  return address ? hostPort(address) : ''
}

function hostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
