import { parseAddress } from '../../src/config/address'
import { Enforcement } from '../../src/enforcement/enforcement'
import { silentObserver } from '../support/silent-observer'
import { Ruleset } from '../../src/enforcement/ruleset'
import type { Session } from '../../src/enforcement/session'
import { trustAnchorId } from '../../src/rules/attribution/connector'
import type { ServerRecord } from '../../src/rules/clock/record'
import { dayMs, hourMs } from '../../src/rules/time'
import { cached } from '../../src/store/cached'
import { LmdbStore } from '../../src/store/lmdb'
import { exchangeHeaders } from '../support/exchange-headers'
import { domainOf } from './cast'
import type { Sender } from './cast'
import type { Rulebook } from './configuration'

/** The sender's session as the plugin will see it; `address` as it can really connect from. */
export function sessionOf(sender: Sender, address: string, ruleset: Ruleset): Session {
  const parsed = parseAddress(address)
  if (!parsed) throw new Error(`${address} is no address`)
  const anchors = ruleset.settings.connectors.map(({ trust }) => trustAnchorId(trust))
  const certificate = sender.byCertificate
    ? { names: ['mail.contoso.com'], trustedBy: new Set(anchors) }
    : null
  return {
    facts: { address: parsed, certificate, senderDomain: domainOf(sender.tenant) },
    address,
    ehlo: sender.server,
    reverseName: null,
    xoorg: null,
    skip: null,
  }
}

/**
 * Gives memory its past: the plugin's own sequence judges a message a day of each sender, from the day on which it was
 * first seen, and writes what it would have written then. Returns what memory knows of each server now.
 */
export async function writeHistory(
  { settings, catalogue }: Rulebook,
  senders: readonly Sender[],
  addressOf: (sender: Sender) => string,
  now: number,
): Promise<ReadonlyMap<string, ServerRecord>> {
  const store = new LmdbStore({ path: settings.store.path })
  await store.open()
  try {
    const memory = cached(store, { maxEntries: 10_000, ttlMs: dayMs })
    const ruleset = new Ruleset(settings)
    let clock = now
    const enforcement = new Enforcement({
      ruleset: () => ruleset,
      catalogue: () => catalogue,
      memory,
      now: () => clock,
      clockIsTrusted: () => true,
      observer: silentObserver,
    })
    for (const sender of senders) {
      const session = sessionOf(sender, addressOf(sender), ruleset)
      const attribution = ruleset.attribute(session)
      if (attribution.kind !== 'connector' || sender.build === null)
        throw new Error(`${sender.server} has no connector`)
      for (clock of daily(sender.since ?? now, now)) {
        const fields = exchangeHeaders({ server: sender.server, build: sender.build, at: clock })
        const messageId = `<${String(clock)}@${sender.server}>`
        await enforcement.atData(session, attribution, { fields, messageId })
      }
    }
    await enforcement.flush()
    const records = new Map<string, ServerRecord>()
    for await (const stored of store.list('server')) {
      if (stored.state === 'present') records.set(stored.value.server, stored.value)
    }
    return records
  } finally {
    await store.close()
  }
}

/** Twice on the first day, so that the third message confirms the detection; the last at least an hour ago. */
function daily(since: number, now: number): number[] {
  const times = [since, since + 12 * hourMs]
  for (let at = since + dayMs; at <= now - hourMs; at += dayMs) times.push(at)
  return times
}
