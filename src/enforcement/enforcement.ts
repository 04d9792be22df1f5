import type { Connector, Place } from '../rules/attribution/connector'
import { advance, isOneMore, type Sighting } from '../rules/clock/advance'
import { exemptionFor } from '../rules/clock/exemption'
import type { LastEvidence, ServerEvent, ServerRecord, TenantRecord } from '../rules/clock/record'
import { acceptance, decide } from '../rules/decision/decide'
import type { Decision, TrailStep } from '../rules/decision/decision'
import { headerValue } from '../rules/decision/header'
import {
  decideBeforeData,
  decideWithoutEvidence,
  type PathDecision,
  type ServerDecision,
} from '../rules/decision/path'
import { replyTo } from '../rules/decision/reply'
import { windowOffsetMs } from '../rules/decision/window'
import type { Evidence } from '../rules/evidence/evidence'
import { KnownHops } from '../rules/evidence/known-hops'
import { readEvidence } from '../rules/evidence/reading'
import { formatBuild } from '../rules/verdict/build'
import type { Verdict } from '../rules/verdict/verdict'
import { dayOf } from '../rules/time'
import type { Freshness } from '../store/recollection'
import { Deadline } from './deadline'
import { evidenceOf, xoorgOf } from './evidence-record'
import type { Flush } from './gatherer'
import { LastAcceptances, type Grounds } from './last-acceptances'
import type { Key } from './memory'
import { passed, turnedAway, type Outcome } from './outcome'
import { pathKey } from './path-key'
import { pausesOf } from './pauses'
import { Recall, valueOf, type KnownPath, type KnownServer } from './recall'
import { Remember } from './remember'
import type { Attributed, Message, Session } from './session'
import { soon, type Soon } from './soon'
import type { Surroundings } from './surroundings'
import { Verdicts } from './verdicts'

const harmless = 'nothing is held against a server of this path'
const compliantTrail: readonly TrailStep[] = [
  { rule: 'S4', because: 'the message itself shows a compliant build' },
]

/**
 * The sequence around the rules: recall, decide, remember. Memory may be out of date to accept by; before anybody is
 * turned away it is read afresh, so that a pause, an exemption or a recovery that the store knows of always counts.
 */
export class Enforcement {
  private readonly around: Surroundings
  private readonly recall: Recall
  private readonly remember: Remember
  private readonly hops = new KnownHops()
  private readonly verdicts = new Verdicts()
  private readonly acceptances = new LastAcceptances()

  constructor(around: Surroundings) {
    this.around = around
    this.recall = new Recall(around)
    this.remember = new Remember(around)
  }

  /** What memory says of this session at CONNECT or MAIL (S2). */
  beforeData(session: Session, attributed: Attributed, place: 'connect' | 'mail'): Soon<Outcome> {
    const ruleset = this.around.ruleset()
    const at = this.around.now()
    const { mode, deferAt, refuseAt } = ruleset.effectiveOf(attributed.connector)
    if (mode === 'off' || mode === 'report') return passed(at, 'S5', `mode = ${mode}`)
    if (deferAt === 'data' && refuseAt === 'data') return passed(at, 'S2', 'nothing is spoken before DATA')

    const { connector } = attributed
    if (this.acceptances.isHarmless(session, connector, place, ruleset, at)) return passed(at, 'S2', harmless)
    const key = pathKey(connector, session, place)
    const deadline = new Deadline(ruleset.settings.store.timeoutMs)
    const outcome = this.byPath(key, connector, at, 'S2', deadline, (known, decisions) => {
      if (known.servers.some(({ record }) => record?.clock.state === 'clear')) {
        if (known.freshness === 'cache') this.acceptances.keepHarmless(session, connector, place, ruleset, at)
        return { turnAway: false, because: harmless }
      }
      const said = decideBeforeData({
        at,
        place,
        deferAt,
        refuseAt,
        recheckMinutes: ruleset.settings.enforcement.recheckMinutes,
        lastEvidenceAt: Math.max(known.lastEvidenceAt, ...this.remember.unwrittenOn(key).values()),
        decisions,
      })
      // What this process last knew may be told at DATA (F1). Here it might hit a server that others have seen since.
      return said.turnAway && (known.freshness === 'stale' || known.freshness === 'unavailable')
        ? { turnAway: false, because: 'memory cannot be asked now' }
        : said
    })
    return soon(outcome, (found) => this.concluded(found, connector, at, place))
  }

  /** The message's own evidence, at the end of DATA: it decides (S4). */
  atData(session: Session, attributed: Attributed, message: Message): Soon<Outcome> {
    const ruleset = this.around.ruleset()
    const { settings } = ruleset
    const at = this.around.now()
    const { connector } = attributed
    const found = readEvidence(message.fields, settings, this.hops)
    const { connecting } = found
    const day = dayOf(at)
    const verdict = this.verdicts.on(connecting, day, connector.esu, settings.policy, this.around.catalogue())
    this.around.observer.count('sightings', { kind: connecting.kind })
    this.around.observer.count('verdicts', { status: verdict.status, reason: verdict.reason })

    const xoorg = xoorgOf(session, attributed, ruleset)
    const conclude = (decided: Outcome): Outcome =>
      this.concluded({ ...decided, evidence: found, xoorg, verdict }, connector, at, 'data')
    if (connecting.kind !== 'exchange' || verdict.status === 'undetermined') {
      return soon(this.withoutEvidence(session, connector, connecting, at), conclude)
    }
    const evidence = evidenceOf(at, session, attributed, message, found, connecting, verdict, ruleset)
    const { server } = connecting
    const grounds = { session, attributed, server, verdict, ruleset }
    // What the message tells besides its build would be told wrongly of another one.
    const isPlain = !found.behind && found.mimeOle === null && xoorg === null
    const asBefore = isPlain ? this.asBefore(grounds, evidence, at) : null
    if (asBefore) return asBefore
    return soon(this.bySighting(session, attributed, connecting, verdict, evidence, at), (decided) => {
      const outcome = conclude(decided)
      if (isPlain) this.keep(grounds, outcome, at)
      return outcome
    })
  }

  /** Writes what was gathered, all of it unless only what is due is asked for. */
  async flush(which: Flush = 'all'): Promise<void> {
    await this.remember.flush(which)
  }

  /** Where nothing but counts and times moves with this message, the answer to the last one. */
  private asBefore(grounds: Grounds, evidence: () => LastEvidence, at: number): Outcome | null {
    const { verdict, attributed, server } = grounds
    if (verdict.status !== 'compliant' || !this.around.clockIsTrusted()) return null
    const last = this.acceptances.find(grounds, at)
    if (!last) return null
    const { tenant } = attributed.connector
    const recalled = this.around.memory.recall<'server'>([{ kind: 'server', tenant, server }])
    if (recalled instanceof Promise || valueOf(recalled.values[0]) !== last.record) return null
    this.around.observer.count('decisions', { stage: 'none', action: 'accept', at: 'data' })
    this.remember.message(tenant, server, at, 'accept', evidence)
    return last.outcome
  }

  private keep(grounds: Grounds, outcome: Outcome, at: number): void {
    const { verdict, attributed, server } = grounds
    if (verdict.status !== 'compliant' || outcome.freshness !== 'cache' || outcome.events.length > 0) return
    const { tenant } = attributed.connector
    const peeked = this.around.memory.peek<'server'>([{ kind: 'server', tenant, server }])
    const record = valueOf(peeked.values[0])
    if (record && isOneMore(record, verdict.status)) this.acceptances.keep(grounds, record, at, outcome)
  }

  private bySighting(
    session: Session,
    attributed: Attributed,
    connecting: Extract<Evidence, { kind: 'exchange' }>,
    verdict: Verdict,
    evidence: () => LastEvidence,
    at: number,
  ): Soon<Outcome> {
    const { connector } = attributed
    const { tenant } = connector
    const { server } = connecting
    const ruleset = this.around.ruleset()
    const deadline = new Deadline(ruleset.settings.store.timeoutMs)
    const build = connecting.build ? formatBuild(connecting.build) : null
    const { clock, schedule } = ruleset.settings
    const outcomeOf = (
      decision: Decision,
      freshness: Freshness,
      events: readonly ServerEvent[],
    ): Outcome => ({
      ...passed(at, 'V', verdict.because, freshness),
      decision: { ...decision, trail: [{ rule: 'V', because: verdict.because }, ...decision.trail] },
      server,
      build,
      events: events.map((event) => (event.kind === 'stage' ? `stage ${event.stage}` : event.kind)),
    })
    const late = (): readonly ServerEvent[] => {
      this.around.observer.count('faults', { kind: 'deadline' })
      return []
    }
    const key: Key<'server'> = { kind: 'server', tenant, server }
    return soon(this.recall.server(key, false, deadline), (recalled) => {
      if (isOneMore(recalled.record, verdict.status)) {
        const noted = this.remember.oneMore(session, connector, server, at, evidence)
        return soon(deadline.settle(noted, late), (events) =>
          outcomeOf(acceptance(at, compliantTrail), recalled.freshness, events),
        )
      }
      const sighting: Sighting = {
        at,
        tenant,
        server,
        status: verdict.status,
        build: build ?? 'unknown',
        evidence: evidence(),
      }
      const judge = (known: KnownServer) => {
        const advanced = advance(known.record, sighting, clock, pausesOf(known.tenant), schedule)
        const decision =
          verdict.status === 'compliant'
            ? acceptance(at, compliantTrail)
            : this.decideServer(connector, known.tenant, advanced.record, at)
        return { known, advanced, decision }
      }
      const first = judge(recalled)
      const judged =
        first.decision.action === 'accept' ? first : soon(this.recall.server(key, true, deadline), judge)
      return soon(judged, ({ known, advanced, decision }) => {
        if (known.record?.clock.state === 'running') {
          const result = verdict.status === 'compliant' ? 'recovered' : 'still-outdated'
          this.around.observer.count('rechecks', { result })
        }
        const remembered = this.remember.sighting(session, connector, sighting, known, advanced.significant)
        return soon(deadline.settle(remembered, late), (events) =>
          outcomeOf(decision, known.freshness, events),
        )
      })
    })
  }

  /** No evidence, or none that can be judged: the path's servers decide, if they are of one mind (S4). */
  private withoutEvidence(
    session: Session,
    connector: Connector,
    connecting: Evidence,
    at: number,
  ): Soon<Outcome> {
    if (connecting.kind === 'exchange-online') {
      return passed(at, 'E4', 'Exchange Online is never on-premises')
    }
    const key = pathKey(connector, session, 'mail')
    const deadline = new Deadline(this.around.ruleset().settings.store.timeoutMs)
    const named = connecting.kind === 'exchange' ? connecting.server : null
    let isStranger = false
    let isWatched = false
    const decided = this.byPath(key, connector, at, 'S4', deadline, (known, decisions) => {
      isWatched = known.servers.some(({ record }) => record?.clock.state === 'running')
      isStranger = named !== null && !known.servers.some(({ server }) => server === named)
      return isStranger
        ? { turnAway: false, because: 'it names a server that memory has not seen on this path' }
        : decideWithoutEvidence(decisions)
    })
    return soon(decided, (outcome) => {
      if (isWatched) this.around.observer.count('rechecks', { result: 'no-evidence' })
      if (named === null || !isStranger) return outcome
      const noted = deadline.settle(this.remember.bystander(session, connector, named, at), () => {
        this.around.observer.count('faults', { kind: 'deadline' })
      })
      return soon(noted, () => outcome)
    })
  }

  /** Asks memory what it says of a path, twice where it says to turn away: the second time afresh. */
  private byPath(
    key: Key<'path'>,
    connector: Connector,
    at: number,
    rule: string,
    deadline: Deadline,
    ask: (known: KnownPath, decisions: readonly ServerDecision[]) => PathDecision,
  ): Soon<Outcome> {
    const consider = (known: KnownPath) => {
      const decisions = known.servers.map(({ server, record }) => ({
        server,
        decision: this.decideServer(connector, known.tenant, record, at),
      }))
      const listed = (name: string) => known.servers.some(({ server }) => server === name)
      const unlisted = [...this.remember.unwrittenOn(key).keys()].some((server) => !listed(server))
      const said: PathDecision = unlisted
        ? { turnAway: false, because: 'a server was seen on this path that memory does not know of yet' }
        : ask(known, decisions)
      return { known, said }
    }
    const considered = soon(this.recall.path(key, at, false, deadline), (recalled) => {
      const first = consider(recalled)
      return first.said.turnAway ? soon(this.recall.path(key, at, true, deadline), consider) : first
    })
    return soon(considered, ({ known, said }) => {
      if (!said.turnAway) return passed(at, rule, said.because, known.freshness)
      const { server } = said.as
      const record = known.servers.find((each) => each.server === server)?.record ?? null
      return turnedAway(said.as, record?.lastEvidence?.build ?? null, rule, said.because, known.freshness)
    })
  }

  private decideServer(
    connector: Connector,
    tenant: TenantRecord | null,
    record: ServerRecord | null,
    at: number,
  ): Decision {
    if (!record) return acceptance(at, [{ rule: 'C1', because: 'nothing is known of this server' }])
    if (!tenant) return acceptance(at, [{ rule: 'F1', because: 'whether the tenant pauses cannot be known' }])
    if (!this.around.clockIsTrusted()) {
      const because = "this host's clock and the store's differ too much: nothing is enforced"
      return acceptance(at, [{ rule: 'F5', because }])
    }
    const ruleset = this.around.ruleset()
    return decide({
      at,
      clock: record.clock,
      pauses: tenant.pauses,
      exemption: exemptionFor(tenant.exemptions, connector.id, record.server, at),
      schedule: ruleset.settings.schedule,
      offsetMs: windowOffsetMs(record.tenant, record.server, ruleset.settings.enforcement.spread),
      mode: ruleset.effectiveOf(connector).mode,
    })
  }

  /** Words the reply or the header, and counts. */
  private concluded(outcome: Outcome, connector: Connector, at: number, place: Place): Outcome {
    const { decision, server, build } = outcome
    const { enforcement, helpUrl, addHeader } = this.around.ruleset().settings
    const turnsAway = decision.action !== 'accept'
    if (turnsAway || place === 'data') {
      const stage = decision.stage === null ? 'none' : String(decision.stage)
      this.around.observer.count('decisions', { stage, action: decision.action, at: place })
      if (server !== null) this.remember.message(connector.tenant, server, at, decision.action)
    }
    if (turnsAway) {
      const texts = { defer: enforcement.replyDefer, refuse: enforcement.replyRefuse, helpUrl }
      return {
        ...outcome,
        reply: replyTo(decision, { server: server ?? 'unknown', build: build ?? 'unknown' }, texts),
      }
    }
    if (place !== 'data' || !addHeader) return outcome
    const verdict = outcome.verdict?.status ?? 'undetermined'
    const reason = outcome.verdict?.reason ?? 'no-evidence'
    return {
      ...outcome,
      header: headerValue({ connector: connector.id, server, build, verdict, reason, decision }),
    }
  }
}
