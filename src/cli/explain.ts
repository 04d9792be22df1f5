import type { Command } from 'commander'
import { suggestion } from '../config/problem'
import { reportRules } from '../config/report-rules'
import { normaliseDomain } from '../rules/attribution/domain'
import type { LastEvidence, ServerEvent, ServerRecord } from '../rules/clock/record'
import { isoSeconds } from '../rules/decision/reply'
import { dayMs } from '../rules/time'
import { formatBuild } from '../rules/verdict/build'
import { explain, type ServerExplanation, type StageDate } from '../report/explanation'
import type { Store } from '../store/store'
import { readConfiguration, type Configuration } from './configuration'
import { detail } from './details'
import { misuse, refusal } from './failure'
import { verdictJson } from '../report/verdict-json'
import { iso, shortInstant } from './instant'
import type { Invocation } from './invocation'
import { printable } from '../rules/decision/printable'
import { jsonText } from './json-text'
import { readTenant, withStorage } from './storage'
import { pauseJson, stageJson, summaryJson } from '../report/summary-json'
import { facts } from './table'
import { mustKnowTenant } from './tenants'
import { releaseText, verdictFacts } from './verdict-text'

interface Options {
  readonly tenant?: string
  readonly json?: boolean
}

export function addExplain(program: Command, invocation: Invocation): void {
  const command = program
    .command('explain')
    .description('why a server is treated as it is: header line, message, floor, stage, next change, history')
    .argument('<server>', 'the server, as it calls itself')
    .option('--tenant <name>', 'its tenant, where several have a server of that name')
    .option('--json', 'print JSON')
    .action(async (server: string, options: Options, self: Command) => {
      const configuration = readConfiguration(invocation, self)
      const explanation = await withStorage(configuration, 'read', async ({ store }) => {
        const record = await findServer(normaliseDomain(server), options.tenant, configuration, store)
        const tenant = await readTenant(store, record.tenant)
        const { settings, catalogue } = configuration
        return explain(record, tenant, reportRules(settings, catalogue), invocation.now())
      })
      const text = options.json
        ? jsonText(explanationJson(explanation), true)
        : describe(explanation, invocation)
      await invocation.out.line(text)
    })
  detail(command, {
    notes: [
      'The header line and the message are those of the last sighting. "verdict" is what was said of it on that day; where it would be judged otherwise ' +
        'today, "today" says how. The decision is what the next message of the server would be told now, in the mode that is configured.',
    ],
    examples: [
      ['explain ex01.contoso.local', 'Why is the mail of this server deferred?'],
      ['explain mail --tenant contoso --json', 'One of several servers of that name, for a program'],
    ],
  })
}

export async function findServer(
  server: string,
  tenant: string | undefined,
  { settings }: Configuration,
  store: Store,
): Promise<ServerRecord> {
  if (tenant !== undefined) await mustKnowTenant(tenant, settings, store)
  const found = new Map<string, ServerRecord>()
  const names: string[] = []
  let damaged: string | null = null
  for await (const stored of store.list('server', tenant)) {
    if (stored.key.server === server && stored.state === 'unreadable') damaged = stored.why
    if (stored.state !== 'present') continue
    names.push(stored.value.server)
    if (stored.value.server === server) found.set(stored.value.tenant, stored.value)
  }
  const [record, ...others] = found.values()
  if (others.length > 0) {
    throw misuse(`${server} is a server of ${[...found.keys()].sort().join(', ')}; name one with --tenant`)
  }
  if (record) return record
  if (damaged !== null) throw refusal(`the record of ${server} cannot be read (${damaged})`)
  throw refusal(`no server '${server}' was seen${suggestion(server, names)}; 'servers' lists all`)
}

function explanationJson(explanation: ServerExplanation): object {
  const { summary, evidence, verdictThen, mode, decision, nextChange, stages, pauses, days, history } =
    explanation
  return {
    ...summaryJson(summary),
    evidence: evidence && evidenceJson(evidence),
    verdict_then: verdictThen && { ...verdictJson(verdictThen), because: verdictThen.because },
    mode,
    decision: {
      action: decision.action,
      demanded: decision.demanded,
      free_at: decision.freeAt === null ? null : iso(decision.freeAt),
      trail: decision.trail,
    },
    next_change: nextChange && {
      at: iso(nextChange.at),
      action: nextChange.decision.action,
      stage: nextChange.decision.stage,
    },
    stages: stages.map(({ stage, at }) => ({ ...stageJson(stage), at: iso(at) })),
    pauses: pauses.map(pauseJson),
    days,
    history: history.map((event) => ({ ...event, at: iso(event.at) })),
  }
}

function evidenceJson({ at, messageId, mimeOle, ...evidence }: LastEvidence): object {
  return { at: iso(at), message_id: messageId, mime_ole: mimeOle, ...evidence }
}

function describe(explanation: ServerExplanation, { out }: Invocation): string {
  const { summary, evidence, verdictThen, stages, history } = explanation
  const { verdict, acceptedBuilds } = summary
  const accepted = acceptedBuilds.map(formatBuild).join(', ')
  const title = `${printable(summary.server)} of ${printable(summary.tenant)}: ${summary.status}`
  const today =
    verdict && verdict.because !== verdictThen?.because
      ? `${verdict.status} (${verdict.reason}): ${verdict.because}`
      : null
  const sections: readonly (readonly [heading: string, lines: readonly string[]])[] = [
    ['Evidence', evidence ? evidenceLines(evidence, out.columns) : ['  no message of it is remembered']],
    [
      'Verdict',
      facts(
        [
          ['build', summary.build],
          ['release', verdictThen && releaseText(verdictThen)],
          ...(verdictThen ? verdictFacts(verdictThen) : []),
          ['accepted from', accepted === '' ? null : accepted],
          ['today', today],
        ],
        out.columns,
      ),
    ],
    ['Clock', facts(clockFacts(explanation), out.columns)],
    ['Stages', facts(stages.map(stageFact), out.columns)],
    ['Now', facts(decisionFacts(explanation), out.columns)],
    ['History', facts(history.map(eventFact), out.columns)],
  ]
  const blocks = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([heading, lines]) => [out.styled('bold', heading), ...lines].join('\n'))
  return [out.styled('bold', title), ...blocks].join('\n\n')
}

function evidenceLines(evidence: LastEvidence, columns: number): readonly string[] {
  const { at, header, messageId, connector, attribution, address, ehlo, bound, xoorg, mimeOle } = evidence
  const peer =
    bound === 'unbound'
      ? 'no name of the peer is that of the server'
      : `the server's name is that of its ${bound}`
  return facts(
    [
      ['header', header],
      ['message-id', messageId ?? 'none'],
      ['time', iso(at)],
      ['attributed', `by ${attribution} to connector ${connector}`],
      ['peer', `${address}, EHLO ${ehlo === '' ? 'none' : ehlo}; ${peer}`],
      ['xoorg', xoorg && `${xoorg.domain}${xoorg.known ? '' : ', no domain of the tenant'}`],
      ['x-mimeole', mimeOle],
    ],
    columns,
  )
}

type Fact = readonly [label: string, text: string | null]

function clockFacts({ summary }: ServerExplanation): readonly Fact[] {
  const { clock, suspected, recoveredAt, pause, exemption, messages } = summary
  const { accepted, deferred, refused } = messages
  const next = clock?.next
  return [
    ['seen', `first ${shortInstant(summary.firstSeenAt)}, last ${shortInstant(summary.lastSeenAt)}`],
    ['messages', `${accepted} accepted, ${deferred} deferred, ${refused} refused`],
    [
      'suspected',
      suspected &&
        `since ${shortInstant(suspected.since)}, ${suspected.sightings} outdated sightings: no detection yet`,
    ],
    ['started', clock && `${shortInstant(clock.startedAt)}, detected ${shortInstant(clock.detectedAt)}`],
    [
      'stage',
      clock &&
        `${clock.stage.stage}, day ${Math.floor(clock.elapsedMs / dayMs)}: ${minutesText(clock.stage)}`,
    ],
    [
      'next stage',
      next ? `${next.stage.stage} on ${shortInstant(next.at)}: ${minutesText(next.stage)}` : null,
    ],
    ['defers from', clock && dateOrNever(clock.deferFrom)],
    ['refuses from', clock && dateOrNever(clock.refuseFrom)],
    ['recovered', recoveredAt === null ? null : shortInstant(recoveredAt)],
    ['paused', pause && `until ${shortInstant(pause.until)}: ${pause.reason}`],
    ['exempt', exemption && `until ${shortInstant(exemption.until)}: ${exemption.reason}`],
  ]
}

function decisionFacts({ mode, decision, nextChange }: ServerExplanation): readonly Fact[] {
  const free = decision.freeAt === null ? 'never' : isoSeconds(decision.freeAt)
  const change = nextChange
    ? `${isoSeconds(nextChange.at)}: ${nextChange.decision.action}, stage ${nextChange.decision.stage ?? 'none'}`
    : 'none in sight'
  return [
    ['mode', mode],
    ['decision', decision.action === 'accept' ? 'accept' : `${decision.action}, free again ${free}`],
    ...decision.trail.map(({ rule, because }): Fact => [rule, because]),
    ['next change', change],
  ]
}

function minutesText(stage: { readonly deferMinutes: number; readonly refuseMinutes: number }): string {
  return `defers ${stage.deferMinutes}, refuses ${stage.refuseMinutes} minutes an hour`
}

function dateOrNever(at: number | null): string {
  return at === null ? 'never' : shortInstant(at)
}

function stageFact({ stage, at }: StageDate): Fact {
  return [`stage ${stage.stage}`, `${shortInstant(at)}: ${minutesText(stage)}`]
}

function eventFact(event: ServerEvent): Fact {
  const at = shortInstant(event.at)
  switch (event.kind) {
    case 'detected':
    case 'relapsed':
    case 'recovered':
      return [at, `${event.kind} with ${event.build}`]
    case 'stage':
      return [at, `stage ${event.stage}`]
    default:
      return [at, `${event.kind}: ${event.reason}`]
  }
}
