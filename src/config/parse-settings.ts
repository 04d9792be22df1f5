import { resolve } from 'node:path'
import type { Policy } from '../rules/verdict/policy'
import { formatBuild, sameBranch } from '../rules/verdict/build'
import { internetConnectorId } from '../rules/attribution/connector'
import { maxReplyOctets } from '../rules/decision/reply'
import type { ConnectorContext } from './connectors'
import { readConnectors, whyNotAtConnect } from './connectors'
import { canDecideAtConnect, internetConnector } from './effective'
import { Findings } from './findings'
import type { IniSection, RawFile } from './ini'
import { mergeIni, parseIni } from './ini'
import { checkNotices } from './notice-settings'
import { refuseArrays, refuseIssues, textsOf } from './issues'
import type { ConfigProblem } from './problem'
import { suggestion } from './problem'
import { resolveRedis } from './redis-settings'
import { resolveSchedule } from './schedule-rows'
import type { MainValues } from './schema'
import { mainSchema } from './schema'
import type { PolicyInputs, PolicyPreset, Settings } from './settings'
import { longestReply } from './template'

/** One configuration file: the package's default and the install's own, as far as they are there. */
export interface RawSource {
  /** The file that the operator edits, whether it is there or not. */
  readonly path: string
  /** What was read, the one that wins last. */
  readonly files: readonly RawFile[]
  /** Files that are there and could not be read. */
  readonly faults: readonly ConfigProblem[]
}

export interface RawConfig {
  readonly main: RawSource
  readonly connectors: RawSource
  /** Haraka's own; read for `[redis]` alone. */
  readonly redisIni: RawSource
}

/** What the files cannot say themselves. */
export interface ParseContext extends ConnectorContext {
  /** Product ids of the catalogue; `null`: not known here, and not checked. */
  readonly productIds: readonly string[] | null
}

export type ParseResult =
  | { readonly ok: true; readonly settings: Settings; readonly warnings: readonly ConfigProblem[] }
  | {
      readonly ok: false
      readonly problems: readonly ConfigProblem[]
      readonly warnings: readonly ConfigProblem[]
    }

/** Reads, checks and resolves the whole configuration. Reports everything that is wrong at once; never throws. */
export function parseSettings(raw: RawConfig, context: ParseContext): ParseResult {
  const main = openSource(raw.main, 'join', new Set(['url', 'password', 'webhook_url']))
  const connectorSource = openSource(raw.connectors, 'refuse', new Set())
  const redisIni = openSource(raw.redisIni, 'join', new Set(['password', 'url']))

  refuseArrays(main.sections, mainSchema, main.findings)
  const connectors = readConnectors(connectorSource.sections, connectorSource.findings, context)
  const parsed = mainSchema.safeParse(
    Object.fromEntries([...main.sections].map(([name, section]) => [name, textsOf(section)])),
  )
  let settings: Settings | null = null
  if (parsed.success) {
    const values = parsed.data
    settings = build(values, context, main.findings, redisIni.findings, connectors)
    checkMain(values, settings, main.findings, context)
    checkTogether(settings, main.findings, connectorSource.findings)
  } else {
    refuseIssues(parsed.error.issues, [], mainSchema, main.findings)
  }

  const needsRedisIni = settings?.store.backend === 'redis'
  const problems = [
    ...byLine(main.problems, main.findings.problems),
    ...byLine(connectorSource.problems, connectorSource.findings.problems),
    ...(needsRedisIni ? byLine(raw.redisIni.faults, redisIni.findings.problems) : []),
  ]
  const warnings = [
    ...main.findings.warnings,
    ...connectorSource.findings.warnings,
    ...(needsRedisIni ? redisIni.findings.warnings : []),
  ]
  return settings && problems.length === 0
    ? { ok: true, settings, warnings }
    : { ok: false, problems, warnings }
}

function byLine(...parts: readonly (readonly ConfigProblem[])[]): readonly ConfigProblem[] {
  return parts.flat().sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
}

interface OpenSource {
  readonly sections: ReadonlyMap<string, IniSection>
  readonly problems: readonly ConfigProblem[]
  readonly findings: Findings
}

function openSource(
  source: RawSource,
  repeatedSections: 'join' | 'refuse',
  secretKeys: ReadonlySet<string>,
): OpenSource {
  const documents = source.files.map((file) => parseIni(file, { repeatedSections }))
  const sections = mergeIni(documents)
  return {
    sections,
    problems: [...source.faults, ...documents.flatMap((document) => document.problems)],
    findings: new Findings(sections, source.path, secretKeys),
  }
}

function build(
  values: MainValues,
  context: ParseContext,
  findings: Findings,
  redisIni: Findings,
  connectors: Settings['connectors'],
): Settings {
  const { main, clock, enforcement, store, metrics, notices, web } = values
  const policyInputs: PolicyInputs = {
    maxPatchAgeDays: values.policy.max_patch_age_days,
    floors: values.policy.floors,
    inScopeFrom: new Map(values.policy.in_scope_from),
  }
  return {
    mode: main.mode,
    scope: main.scope,
    trustedRelays: main.trusted_relays,
    lookBehindRelays: main.look_behind_relays,
    advertiseXoorg: main.advertise_xoorg,
    helpUrl: main.help_url,
    addHeader: main.add_header,
    policy: policyOf(values.policy.preset, policyInputs),
    policyInputs,
    clock: {
      confirmSightings: clock.confirm_sightings,
      confirmHours: clock.confirm_hours,
      relapseDays: clock.relapse_days,
      pauseDaysPerYear: clock.pause_days_per_year,
    },
    schedule: resolveSchedule(values.schedule, findings),
    enforcement: {
      deferAt: enforcement.defer_at,
      refuseAt: enforcement.refuse_at,
      pathMemoryDays: enforcement.path_memory_days,
      recheckMinutes: enforcement.recheck_minutes,
      spread: enforcement.spread,
      replyDefer: enforcement.reply_defer,
      replyRefuse: enforcement.reply_refuse,
    },
    store: {
      backend: store.backend,
      path: resolve(context.configDir, '..', store.path),
      timeoutMs: store.timeout_ms,
      maxClockSkewSeconds: store.max_clock_skew_seconds,
      cacheMaxEntries: store.cache_max_entries,
      cacheTtlSeconds: store.cache_ttl_seconds,
    },
    redis: resolveRedis(values.redis, findings, redisIni),
    metrics: {
      listen: metrics.listen,
      tokenFile: fileIn(context.configDir, metrics.token_file),
      serverInfo: metrics.server_info,
    },
    notices: {
      enabled: notices.enabled,
      from: notices.from,
      replyTo: notices.reply_to,
      noticeDays: notices.notice_days,
      language: notices.language,
      smtpUser: notices.smtp_user,
      smtpPasswordFile: fileIn(context.configDir, notices.smtp_password_file),
      webhookUrl: notices.webhook_url,
      webhookSecretFile: fileIn(context.configDir, notices.webhook_secret_file),
    },
    web: {
      listen: web.listen,
      tokenFile: fileIn(context.configDir, web.token_file),
      publicUrl: web.public_url,
    },
    connectors,
  }
}

function fileIn(folder: string, path: string | null): string | null {
  return path === null ? null : resolve(folder, path)
}

/** The policy of that name with the operator's figures; for `[policy] preset`, and where another is asked for by name. */
export function policyOf(preset: PolicyPreset, inputs: PolicyInputs): Policy {
  const { maxPatchAgeDays, floors, inScopeFrom } = inputs
  switch (preset) {
    case 'microsoft':
      return { preset, inScopeFrom }
    case 'lifecycle':
      return { preset, maxPatchAgeDays, inScopeFrom }
    case 'custom':
      return { preset, floors, inScopeFrom }
  }
}

function checkMain(values: MainValues, settings: Settings, findings: Findings, context: ParseContext): void {
  checkPolicy(values.policy, findings, context)
  if (values.store.path === '') findings.refuse('store', 'path', 'is empty')
  for (const [key, template] of [
    ['reply_defer', values.enforcement.reply_defer],
    ['reply_refuse', values.enforcement.reply_refuse],
  ] as const) {
    const length = longestReply(template, settings.helpUrl)
    if (length > maxReplyOctets) {
      findings.refuse(
        'enforcement',
        key,
        `makes a reply of up to ${length} characters, code and filled-in placeholders included`,
        `${maxReplyOctets} characters`,
      )
    }
    if (findings.isSet('enforcement', key) && /\s[;#]/.test(template)) {
      findings.warn(
        'enforcement',
        key,
        'what stands behind ; or # is no comment, it is spoken with the reply',
      )
    }
  }
  const { metrics, web } = settings
  if (metrics.listen && web.listen && metrics.listen.port !== 0) {
    const same = metrics.listen.host === web.listen.host && metrics.listen.port === web.listen.port
    if (same) {
      const written = findings.isSet('web', 'listen') ? 'web' : 'metrics'
      findings.refuse(written, 'listen', 'is the address of both [metrics] and [web]; each needs its own')
    }
  }
  for (const [section, file] of [
    ['metrics', metrics.tokenFile],
    ['web', web.tokenFile],
  ] as const) {
    if (file !== null && !context.fileExists(file)) {
      findings.warn(section, 'token_file', `there is no file ${file}`)
    }
  }
  if (metrics.tokenFile !== null && metrics.tokenFile === web.tokenFile) {
    findings.refuse(
      'metrics',
      'token_file',
      'is the token of the page as well: whoever reads the figures could pause and exempt; each needs its own',
    )
  }
  checkNotices(settings, findings, context)
}

function checkPolicy(policy: MainValues['policy'], findings: Findings, context: ParseContext): void {
  if (policy.preset === 'custom' && policy.floors.length === 0) {
    findings.refuse('policy', 'preset', 'needs floors, the lowest builds that pass')
  }
  if (policy.preset !== 'custom' && policy.floors.length > 0) {
    findings.warn('policy', 'floors', `has no effect with preset = ${policy.preset}`)
  }
  if (policy.preset !== 'lifecycle' && findings.isSet('policy', 'max_patch_age_days')) {
    findings.warn('policy', 'max_patch_age_days', `has no effect with preset = ${policy.preset}`)
  }
  policy.floors.forEach((floor, index) => {
    const twin = policy.floors.slice(0, index).find((other) => sameBranch(floor, other))
    if (!twin) return
    const pair = `${formatBuild(twin)} and ${formatBuild(floor)}`
    findings.refuse('policy', 'floors', `has two floors for one cumulative update: ${pair}`)
  })
  const seen = new Set<string>()
  for (const [product] of policy.in_scope_from) {
    if (seen.has(product)) findings.refuse('policy', 'in_scope_from', `names '${product}' twice`)
    seen.add(product)
    if (context.productIds && !context.productIds.includes(product)) {
      const known = context.productIds.join(', ')
      const meant = suggestion(product, context.productIds)
      findings.refuse('policy', 'in_scope_from', `'${product}' is no product of the catalogue${meant}`, known)
    }
  }
}

/** What only shows when both files are looked at. */
function checkTogether(settings: Settings, main: Findings, connectorFile: Findings): void {
  const { connectors, enforcement, mode, scope } = settings
  const internet = connectors.find((connector) => connector.id === internetConnectorId)
  const concerned = scope === 'everyone' && !internet ? [...connectors, internetConnector] : connectors

  if (mode === 'off') {
    for (const connector of connectors) {
      if (connector.mode !== null && connector.mode !== 'off') {
        connectorFile.warn(
          connector.id,
          'mode',
          'has no effect while [main] mode = off switches everything off',
        )
      }
    }
  }
  for (const connector of concerned) {
    if (canDecideAtConnect(connector)) continue
    for (const [key, place, own] of [
      ['defer_at', enforcement.deferAt, connector.deferAt],
      ['refuse_at', enforcement.refuseAt, connector.refuseAt],
    ] as const) {
      if (place !== 'connect' || own !== null) continue
      main.warn(
        'enforcement',
        key,
        `connector '${connector.id}' uses 'mail' instead: 'connect' is only for connectors known by address alone; ${whyNotAtConnect(connector)}`,
      )
    }
  }
  if (scope === 'connectors') {
    if (internet) connectorFile.warn(internet.id, null, 'has no effect with [main] scope = connectors')
    if (connectors.length === 0 && mode !== 'off') {
      connectorFile.warn(null, null, 'there is no connector, so that no session is looked at')
    }
  }
}
