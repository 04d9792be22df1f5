import { evidenceRecord } from '../../src/enforcement/evidence-record'
import { Ruleset } from '../../src/enforcement/ruleset'
import type { Attribution, Session } from '../../src/enforcement/session'
import { advance } from '../../src/rules/clock/advance'
import type { ServerRecord } from '../../src/rules/clock/record'
import { acceptance, decide } from '../../src/rules/decision/decide'
import type { Decision } from '../../src/rules/decision/decision'
import { headerValue } from '../../src/rules/decision/header'
import { decideBeforeData } from '../../src/rules/decision/path'
import { replyTo } from '../../src/rules/decision/reply'
import { windowOffsetMs } from '../../src/rules/decision/window'
import { readEvidence } from '../../src/rules/evidence/reading'
import { formatBuild } from '../../src/rules/verdict/build'
import { judgeEvidence } from '../../src/rules/verdict/judge'
import type { Verdict } from '../../src/rules/verdict/verdict'
import type { Act } from './cast'
import type { Rulebook } from './configuration'
import { sessionOf } from './memory'

/** What the rules demand for one message. */
export interface Expectation {
  readonly connector: string | null
  readonly verdict: Verdict
  readonly decision: Decision
  /** Where the session is told: at MAIL from memory, or at the end of DATA. */
  readonly place: 'mail' | 'data'
  /** The whole reply line where the message is turned away. */
  readonly line: string | null
  /** Value of the reporting field where it is accepted. */
  readonly header: string | null
}

/** Follows what memory holds with the pure rules alone, beside the plugin and without asking it. */
export class Expectations {
  readonly #rulebook: Rulebook
  readonly #ruleset: Ruleset
  readonly #records: Map<string, ServerRecord>
  readonly #evidenceAt = new Map<string, number>()
  readonly #addressOf: (act: Act) => string

  constructor(
    rulebook: Rulebook,
    records: ReadonlyMap<string, ServerRecord>,
    addressOf: (act: Act) => string,
  ) {
    this.#rulebook = rulebook
    this.#ruleset = new Ruleset(rulebook.settings)
    this.#records = new Map(records)
    this.#addressOf = addressOf
  }

  of(act: Act, at: number): Expectation {
    const { settings } = this.#rulebook
    const { session, attribution, connecting, verdict } = this.#look(act, at)
    if (attribution.kind !== 'connector') {
      const decision = acceptance(at, [{ rule: 'A5', because: 'no connector matches this session' }])
      return { connector: null, verdict, decision, place: 'data', line: null, header: null }
    }
    const { connector } = attribution
    const record = this.#after(act, at)
    const decision = this.#decide(act, connector.tenant, verdict, record, at)
    const build = connecting.kind === 'exchange' && connecting.build ? formatBuild(connecting.build) : null
    const server = record ? act.sender.server : null
    const { replyDefer, replyRefuse } = settings.enforcement
    const texts = { defer: replyDefer, refuse: replyRefuse, helpUrl: settings.helpUrl }
    const line =
      replyTo(decision, { server: server ?? 'unknown', build: build ?? 'unknown' }, texts)?.line ?? null
    const header =
      line === null
        ? headerValue({
            connector: connector.id,
            server,
            build: server === null ? null : build,
            verdict: verdict.status,
            reason: verdict.reason,
            decision,
          })
        : null
    return { connector: connector.id, verdict, decision, place: this.#place(session, act, at), line, header }
  }

  /** Takes note that the message was shown to the end, and not turned away at MAIL. */
  happened(act: Act, at: number): void {
    const record = this.#after(act, at)
    if (!record) return
    this.#records.set(act.sender.server, record)
    this.#evidenceAt.set(act.sender.server, at)
  }

  #look(act: Act, at: number) {
    const { settings, catalogue } = this.#rulebook
    const session = sessionOf(act.sender, this.#addressOf(act), this.#ruleset)
    const attribution: Attribution = this.#ruleset.attribute(session)
    const found = readEvidence(act.headers, settings)
    const day = new Date(at).toISOString().slice(0, 10)
    const { connecting } = found
    const verdict = judgeEvidence(connecting, day, false, settings.policy, catalogue)
    return { session, attribution, found, connecting, verdict }
  }

  /** The server's record after this message; `null` where it names no server to judge. */
  #after(act: Act, at: number): ServerRecord | null {
    const { settings } = this.#rulebook
    const { session, attribution, found, connecting, verdict } = this.#look(act, at)
    if (attribution.kind !== 'connector' || connecting.kind !== 'exchange') return null
    const message = { fields: act.headers, messageId: null }
    const sighting = {
      at,
      tenant: attribution.connector.tenant,
      server: connecting.server,
      status: verdict.status,
      build: connecting.build ? formatBuild(connecting.build) : 'unknown',
      evidence: evidenceRecord(at, session, attribution, message, found, connecting, verdict, this.#ruleset),
    }
    const before = this.#records.get(connecting.server) ?? null
    return advance(before, sighting, settings.clock, [], settings.schedule).record
  }

  #decide(act: Act, tenant: string, verdict: Verdict, record: ServerRecord | null, at: number): Decision {
    const { schedule, enforcement, mode } = this.#rulebook.settings
    if (!record) return acceptance(at, [{ rule: 'S4', because: verdict.because }])
    if (verdict.status === 'compliant') return acceptance(at, [{ rule: 'S4', because: verdict.because }])
    const offsetMs = windowOffsetMs(tenant, act.sender.server, enforcement.spread)
    return decide({ at, clock: record.clock, pauses: [], exemption: null, schedule, offsetMs, mode })
  }

  /** S2: memory speaks at MAIL only for a path whose evidence is recent. */
  #place(session: Session, act: Act, at: number): 'mail' | 'data' {
    const { enforcement, schedule, mode } = this.#rulebook.settings
    const record = this.#records.get(act.sender.server)
    const lastEvidenceAt = this.#evidenceAt.get(session.ehlo ?? '')
    if (!record || lastEvidenceAt === undefined) return 'data'
    const offsetMs = windowOffsetMs(record.tenant, record.server, enforcement.spread)
    const decision = decide({
      at,
      clock: record.clock,
      pauses: [],
      exemption: null,
      schedule,
      offsetMs,
      mode,
    })
    const said = decideBeforeData({
      at,
      place: 'mail',
      deferAt: enforcement.deferAt,
      refuseAt: enforcement.refuseAt,
      recheckMinutes: enforcement.recheckMinutes,
      lastEvidenceAt,
      decisions: [{ server: record.server, decision }],
    })
    return said.turnAway ? 'mail' : 'data'
  }
}
