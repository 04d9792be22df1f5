import { advance, type Sighting } from '../rules/clock/advance'
import type { LastEvidence, PathRecord, ServerEvent } from '../rules/clock/record'
import type { Connector } from '../rules/attribution/connector'
import type { Action } from '../rules/decision/decision'
import { isNewOnPath, seenOnPath } from '../rules/decision/path'
import { Gatherer, type Flush } from './gatherer'
import type { Key } from './memory'
import { NewcomerLimit } from './newcomers'
import { pathKey } from './path-key'
import { pausesOf } from './pauses'
import { valueOf, type KnownServer } from './recall'
import type { Session } from './session'
import { both, soon, type Soon } from './soon'
import type { Surroundings } from './surroundings'
import { pathTtlMs, serverTtlMs } from '../store/lifetime'
import type { Known } from '../store/recollection'
import { isLasting } from './write-failure'

/** New servers that one tenant, and new paths that one address, may bring into memory in an hour. */
const newServersPerHour = 1000
const newPathsPerHour = 100

/** Writes at once what other workers must know, gathers the rest; what memory will not take is dropped and counted (F2). */
export class Remember {
  private readonly around: Surroundings
  private readonly gatherer = new Gatherer()
  private readonly newServers = new NewcomerLimit(newServersPerHour)
  /** By tenant, so that whoever has many addresses uses up the room of his own tenant alone. */
  private readonly newPaths = new Map<string, NewcomerLimit>()

  constructor(around: Surroundings) {
    this.around = around
  }

  /**
   * `significant`: whether the sighting changed more than counts and times (C1–C3). Resolves with the events that were
   * written. The path is told even where the server's own record cannot be written: memory must not speak for a path
   * whose servers it does not all know (S2).
   */
  sighting(
    session: Session,
    connector: Connector,
    sighting: Sighting,
    known: KnownServer,
    significant: boolean,
  ): Soon<readonly ServerEvent[]> {
    const { server, at, evidence } = sighting
    if (!significant) return this.oneMore(session, connector, server, at, () => evidence)
    if (!this.isWorthWriting()) return []
    return both(
      this.onServer(sighting, known),
      this.onPaths(session, connector, server, at),
      (events) => events,
    )
  }

  /** A sighting that changes counts and times only. `evidence` is asked for when it is written, if no later one takes its place. */
  oneMore(
    session: Session,
    connector: Connector,
    server: string,
    at: number,
    evidence: () => LastEvidence,
  ): Soon<readonly ServerEvent[]> {
    if (!this.isWorthWriting()) return []
    if (!this.gatherer.noteEvidence(connector.tenant, server, at, evidence)) this.drop('sighting-dropped')
    return soon(this.onPaths(session, connector, server, at), () => [])
  }

  /** A server that was named by a message whose build cannot be judged: all that it changes is who is on the path. */
  bystander(session: Session, connector: Connector, server: string, at: number): Soon<void> {
    return this.around.clockIsTrusted() ? this.onPaths(session, connector, server, at) : undefined
  }

  /** `evidence`: of a message that changes nothing else, with what is known of its path (`oneMore`). */
  message(
    tenant: string,
    server: string,
    at: number,
    action: Action,
    evidence: (() => LastEvidence) | null = null,
  ): void {
    if (!this.around.clockIsTrusted()) return
    if (!this.gatherer.countMessage(tenant, server, at, action, evidence)) this.drop('sighting-dropped')
  }

  /** The servers that this process saw on a path, and when, as far as memory has not been told yet. */
  unwrittenOn(key: Key<'path'>): ReadonlyMap<string, number> {
    return this.gatherer.seenOn(key)
  }

  async flush(which: Flush): Promise<void> {
    const { pathMemoryDays } = this.around.ruleset().settings.enforcement
    const lost = this.around.clockIsTrusted()
      ? await this.gatherer.flush(this.around.memory, pathMemoryDays, which)
      : this.gatherer.discard()
    for (let each = 0; each < lost; each += 1) this.drop('sighting-dropped')
  }

  /** F5: with a doubtful clock no time is worth writing down. */
  private isWorthWriting(): boolean {
    const trusted = this.around.clockIsTrusted()
    if (!trusted) this.drop('sighting-dropped')
    return trusted
  }

  private async onServer(sighting: Sighting, known: KnownServer): Promise<readonly ServerEvent[]> {
    const { tenant, server, at } = sighting
    if (known.isNew && !this.newServers.admits(tenant, at)) {
      this.drop('newcomer-dropped')
      return []
    }
    const { clock, schedule } = this.around.ruleset().settings
    let events: readonly ServerEvent[] = []
    const written = await this.around.memory.update(
      { kind: 'server', tenant, server },
      (current) => {
        const advanced = advance(current, sighting, clock, pausesOf(known.tenant), schedule)
        events = advanced.events
        return advanced.record
      },
      serverTtlMs(tenant),
    )
    if (written.state === 'written') return events
    this.drop('sighting-dropped')
    return []
  }

  private onPaths(session: Session, connector: Connector, server: string, at: number): Soon<void> {
    const path = this.onPath(pathKey(connector, session, 'mail'), server, at)
    // Whoever may speak for this address at connect must know all its servers: also those from before a change of
    // configuration, and those that another connector claimed by their certificate (S2, S6).
    const speaker = this.around.ruleset().byAddress(session)
    if (!speaker) return path
    return both(path, this.onPath(pathKey(speaker, session, 'connect'), server, at), () => undefined)
  }

  private onPath(key: Key<'path'>, server: string, at: number): Soon<void> {
    return soon(this.around.memory.recall([key]), ({ values: [found] }) => {
      const known = valueOf(found)
      const { pathMemoryDays } = this.around.ruleset().settings.enforcement
      if (!known || isNewOnPath(known, server, at, pathMemoryDays))
        return this.newOnPath(key, server, at, found)
      if (!this.gatherer.notePath(key, server, at)) this.drop('sighting-dropped')
      return undefined
    })
  }

  private async newOnPath(
    key: Key<'path'>,
    server: string,
    at: number,
    found: Known<PathRecord> | undefined,
  ): Promise<void> {
    if (found?.state === 'absent' && !this.newPathsOf(key.tenant).admits(key.address, at)) {
      this.drop('newcomer-dropped')
      return
    }
    const { pathMemoryDays } = this.around.ruleset().settings.enforcement
    const written = await this.around.memory.update(
      key,
      (current) => seenOnPath(current, key, server, at, pathMemoryDays).record,
      pathTtlMs(pathMemoryDays),
    )
    if (written.state !== 'failed') return
    // The next flush tries again; till then this process knows.
    if (isLasting(written.reason) || !this.gatherer.notePath(key, server, at, true))
      this.drop('sighting-dropped')
  }

  private newPathsOf(tenant: string): NewcomerLimit {
    const known = this.newPaths.get(tenant)
    if (known) return known
    const limit = new NewcomerLimit(newPathsPerHour)
    this.newPaths.set(tenant, limit)
    return limit
  }

  private drop(kind: 'sighting-dropped' | 'newcomer-dropped'): void {
    this.around.observer.count('faults', { kind })
  }
}
