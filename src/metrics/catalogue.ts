import type {
  CacheResult,
  Counters,
  DecidingHook,
  FaultKind,
  NoticeKind,
  StoreOperation,
  UnavailableReason,
} from '../enforcement/observer'
import { serverStatuses } from '../rules/clock/status'
import type { CompliantReason, OutdatedReason, UndeterminedReason } from '../rules/verdict/verdict'

/** First part of every name. */
export const prefix = 'exchange_enforcement_'

export interface LabelDefinition {
  readonly name: string
  /** Every value; one for which the code below has no list is free text, said in words. */
  readonly values: readonly string[] | string
}

interface Definition {
  /** With the prefix. */
  readonly name: string
  readonly help: string
  readonly labels: readonly LabelDefinition[]
  /** Values of the labels, in their order, of each series: every one that can occur, and no other. */
  readonly series: readonly (readonly string[])[]
}

export type CounterDefinition = Definition & { readonly type: 'counter' }
export type GaugeDefinition = Definition & { readonly type: 'gauge' }
/** `buckets` in seconds, rising, without +Inf. */
export type HistogramDefinition = Definition & {
  readonly type: 'histogram'
  readonly buckets: readonly number[]
}
export type MetricDefinition = CounterDefinition | GaugeDefinition | HistogramDefinition

/** A record names each value once, so that one that is new in the types cannot be forgotten here. */
function all<T extends string>(values: Readonly<Record<T, true>>): readonly string[] {
  return Object.keys(values)
}

/** What is not on the schedule of eight stages, such as a stage 12 of the operator's own. */
export const otherStage = 'other'
const stages = ['1', '2', '3', '4', '5', '6', '7', '8', otherStage]

export function stageLabel(stage: number | null): string {
  if (stage === null) return 'none'
  return stage >= 1 && stage <= 8 ? String(stage) : otherStage
}

const reasons = {
  compliant: all<CompliantReason>({
    'at-or-above-floor': true,
    'no-floor': true,
    'not-in-scope': true,
    'up-to-date': true,
  }),
  outdated: all<OutdatedReason>({ 'end-of-life': true, behind: true }),
  undetermined: all<UndeterminedReason>({
    'no-evidence': true,
    'not-exchange': true,
    'exchange-online': true,
    'no-build': true,
    'unknown-product': true,
    'cannot-tell': true,
  }),
}

const operations = all<StoreOperation>({
  open: true,
  read: true,
  replace: true,
  remove: true,
  list: true,
  time: true,
  prune: true,
  close: true,
})

function one(name: string, values: readonly string[]): Pick<Definition, 'labels' | 'series'> {
  return { labels: [{ name, values }], series: values.map((value) => [value]) }
}

/** Labels whose values follow from the series. */
function several(
  names: readonly string[],
  series: readonly (readonly string[])[],
): Pick<Definition, 'labels' | 'series'> {
  const labels = names.map((name, index) => ({
    name,
    values: [...new Set(series.map((values) => values[index] ?? ''))],
  }))
  return { labels, series }
}

const alone: Pick<Definition, 'labels' | 'series'> = { labels: [], series: [[]] }

function counter(
  name: string,
  help: string,
  shape: Pick<Definition, 'labels' | 'series'>,
): CounterDefinition {
  return { type: 'counter', name: `${prefix}${name}`, help, ...shape }
}

function gauge(name: string, help: string, shape: Pick<Definition, 'labels' | 'series'>): GaugeDefinition {
  return { type: 'gauge', name: `${prefix}${name}`, help, ...shape }
}

function histogram(
  name: string,
  help: string,
  shape: Pick<Definition, 'labels' | 'series'>,
  buckets: readonly number[],
): HistogramDefinition {
  return { type: 'histogram', name: `${prefix}${name}`, help, ...shape, buckets }
}

export const counters: { readonly [N in keyof Counters]: CounterDefinition } = {
  sessions: counter(
    'sessions_total',
    'Attributions at MAIL, one for every MAIL command, by how the session was attributed.',
    one('attribution', ['certificate', 'address', 'internet', 'ambiguous', 'none', 'skipped']),
  ),
  sightings: counter(
    'sightings_total',
    'Messages of attributed sessions, by what their connecting hop says of itself.',
    one('kind', ['exchange', 'exchange-online', 'not-exchange', 'none']),
  ),
  verdicts: counter(
    'verdicts_total',
    'Verdicts on those messages, by status and reason.',
    several(
      ['status', 'reason'],
      Object.entries(reasons).flatMap(([status, each]) => each.map((reason) => [status, reason])),
    ),
  ),
  decisions: counter(
    'decisions_total',
    'Decisions at the end of DATA, and those before it that turned somebody away, by stage of the server, action and place.',
    several(
      ['stage', 'action', 'at'],
      [
        ...['none', ...stages].map((stage) => [stage, 'accept', 'data']),
        ...stages.flatMap((stage) =>
          ['defer', 'refuse'].flatMap((action) =>
            ['connect', 'mail', 'data'].map((place) => [stage, action, place]),
          ),
        ),
      ],
    ),
  ),
  rechecks: counter(
    'rechecks_total',
    'Messages that came as far as their evidence although a clock was running, by what they showed.',
    one('result', ['recovered', 'still-outdated', 'no-evidence']),
  ),
  notices: counter(
    'notices_total',
    "Notices to tenants' contacts, by occasion and result.",
    several(
      ['kind', 'result'],
      all<NoticeKind>({
        detection: true,
        stage: true,
        'stage-ahead': true,
        resumption: true,
        'floor-ahead': true,
        recovery: true,
      }).flatMap((kind) => ['sent', 'failed'].map((result) => [kind, result])),
    ),
  ),
  cacheRequests: counter(
    'cache_requests_total',
    'Records asked of the cache in front of the store; stale ones were served and refreshed behind.',
    one('result', all<CacheResult>({ hit: true, miss: true, stale: true })),
  ),
  storeErrors: counter(
    'store_errors_total',
    'Calls to the store that failed or were not made, by operation and reason.',
    several(
      ['op', 'reason'],
      operations.flatMap((op) =>
        all<UnavailableReason>({
          timeout: true,
          refused: true,
          'breaker-open': true,
          'not-open': true,
          denied: true,
          'read-only': true,
          damaged: true,
          failed: true,
        }).map((reason) => [op, reason]),
      ),
    ),
  ),
  faults: counter(
    'faults_total',
    'Faults of ours, none of which costs mail, by kind.',
    one(
      'kind',
      all<FaultKind>({
        exception: true,
        deadline: true,
        store: true,
        'sighting-dropped': true,
        'newcomer-dropped': true,
        'clock-skew': true,
        'unreadable-record': true,
        metrics: true,
      }),
    ),
  ),
  configReloads: counter(
    'config_reloads_total',
    'Times the configuration was loaded, the start included, by result.',
    one('result', ['success', 'failure']),
  ),
}

export const histograms = {
  store: histogram(
    'store_duration_seconds',
    'Time that a call to the store took, by operation.',
    one('op', operations),
    [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 5],
  ),
  decision: histogram(
    'decision_duration_seconds',
    'Time until a hook had its answer, by hook.',
    one('hook', all<DecidingHook>({ connect: true, mail: true, data_post: true })),
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5],
  ),
} as const

export type WorkerState = 'starting' | 'responding' | 'hung'
export const workerStates: readonly WorkerState[] = ['starting', 'responding', 'hung']

export const gauges = {
  buildInfo: {
    ...gauge('build_info', 'Always 1; the labels tell the version of the plugin and of Node.js.', alone),
    labels: [
      { name: 'version', values: 'of the plugin' },
      { name: 'node', values: 'of Node.js' },
    ],
    series: [],
  },
  servers: gauge(
    'servers',
    'Servers in memory, counted at most once a minute, by status and stage.',
    several(
      ['status', 'stage'],
      [
        ['compliant', 'none'],
        ['recovered', 'none'],
        ['outdated', 'none'],
        ...['outdated', 'paused', 'exempt'].flatMap((status) => stages.map((stage) => [status, stage])),
      ],
    ),
  ),
  serverInfo: {
    ...gauge(
      'server_info',
      'Always 1, one for each server that [metrics] server_info lets in, those first that need attention most.',
      alone,
    ),
    labels: [
      { name: 'tenant', values: 'as in the connectors file' },
      { name: 'server', values: 'the name that it writes' },
      { name: 'build', values: 'the last one seen, or none' },
      { name: 'status', values: serverStatuses },
      { name: 'stage', values: ['none', ...stages] },
    ],
    series: [],
  },
  serverInfoLeftOut: gauge(
    'server_info_left_out',
    'Servers in memory that found no room in server_info; 0 where that is off.',
    alone,
  ),
  serversKnownExploited: gauge(
    'servers_known_exploited',
    'Servers seen in the last 30 days whose last build has a vulnerability open that is known to be exploited.',
    alone,
  ),
  storeUp: gauge(
    'store_up',
    'Whether the last call to the store succeeded in every process (1), or failed in one (0); 1 where none is needed.',
    alone,
  ),
  configLastReloadSuccess: gauge(
    'config_last_reload_success',
    'Whether the configuration as it lies in the files is in force in every process (1), or was refused (0).',
    alone,
  ),
  catalogueTimestamp: gauge(
    'catalogue_timestamp_seconds',
    'Date of the build catalogue in force; the oldest of all processes.',
    alone,
  ),
  workers: gauge(
    'workers',
    'Processes that take mail, by state; hung ones gave no answer within half a second.',
    one('state', workerStates),
  ),
} as const

/** Every metric, in the order of the page and of docs/metrics.md. */
export const catalogue: readonly MetricDefinition[] = [
  gauges.buildInfo,
  counters.sessions,
  counters.sightings,
  counters.verdicts,
  counters.decisions,
  counters.rechecks,
  gauges.servers,
  gauges.serverInfo,
  gauges.serverInfoLeftOut,
  gauges.serversKnownExploited,
  counters.notices,
  counters.cacheRequests,
  histograms.store,
  counters.storeErrors,
  gauges.storeUp,
  counters.faults,
  histograms.decision,
  counters.configReloads,
  gauges.configLastReloadSuccess,
  gauges.catalogueTimestamp,
  gauges.workers,
]
