import type { Command } from 'commander'
import { configuredTenants } from '../config/tenants'
import { Administer, type Done } from '../enforcement/administer'
import { readConfiguration, type Configuration } from './configuration'
import { refusal } from './failure'
import type { Invocation } from './invocation'
import { printable } from '../rules/decision/printable'
import { jsonText } from './json-text'
import { withStorage, type Storage } from './storage'
import { mustKnowTenant } from './tenants'

export interface Ordering extends Storage {
  readonly configuration: Configuration
  readonly administer: Administer
}

/** What was done, for people and for programs. */
export interface Carried {
  readonly text: string
  readonly json: object
}

/** Carries out an order about a tenant, pauses and exemptions, and says what was done. */
export async function order(
  tenant: string,
  json: boolean,
  command: Command,
  invocation: Invocation,
  carryOut: (ordering: Ordering) => Promise<Carried>,
): Promise<void> {
  const configuration = readConfiguration(invocation, command)
  // A tenant that no file names can only be one that memory knows: no store is made for it.
  const access = configuredTenants(configuration.settings).includes(tenant) ? 'write' : 'read'
  const done = await withStorage(configuration, access, async (storage) => {
    await mustKnowTenant(tenant, configuration.settings, storage.store)
    const administer = new Administer(storage.memory, storage.store)
    return carryOut({ ...storage, configuration, administer })
  })
  await invocation.out.line(json ? jsonText(done.json, true) : printable(done.text))
}

/** Throws `CliFailure` with the sentence of a refusal. */
export function valueOf<T>(done: Done<T>): T {
  if (done.ok) return done.value
  throw refusal(done.why)
}

/** Said of every order. */
export const orderNote =
  'Haraka takes it over within the cache time of [store] cache_ttl_seconds; before it turns mail away it always looks. With LMDB run the command as the user of ' +
  'Haraka, since files that another user makes are closed to it.'
