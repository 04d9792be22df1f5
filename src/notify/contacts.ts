import type { Settings } from '../config/settings'
import { internetConnectorId } from '../rules/attribution/connector'
import { webhookContact } from '../rules/notice/record'

/** Somebody who is told of a server. */
export interface Contact {
  /** As it is kept in memory. */
  readonly contact: string
  /** As configured: where the mail goes. */
  readonly address: string
  readonly language: string | null
}

/**
 * Who is told of the servers of a tenant: the contacts of the connector of the last sighting or, where that names none, those of
 * the tenant's other connectors; and the webhook.
 */
export class Contacts {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Every contact of a tenant, each once. */
  ofTenant(tenant: string): readonly Contact[] {
    return this.#withWebhook(tenant, this.#named(tenant, null))
  }

  /** Who is told of a server whose last sighting came by that connector. */
  ofConnector(tenant: string, connector: string | null): readonly Contact[] {
    const own = connector === null ? [] : this.#named(tenant, connector)
    return this.#withWebhook(tenant, own.length > 0 ? own : this.#named(tenant, null))
  }

  #named(tenant: string, connector: string | null): readonly Contact[] {
    const { connectors, notices } = this.#settings
    if (notices.from === null) return []
    const found = new Map<string, Contact>()
    for (const { id, tenant: owner, contacts, language } of connectors) {
      if (owner !== tenant || (connector !== null && id !== connector)) continue
      for (const address of contacts) {
        const contact = address.toLowerCase()
        if (!found.has(contact)) found.set(contact, { contact, address, language })
      }
    }
    return [...found.values()]
  }

  /** Anyone can write any name into mail from the internet: without a contact of theirs strangers concern nobody. */
  #withWebhook(tenant: string, named: readonly Contact[]): readonly Contact[] {
    if (this.#settings.notices.webhookUrl === null) return named
    if (tenant === internetConnectorId && named.length === 0) return named
    return [...named, { contact: webhookContact, address: webhookContact, language: null }]
  }
}
