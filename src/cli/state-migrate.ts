import { Option, type Command } from 'commander'
import type { Settings } from '../config/settings'
import { printable } from '../rules/decision/printable'
import type { MigrationResult, Outcome } from '../store/migrate'
import type { RecordKind, Store } from '../store/store'
import { readConfiguration, type Configuration } from './configuration'
import { detail } from './details'
import { misuse, refusal } from './failure'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'
import { withStorage, type Access } from './storage'
import { textTable } from './table'

const backends = ['lmdb', 'redis'] as const
type Backend = (typeof backends)[number]

const outcomes: readonly Outcome[] = ['copied', 'updated', 'merged', 'kept', 'unchanged']
const progressEveryMs = 2_000

interface Options {
  readonly from: Backend
  readonly to: Backend
  readonly json?: boolean
}

export function addStateMigrate(group: Command, invocation: Invocation): void {
  const command = group
    .command('migrate')
    .description('bring all records from LMDB into Redis, or back, while Haraka runs')
    .addOption(new Option('--from <backend>', 'where they are').choices(backends).default('lmdb'))
    .addOption(new Option('--to <backend>', 'where they go').choices(backends).default('redis'))
    .option('--json', 'print JSON')
    .action(async ({ from, to, json }: Options, self: Command) => {
      if (from === to) throw misuse(`--from and --to are both ${from}; name two stores`)
      const configuration = readConfiguration(invocation, self)
      const result = await withBackend(from, 'read', configuration, (source) =>
        withBackend(to, 'write', configuration, (target) =>
          moveAll({ from, to, source, target }, configuration.settings, invocation),
        ),
      )
      await tell(result, json === true, invocation)
    })
  detail(command, {
    notes: [
      'The sections [store] and [redis] say where both are, whichever is in use. Every record comes over with what is left of its lifetime. Run it before the backend is changed, to bring ' +
        'the bulk, and again afterwards, to bring what was written in between; it may be broken off and run as often as wanted.',
      'copied: was not there. updated: only the source had changed since the last run. kept: only the target had, it is newer. merged: both had; what the later one saw last counts as one more ' +
        'sighting of what the earlier one knows, pauses and exemptions of both hold. unchanged: alike. Nothing is taken away from the source. What was moved is noted in migration.jsonl, in the folder of the LMDB store.',
      'At the end it is checked that the target has every record. Exit code 1 where one is missing, or was left alone since it cannot be read. Run it as the user of Haraka; docs/operations.md has the whole way.',
    ],
    examples: [
      ['state migrate', 'From LMDB to Redis: first run, and again after the switch'],
      ['state migrate --from redis --to lmdb', 'And back'],
    ],
  })
}

function withBackend<T>(
  backend: Backend,
  access: Access,
  configuration: Configuration,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const { settings } = configuration
  const named = { ...configuration, settings: { ...settings, store: { ...settings.store, backend } } }
  return withStorage(named, access, ({ store }) => work(store))
}

interface Move {
  readonly from: Backend
  readonly to: Backend
  readonly source: Store
  readonly target: Store
}

async function moveAll(
  { from, to, source, target }: Move,
  { store, redis, clock, schedule }: Settings,
  { err }: Invocation,
): Promise<MigrationResult> {
  const { migrate } = await import('../store/migrate.js')
  const { MigrationJournal } = await import('../store/migration-journal.js')
  const { describeTopology } = await import('../store/redis-client.js')
  const names = {
    lmdb: `LMDB ${store.path}`,
    redis: `${describeTopology(redis)}/${redis.db} ${redis.keyPrefix}`,
  }
  let told = performance.now()
  try {
    return await migrate({
      source,
      target,
      journal: new MigrationJournal(store.path, `${names[from]} to ${names[to]}`),
      clock,
      schedule,
      onProgress: async (done) => {
        if (performance.now() - told < progressEveryMs) return
        told = performance.now()
        await err.line(`records so far: ${done}`)
      },
    })
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw refusal(`${store.path}: ${error.message}`, error)
    throw error
  }
}

async function tell(result: MigrationResult, json: boolean, invocation: Invocation): Promise<void> {
  const { counts, leftAlone, missing } = result
  const { out, err } = invocation
  const isWhole = leftAlone.length === 0 && missing.length === 0
  invocation.exitCode = isWhole ? 0 : 1
  if (json) {
    await out.line(
      jsonText({ ok: isWhole, counts: Object.fromEntries(counts), left_alone: leftAlone, missing }, true),
    )
    return
  }
  const rows = [...counts]
  const [head = '', ...lines] = textTable<(typeof rows)[number]>(
    [
      { heading: 'kind', text: ([kind]: readonly [RecordKind, unknown]) => kind },
      ...outcomes.map((outcome) => ({
        heading: outcome,
        text: ([, count]: (typeof rows)[number]) => String(count[outcome]),
      })),
    ],
    rows,
  )
  for (const { key, side, why } of leftAlone) {
    await err.line(`left alone, since the ${side} cannot be read: ${printable(key)}: ${printable(why)}`)
  }
  for (const key of missing) await err.line(`missing: ${printable(key)}`)
  const end = isWhole ? 'the target has every record' : 'the target does not have every record; run it again'
  await out.line([out.styled('bold', head), ...lines, out.styled(isWhole ? 'green' : 'red', end)].join('\n'))
}
