import { suggestion } from '../config/problem'
import type { Settings } from '../config/settings'
import { configuredTenants } from '../config/tenants'
import type { Store } from '../store/store'
import { refusal } from './failure'

/** Throws `CliFailure` for a tenant that neither the configuration nor memory knows. */
export async function mustKnowTenant(tenant: string, settings: Settings, store: Store): Promise<void> {
  const configured = configuredTenants(settings)
  if (configured.includes(tenant)) return
  if ((await store.read({ kind: 'tenant', tenant })).state !== 'absent') return
  for await (const stored of store.list('server', tenant)) if (stored.state === 'present') return
  const remembered: string[] = []
  for await (const { key } of store.list('tenant')) remembered.push(key.tenant)
  throw refusal(
    `there is no tenant '${tenant}'${suggestion(tenant, [...configured, ...remembered])}; 'connectors list' shows them`,
  )
}
