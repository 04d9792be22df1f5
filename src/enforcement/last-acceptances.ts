import type { Connector, Place } from '../rules/attribution/connector'
import type { ServerRecord } from '../rules/clock/record'
import type { Verdict } from '../rules/verdict/verdict'
import type { Outcome } from './outcome'
import type { Ruleset } from './ruleset'
import type { Attributed, Session } from './session'

/** So long an acceptance is given again. When a path last showed a build is known to the second (S2), so not longer. */
const heldMs = 1_000
/** Servers and EHLO names are the sender's to choose: no more of them are kept, and none for much longer than it counts. */
const maxHeld = 2_000

/** All that an acceptance at DATA depends on, but for the time. */
export interface Grounds {
  readonly session: Session
  readonly attributed: Attributed
  readonly server: string
  readonly verdict: Verdict
  readonly ruleset: Ruleset
}

interface LastAcceptance extends Omit<Grounds, 'session' | 'server'> {
  readonly at: number
  /** What memory held of the server. */
  readonly record: ServerRecord
  readonly outcome: Outcome
}

interface HarmlessPath {
  readonly at: number
  readonly connector: Connector
  readonly ruleset: Ruleset
}

/**
 * What compliant servers were told a moment ago. A busy server's next message comes by the same way and shows the same build,
 * and while memory holds the very same record of it the answer is the same, word for word.
 */
export class LastAcceptances {
  private readonly held = new Recent<LastAcceptance>()
  private readonly paths = new Recent<HarmlessPath>()

  /** It stands where memory still holds the same `record`. */
  find(grounds: Grounds, at: number): Pick<LastAcceptance, 'record' | 'outcome'> | null {
    const held = this.held.get(nameOf(grounds))
    if (!held || at < held.at || at - held.at >= heldMs) return null
    const { attributed, verdict, ruleset } = grounds
    const isSame =
      held.verdict === verdict &&
      held.ruleset === ruleset &&
      held.attributed.connector === attributed.connector &&
      held.attributed.by === attributed.by &&
      held.attributed.matched === attributed.matched
    return isSame ? held : null
  }

  keep(grounds: Grounds, record: ServerRecord, at: number, outcome: Outcome): void {
    const { attributed, verdict, ruleset } = grounds
    this.held.set(nameOf(grounds), { attributed, verdict, ruleset, record, at, outcome })
  }

  /**
   * Whether a server was known on that path a moment ago whose clock does not run: then nothing is spoken before DATA (S2). Should
   * it have begun to run in between, DATA has the word.
   */
  isHarmless(session: Session, connector: Connector, place: Place, ruleset: Ruleset, at: number): boolean {
    const path = this.paths.get(pathName(session, place))
    if (!path || at < path.at || at - path.at >= heldMs) return false
    return path.connector === connector && path.ruleset === ruleset
  }

  keepHarmless(session: Session, connector: Connector, place: Place, ruleset: Ruleset, at: number): void {
    this.paths.set(pathName(session, place), { at, connector, ruleset })
  }
}

/** Forgets all at a time, when the first of them counts no more. */
class Recent<T extends { readonly at: number }> {
  private readonly items = new Map<string, T>()
  private since = 0

  get(name: string): T | undefined {
    return this.items.get(name)
  }

  set(name: string, item: T): void {
    const age = item.at - this.since
    if (age < 0 || age >= heldMs || this.items.size >= maxHeld) {
      this.items.clear()
      this.since = item.at
    }
    this.items.set(name, item)
  }
}

function nameOf({ session, server }: Grounds): string {
  return `${session.address}\n${session.ehlo ?? ''}\n${server}`
}

function pathName({ address, ehlo }: Session, place: Place): string {
  return `${place} ${address} ${ehlo ?? ''}`
}
