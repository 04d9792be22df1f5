import { advance, type Sighting } from '../rules/clock/advance'
import type { Connector } from '../rules/attribution/connector'
import type { Action } from '../rules/decision/decision'
import { seenOnPath } from '../rules/decision/path'
import { Gatherer } from './gatherer'
import type { Key } from './memory'
import { NewcomerLimit } from './newcomers'
import { pathKey } from './path-key'
import { valueOf, type KnownServer } from './recall'
import type { Session } from './session'
import type { Surroundings } from './surroundings'
import { pathTtlMs, serverTtlMs } from './ttl'

/** New servers that one tenant, and new paths that one address, may bring into memory in an hour. */
const newServersPerHour = 1000
const newPathsPerHour = 100

/** Writes at once what other workers must know, gathers the rest; what memory will not take is dropped and counted (F2). */
export class Remember {
  private readonly around: Surroundings
  private readonly gatherer = new Gatherer()
  private readonly newServers = new NewcomerLimit(newServersPerHour)
  private readonly newPaths = new NewcomerLimit(newPathsPerHour)

  constructor(around: Surroundings) {
    this.around = around
  }

  /** `significant`: whether the sighting changed more than counts and times (C1–C3). */
  async sighting(
    session: Session,
    connector: Connector,
    sighting: Sighting,
    known: KnownServer,
    significant: boolean,
  ): Promise<void> {
    // F5: with a doubtful clock no time is worth writing down.
    if (!this.around.clockIsTrusted()) {
      this.drop('sighting-dropped')
      return
    }
    const key: Key<'server'> = { kind: 'server', tenant: sighting.tenant, server: sighting.server }
    if (significant) {
      if (!known.record && !this.newServers.admits(sighting.tenant, sighting.at)) {
        this.drop('newcomer-dropped')
        return
      }
      const { clock, schedule } = this.around.ruleset().settings
      const pauses = known.tenant?.pauses ?? []
      const written = await this.around.memory.update(
        key,
        (current) => advance(current, sighting, clock, pauses, schedule).record,
        serverTtlMs(sighting.tenant),
      )
      if (written.state === 'failed') {
        this.drop('sighting-dropped')
        return
      }
    } else if (
      !this.gatherer.noteEvidence(sighting.tenant, sighting.server, sighting.at, sighting.evidence)
    ) {
      this.drop('sighting-dropped')
    }
    const { deferAt, refuseAt } = this.around.ruleset().effectiveOf(connector)
    const paths = [pathKey(connector, session, 'mail')]
    if (deferAt === 'connect' || refuseAt === 'connect') paths.push(pathKey(connector, session, 'connect'))
    await Promise.all(paths.map((path) => this.onPath(path, sighting.server, sighting.at)))
  }

  message(tenant: string, server: string, at: number, action: Action): void {
    if (!this.gatherer.countMessage(tenant, server, at, action)) this.drop('sighting-dropped')
  }

  /** When this process saw a path's last evidence that is not written yet; 0 = none. */
  pathEvidenceAt(key: Key<'path'>): number {
    return this.gatherer.pathEvidenceAt(key)
  }

  async flush(): Promise<void> {
    const { pathMemoryDays } = this.around.ruleset().settings.enforcement
    const lost = await this.gatherer.flush(this.around.memory, pathMemoryDays)
    for (let each = 0; each < lost; each += 1) this.drop('sighting-dropped')
  }

  private async onPath(key: Key<'path'>, server: string, at: number): Promise<void> {
    const { memory } = this.around
    const { pathMemoryDays } = this.around.ruleset().settings.enforcement
    const known = valueOf((await memory.recall([key])).values[0])
    if (known && !seenOnPath(known, key, server, at, pathMemoryDays).significant) {
      if (!this.gatherer.notePath(key, server, at)) this.drop('sighting-dropped')
      return
    }
    if (!known && !this.newPaths.admits(key.address, at)) {
      this.drop('newcomer-dropped')
      return
    }
    const written = await memory.update(
      key,
      (current) => seenOnPath(current, key, server, at, pathMemoryDays).record,
      pathTtlMs(pathMemoryDays),
    )
    if (written.state === 'failed') this.drop('sighting-dropped')
  }

  private drop(kind: 'sighting-dropped' | 'newcomer-dropped'): void {
    this.around.observer.count('faults', { kind })
  }
}
