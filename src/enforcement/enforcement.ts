import type { Connector, Place } from '../rules/attribution/connector'
import { advance, type Sighting } from '../rules/clock/advance'
import { exemptionFor } from '../rules/clock/exemption'
import type { ServerRecord, TenantRecord } from '../rules/clock/record'
import { acceptance, decide } from '../rules/decision/decide'
import type { Decision } from '../rules/decision/decision'
import { headerValue } from '../rules/decision/header'
import {
  decideBeforeData,
  decideWithoutEvidence,
  type PathDecision,
  type ServerDecision,
} from '../rules/decision/path'
import { replyTo } from '../rules/decision/reply'
import { windowOffsetMs } from '../rules/decision/window'
import type { Evidence, HeaderEvidence } from '../rules/evidence/evidence'
import { readEvidence } from '../rules/evidence/reading'
import { formatBuild } from '../rules/verdict/build'
import { judgeEvidence } from '../rules/verdict/judge'
import type { Verdict } from '../rules/verdict/verdict'
import { dayOf } from '../rules/time'
import { Deadline } from './deadline'
import { evidenceRecord, xoorgOf } from './evidence-record'
import type { Key } from './memory'
import { passed, turnedAway, type Outcome } from './outcome'
import { pathKey } from './path-key'
import { pausesOf } from './pauses'
import { Recall, type KnownPath, type KnownServer } from './recall'
import { Remember } from './remember'
import type { Attributed, Message, Session } from './session'
import type { Surroundings } from './surroundings'

/**
 * The sequence around the rules: recall, decide, remember. Memory may be out of date to accept by; before anybody is
 * turned away it is read afresh, so that a pause, an exemption or a recovery that the store knows of always counts.
 */
export class Enforcement {
  private readonly around: Surroundings
  private readonly recall: Recall
  private readonly remember: Remember

  constructor(around: Surroundings) {
    this.around = around
    this.recall = new Recall(around)
    this.remember = new Remember(around)
  }

  /** What memory says of this session at CONNECT or MAIL (S2). */
  async beforeData(session: Session, attributed: Attributed, place: 'connect' | 'mail'): Promise<Outcome> {
    const ruleset = this.around.ruleset()
    const at = this.around.now()
    const { mode, deferAt, refuseAt } = ruleset.effectiveOf(attributed.connector)
    if (mode === 'off' || mode === 'report') return passed(at, 'S5', `mode = ${mode}`)
    if (deferAt === 'data' && refuseAt === 'data') return passed(at, 'S2', 'nothing is spoken before DATA')

    const key = pathKey(attributed.connector, session, place)
    const deadline = new Deadline(ruleset.settings.store.timeoutMs)
    const outcome = await this.byPath(key, attributed.connector, at, 'S2', deadline, (known, decisions) => {
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
    return this.concluded(outcome, attributed.connector, at, place)
  }

  /** The message's own evidence, at the end of DATA: it decides (S4). */
  async atData(session: Session, attributed: Attributed, message: Message): Promise<Outcome> {
    const ruleset = this.around.ruleset()
    const { settings } = ruleset
    const at = this.around.now()
    const { connector } = attributed
    const found = readEvidence(message.fields, settings)
    const { connecting } = found
    const day = dayOf(at)
    const verdict = judgeEvidence(connecting, day, connector.esu, settings.policy, this.around.catalogue())
    this.around.observer.count('sightings', { kind: connecting.kind })
    this.around.observer.count('verdicts', { status: verdict.status, reason: verdict.reason })

    const outcome =
      connecting.kind === 'exchange' && verdict.status !== 'undetermined'
        ? await this.bySighting(session, attributed, message, found, connecting, verdict, at)
        : await this.withoutEvidence(session, connector, connecting, at)
    const xoorg = xoorgOf(session, attributed, ruleset)
    return this.concluded({ ...outcome, evidence: found, xoorg, verdict }, connector, at, 'data')
  }

  /** Writes what was gathered since the last time. */
  async flush(): Promise<void> {
    await this.remember.flush()
  }

  private async bySighting(
    session: Session,
    attributed: Attributed,
    message: Message,
    found: HeaderEvidence,
    connecting: Extract<Evidence, { kind: 'exchange' }>,
    verdict: Verdict,
    at: number,
  ): Promise<Outcome> {
    const { connector } = attributed
    const ruleset = this.around.ruleset()
    const deadline = new Deadline(ruleset.settings.store.timeoutMs)
    const { server } = connecting
    const build = connecting.build ? formatBuild(connecting.build) : null
    const sighting: Sighting = {
      at,
      tenant: connector.tenant,
      server,
      status: verdict.status,
      build: build ?? 'unknown',
      evidence: evidenceRecord(at, session, attributed, message, found, connecting, verdict, ruleset),
    }
    const key: Key<'server'> = { kind: 'server', tenant: connector.tenant, server }
    const { clock, schedule } = ruleset.settings
    const judge = (known: KnownServer) => {
      const advanced = advance(known.record, sighting, clock, pausesOf(known.tenant), schedule)
      const decision =
        verdict.status === 'compliant'
          ? acceptance(at, [{ rule: 'S4', because: 'the message itself shows a compliant build' }])
          : this.decideServer(connector, known.tenant, advanced.record, at)
      return { known, advanced, decision }
    }
    let judged = judge(await this.recall.server(key, false, deadline))
    if (judged.decision.action !== 'accept') judged = judge(await this.recall.server(key, true, deadline))

    const { known, advanced, decision } = judged
    if (known.record?.clock.state === 'running') {
      const result = verdict.status === 'compliant' ? 'recovered' : 'still-outdated'
      this.around.observer.count('rechecks', { result })
    }
    const remembered = this.remember.sighting(session, connector, sighting, known, advanced.significant)
    const events = await deadline.settle(remembered, () => {
      this.around.observer.count('faults', { kind: 'deadline' })
      return []
    })
    return {
      ...passed(at, 'V', verdict.because, known.freshness),
      decision: { ...decision, trail: [{ rule: 'V', because: verdict.because }, ...decision.trail] },
      server,
      build,
      events: events.map((event) => (event.kind === 'stage' ? `stage ${event.stage}` : event.kind)),
    }
  }

  /** No evidence, or none that can be judged: the path's servers decide, if they are of one mind (S4). */
  private async withoutEvidence(
    session: Session,
    connector: Connector,
    connecting: Evidence,
    at: number,
  ): Promise<Outcome> {
    if (connecting.kind === 'exchange-online') {
      return passed(at, 'E4', 'Exchange Online is never on-premises')
    }
    const key = pathKey(connector, session, 'mail')
    const deadline = new Deadline(this.around.ruleset().settings.store.timeoutMs)
    const named = connecting.kind === 'exchange' ? connecting.server : null
    let isStranger = false
    let isWatched = false
    const outcome = await this.byPath(key, connector, at, 'S4', deadline, (known, decisions) => {
      isWatched = known.servers.some(({ record }) => record?.clock.state === 'running')
      isStranger = named !== null && !known.servers.some(({ server }) => server === named)
      return isStranger
        ? { turnAway: false, because: 'it names a server that memory has not seen on this path' }
        : decideWithoutEvidence(decisions)
    })
    if (isWatched) this.around.observer.count('rechecks', { result: 'no-evidence' })
    if (named !== null && isStranger) {
      await deadline.settle(this.remember.bystander(session, connector, named, at), () => {
        this.around.observer.count('faults', { kind: 'deadline' })
      })
    }
    return outcome
  }

  /** Asks memory what it says of a path, twice where it says to turn away: the second time afresh. */
  private async byPath(
    key: Key<'path'>,
    connector: Connector,
    at: number,
    rule: string,
    deadline: Deadline,
    ask: (known: KnownPath, decisions: readonly ServerDecision[]) => PathDecision,
  ): Promise<Outcome> {
    const look = async (fresh: boolean) => {
      const known = await this.recall.path(key, at, fresh, deadline)
      const decisions = known.servers.map(({ server, record }) => ({
        server,
        decision: this.decideServer(connector, known.tenant, record, at),
      }))
      const listed = new Set(known.servers.map(({ server }) => server))
      const unlisted = [...this.remember.unwrittenOn(key).keys()].some((server) => !listed.has(server))
      const said: PathDecision = unlisted
        ? { turnAway: false, because: 'a server was seen on this path that memory does not know of yet' }
        : ask(known, decisions)
      return { known, said }
    }
    let { known, said } = await look(false)
    if (said.turnAway) ({ known, said } = await look(true))
    if (!said.turnAway) return passed(at, rule, said.because, known.freshness)
    const { server } = said.as
    const record = known.servers.find((each) => each.server === server)?.record ?? null
    return turnedAway(said.as, record?.lastEvidence?.build ?? null, rule, said.because, known.freshness)
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
