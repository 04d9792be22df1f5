import { resolve } from 'node:path'
import { reportRules } from '../config/report-rules'
import { showSettings } from '../config/shown-settings'
import { folderSource } from '../config/source'
import { collect } from '../report/collect'
import { explain } from '../report/explanation'
import type { Fleet } from '../report/fleet'
import type { ServerSummary } from '../report/summary'
import type { Store } from '../store/store'
import { writeWhole } from './atomic-file'
import type { Configuration } from './configuration'
import type { Invocation } from './invocation'
import { withStorage } from './storage'
import { mustKnowTenant } from './tenants'

export interface FileOrder {
  /** A path, or `-` for standard output. */
  readonly file: string
  readonly tenant: string | undefined
  /** How many servers and tenants have a page of their own. */
  readonly details: number
}

/** Writes all pages of the report into one file. */
export async function writeReport(
  { file, tenant, details }: FileOrder,
  configuration: Configuration,
  invocation: Invocation,
): Promise<void> {
  const { folder, settings, catalogue } = configuration
  const rules = reportRules(settings, catalogue)
  // Only who wants pages waits for what draws them.
  const { fileReport } = await import('../report/page/file.js')
  const fleet = await withStorage(configuration, 'read', async ({ store }) => {
    if (tenant !== undefined) await mustKnowTenant(tenant, settings, store)
    const found = await collect(store, rules, invocation.now(), tenant)
    const pieces = fileReport({
      fleet: found,
      catalogue,
      policy: settings.policy,
      configuration: folder === null ? [] : showSettings(settings, folderSource(folder)),
      configurationFolder: folder,
      details,
      explain: async (server) => {
        const stored = await readServer(store, server)
        return stored && explain(stored, ownerOf(found, server), rules, found.at)
      },
    })
    if (file === '-') for await (const piece of pieces) await invocation.out.write(piece)
    else await writeWhole(resolve(invocation.directory, file), pieces)
    return found
  })
  if (file === '-') return
  const shown = Math.min(details, fleet.servers.length)
  await invocation.out.line(
    `${file}: ${fleet.servers.length} servers, ${shown} of them with a page of their own`,
  )
}

async function readServer(store: Store, { tenant, server }: ServerSummary) {
  const stored = await store.read({ kind: 'server', tenant, server })
  return stored.state === 'present' ? stored.value : null
}

function ownerOf({ tenants }: Fleet, { tenant }: ServerSummary) {
  const found = tenants.find((each) => each.tenant === tenant)
  return { tenant, pauses: found?.pauses ?? [], exemptions: found?.exemptions ?? [] }
}
