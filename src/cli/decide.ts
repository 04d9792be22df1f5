import { InvalidArgumentError, Option, type Command } from 'commander'
import type { Settings } from '../config/settings'
import { normaliseDomain } from '../rules/attribution/domain'
import { decide } from '../rules/decision/decide'
import type { Decision } from '../rules/decision/decision'
import { isoSeconds, replyTo, type Reply } from '../rules/decision/reply'
import { windowOffsetMs } from '../rules/decision/window'
import { dayMs, type Interval } from '../rules/time'
import { readConfiguration } from './configuration'
import { detail } from './details'
import { misuse } from './failure'
import { instantOption, isoOrNull, parseInstant, shortInstant } from './instant'
import type { Invocation } from './invocation'
import { answerLines, badLine, isFields, type Fields, type LineAnswer } from './json-lines'
import { printable } from '../rules/decision/printable'
import { jsonText } from './json-text'
import { facts } from './table'

/** A server with a running clock, and the moment asked about. */
interface State {
  readonly tenant: string
  readonly server: string
  readonly startedAt: number
  readonly pauses: readonly Interval[]
  readonly at: number
}

interface Options {
  readonly tenant?: string
  readonly server?: string
  readonly startedAt?: string
  readonly at?: string
  readonly pause?: readonly Interval[]
  readonly json?: boolean
  readonly jsonl?: boolean
}

export function addDecide(program: Command, invocation: Invocation): void {
  const command = program
    .command('decide')
    .description('what a server in a given state is told at a given time')
    .option('--server <name>', 'the server, as it calls itself')
    .option('--tenant <name>', 'its tenant; the two give the place of its windows where these are spread')
    .option('--started-at <date>', 'when its clock started')
    .option('--at <date>', 'the moment asked about; now if not given')
    .addOption(
      new Option('--pause <from/until>', 'a pause of the tenant; may be given several times').argParser(
        addPauseOption,
      ),
    )
    .addOption(new Option('--json', 'print JSON').conflicts('jsonl'))
    .option('--jsonl', 'read states as JSON lines from standard input, answer line by line')
    .action(async (options: Options, self: Command) => {
      const { settings } = readConfiguration(invocation, self)
      if (options.jsonl) {
        if (options.server ?? options.tenant ?? options.startedAt ?? options.at ?? options.pause) {
          throw misuse('--jsonl reads states from standard input; leave out the other options')
        }
        invocation.exitCode = await answerLines(invocation, (fields) => answer(fields, settings))
        return
      }
      const state = stateOf(options, invocation.now())
      const { decision, reply } = tell(state, settings)
      const text = options.json
        ? jsonText(decisionJson(decision, reply), true)
        : describe(state, decision, reply, invocation)
      await invocation.out.line(text)
    })
  detail(command, {
    notes: [
      'The answer is what the schedule demands, as in mode enforce, whatever mode is configured. Schedule, spread and the texts of the replies come from ' +
        'the configuration. A state names no build: a reply that mentions {build} says "unknown".',
      'With --jsonl a line in is {"id": "1", "tenant": "contoso", "server": "ex01.contoso.com", "started_at": "2026-09-01T00:00:00Z", ' +
        '"pauses": [{"from": "…", "until": "…"}], "at": "2026-11-22T12:00:00Z"}; a line out, in the same order, is {"id", "stage", "elapsed_ms", "action": "accept" | "defer" | ' +
        '"refuse", "code", "reply", "defer_minutes", "refuse_minutes", "free_at", "next_stage_at"}, or {"id", "error"} in place of a line that cannot be read; ' +
        'then the exit code is 1. free_at is at where the mail is accepted, null where no free moment is in sight.',
    ],
    examples: [
      [
        'decide --tenant contoso --server ex01.contoso.com --started-at 2026-09-01 --at 2026-11-22T12:00Z',
        'What is a server told whose clock has run since September?',
      ],
      [
        'decide --tenant contoso --server ex01.contoso.com --started-at 2026-09-01 --pause 2026-10-01/2026-10-31',
        'And if October had been paused?',
      ],
      ['decide --jsonl < states.jsonl', 'Many states at once'],
    ],
  })
}

function addPauseOption(text: string, before: readonly Interval[] = []): readonly Interval[] {
  const [from, until, ...others] = text.split('/').map(parseInstant)
  if (from === undefined || from === null || until === undefined || until === null || others.length > 0) {
    throw new InvalidArgumentError('Write from/until, as in 2026-10-01/2026-10-31.')
  }
  if (until < from) throw new InvalidArgumentError('It ends before it begins.')
  return [...before, { from, until }]
}

function stateOf(options: Options, now: number): State {
  const { server, tenant, startedAt, at, pause } = options
  if (server === undefined || tenant === undefined || startedAt === undefined) {
    throw misuse('decide needs --server, --tenant and --started-at, or --jsonl')
  }
  return {
    tenant,
    server: normaliseDomain(server),
    startedAt: instantOption('--started-at', startedAt),
    pauses: pause ?? [],
    at: at === undefined ? now : instantOption('--at', at),
  }
}

function answer(fields: Fields, settings: Settings): LineAnswer {
  const { tenant, server, pauses = [] } = fields
  if (typeof tenant !== 'string' || tenant === '') return badLine('tenant is not a name')
  if (typeof server !== 'string' || server === '') return badLine('server is not a name')
  const startedAt = instantIn(fields['started_at'])
  if (startedAt === null) return badLine('started_at is not an ISO 8601 date')
  const at = instantIn(fields['at'])
  if (at === null) return badLine('at is not an ISO 8601 date')
  if (!Array.isArray(pauses)) return badLine('pauses is not an array')
  const intervals: Interval[] = []
  const raw: readonly unknown[] = pauses
  for (const pause of raw) {
    const from = isFields(pause) ? instantIn(pause['from']) : null
    const until = isFields(pause) ? instantIn(pause['until']) : null
    const name = `pauses[${intervals.length}]`
    if (from === null || until === null) return badLine(`${name} lacks from or until as ISO 8601 dates`)
    if (until < from) return badLine(`${name} ends before it begins`)
    intervals.push({ from, until })
  }
  const { decision, reply } = tell(
    { tenant, server: normaliseDomain(server), startedAt, pauses: intervals, at },
    settings,
  )
  return { ok: true, value: decisionJson(decision, reply) }
}

function instantIn(value: unknown): number | null {
  return typeof value === 'string' ? parseInstant(value) : null
}

/** What the schedule demands: no mode, exemption or fault softens it. */
function tell(
  { tenant, server, startedAt, pauses, at }: State,
  { schedule, enforcement, helpUrl }: Settings,
): { readonly decision: Decision; readonly reply: Reply | null } {
  const decision = decide({
    at,
    clock: { state: 'running', startedAt, detectedAt: startedAt, carriedMs: 0, reachedMs: 0 },
    pauses,
    exemption: null,
    schedule,
    offsetMs: windowOffsetMs(tenant, server, enforcement.spread),
    mode: 'enforce',
  })
  const texts = { defer: enforcement.replyDefer, refuse: enforcement.replyRefuse, helpUrl }
  return { decision, reply: replyTo(decision, { server, build: 'unknown' }, texts) }
}

function decisionJson(decision: Decision, reply: Reply | null): object {
  return {
    stage: decision.stage,
    elapsed_ms: decision.elapsedMs,
    action: decision.action,
    code: reply?.code ?? null,
    reply: reply?.line ?? null,
    defer_minutes: decision.deferMinutes,
    refuse_minutes: decision.refuseMinutes,
    free_at: isoOrNull(decision.freeAt),
    next_stage_at: isoOrNull(decision.nextStageAt),
  }
}

function describe(state: State, decision: Decision, reply: Reply | null, { out }: Invocation): string {
  const { stage, elapsedMs, deferMinutes, refuseMinutes, freeAt, nextStageAt, action } = decision
  const day = Math.floor(elapsedMs / dayMs)
  const style = action === 'accept' ? 'green' : action === 'defer' ? 'yellow' : 'red'
  const lines = facts(
    [
      ['at', shortInstant(state.at)],
      [
        'stage',
        `${stage ?? 'none'}, day ${day}: defer ${deferMinutes}, refuse ${refuseMinutes} minutes an hour`,
      ],
      ['reply', reply?.line ?? null],
      ['free at', action === 'accept' ? null : freeAt === null ? 'never' : isoSeconds(freeAt)],
      ['next stage', nextStageAt === null ? 'none' : shortInstant(nextStageAt)],
      ...decision.trail.map(({ rule, because }) => [rule, because] as const),
    ],
    out.columns,
  )
  return [`${out.styled('bold', printable(state.server))}: ${out.styled(style, action)}`, ...lines].join('\n')
}
