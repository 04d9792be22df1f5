import { loadCatalogue, packagedCataloguePath } from '../../src/config/catalogue-file'
import { parseAddress } from '../../src/config/address'
import type { Settings } from '../../src/config/settings'
import { Enforcement } from '../../src/enforcement/enforcement'
import { silentObserver } from '../support/silent-observer'
import { Ruleset } from '../../src/enforcement/ruleset'
import type { Attributed, Message, Session } from '../../src/enforcement/session'
import { cached } from '../../src/store/cached'
import { guarded } from '../../src/store/guarded'
import type { Store } from '../../src/store/store'
import { headerFields } from './mail'
import type { KnownSender } from './mail'

/** Enforcement as a worker has it, over any store, without Haraka around it. */
export class InProcess {
  readonly ruleset: Ruleset
  readonly enforcement: Enforcement
  readonly #store: Store

  private constructor(settings: Settings, store: Store, cacheEntries: number) {
    this.#store = store
    this.ruleset = new Ruleset(settings)
    const catalogue = loadCatalogue(packagedCataloguePath())
    this.enforcement = new Enforcement({
      ruleset: () => this.ruleset,
      catalogue: () => catalogue,
      memory: cached(store, { maxEntries: cacheEntries, ttlMs: 60_000 }),
      now: Date.now,
      clockIsTrusted: () => true,
      observer: silentObserver,
    })
  }

  /** Opens the store; `close` ends it. */
  static async open(settings: Settings, store: Store, cacheEntries = 10_000): Promise<InProcess> {
    const guard = guarded(store, { timeoutMs: 2000 })
    await guard.open()
    return new InProcess(settings, guard, cacheEntries)
  }

  /** A session of that sender, attributed. An error where no connector claims it. */
  sessionOf(sender: Pick<KnownSender, 'address' | 'server'>): { session: Session; attributed: Attributed } {
    const address = parseAddress(sender.address)
    if (!address) throw new Error(`${sender.address} is no address`)
    const session: Session = {
      facts: { address, certificate: null, senderDomain: 'contoso.com' },
      address: sender.address,
      ehlo: sender.server,
      reverseName: null,
      xoorg: null,
      skip: null,
    }
    const attributed = this.ruleset.attribute(session)
    if (attributed.kind !== 'connector') throw new Error(`no connector claims ${sender.address}`)
    return { session, attributed }
  }

  async close(): Promise<void> {
    await this.#store.close()
  }
}

/** As Haraka hands it over: fields end in LF, folded or not. */
export function messageOf(server: string, build: string): Message {
  const fields = headerFields('compliant', server, build).map(
    (field) => `${field.replaceAll('\r\n', '\n')}\n`,
  )
  return { fields, messageId: '<1c9f6a0e@contoso.com>' }
}
