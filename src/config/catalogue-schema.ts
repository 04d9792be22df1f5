import { z } from 'zod'
import type { CatalogueData } from '../rules/verdict/catalogue-data'

/** A message that quotes what was found. */
function not(expected: string): { error: (issue: { input?: unknown }) => string } {
  return {
    error: ({ input }) =>
      input === undefined ? 'is missing' : `${JSON.stringify(input).slice(0, 60)} is not ${expected}`,
  }
}

const day = z.iso.date(not('a date YYYY-MM-DD'))
const id = z.string().min(1)
const sources = z.array(id).min(1)
const build = z.string().regex(/^\d{1,2}\.\d{1,3}\.\d{1,5}(\.\d{1,5})?$/, not('a build like 15.1.2507.39'))
const fullBuild = z.string().regex(/^\d{1,2}\.\d{1,3}\.\d{1,5}\.\d{1,5}$/, not('a build like 15.1.2507.39'))
const branch = z.string().regex(/^\d{1,2}\.\d{1,3}\.\d{1,5}$/, not('a branch like 15.1.2507'))
const version = z.string().regex(/^\d{1,2}\.\d{1,3}$/, not('a version like 15.1'))
const cve = z.string().regex(/^CVE-\d{4}-\d{4,}$/, not('an id like CVE-2021-26855'))
const kb = z.string().regex(/^KB\d+$/, not('an article like KB5066369'))
const precision = z.enum(['day', 'week', 'month'])

const product = z.strictObject({
  id,
  name: id,
  major_minor: version,
  major_minors: z.array(version).min(1),
  build_from: branch.nullish(),
  build_before: branch.nullish(),
  released: day,
  lifecycle_start: day.optional(),
  mainstream_end: day.nullable(),
  extended_end: day.nullable(),
  supported_until_at_least: day.optional(),
  esu_end: day.nullable(),
  esu_periods: z.array(z.strictObject({ from: day, to: day })).optional(),
  successor: id.nullable(),
  service_packs: z.array(z.strictObject({ release: id, support_end: day })).optional(),
  note: id.optional(),
  src: sources,
})

const source = z.strictObject({
  code: id,
  name: id,
  repo: id.optional(),
  path: id.optional(),
  commit: id.nullish(),
  url: z.url().optional(),
  date: day,
})

const headerRules = z.strictObject({
  smtp_id_follows_su_since: day,
  mapi_id_follows_su: id,
  smtp_exceptions: z.array(
    z.strictObject({ build: fullBuild, smtp_id_stays: fullBuild, note: id.optional() }),
  ),
  exchange_online_major_minor: z.array(version).min(1),
  observed: z.strictObject({ from: day, to: day }),
})

const alias = z.strictObject({
  id: fullBuild,
  transport: z.enum(['smtp', 'mapi']),
  counts_as: fullBuild.nullable(),
  basis: id,
  seen: z.int().positive(),
  first_seen: day,
  last_seen: day,
})

const release = z.strictObject({
  build,
  product: id,
  release: id,
  update: id.nullable(),
  kind: z.enum(['Preview', 'RTM', 'SP', 'CU', 'RU', 'SU', 'HU']),
  alias: id.optional(),
  released: day,
  released_precision: z.enum(['month', 'inferred', 'single-source']).optional(),
  kb: kb.optional(),
  supported_cu: z.boolean().optional(),
  recalled: z.boolean().optional(),
  cumulative: z.boolean().optional(),
  src: sources,
})

const vulnerability = z.strictObject({
  id: cve,
  name: id.optional(),
  published: day,
  kev: z.boolean(),
  kev_added: day.optional(),
  update: id.optional(),
  fixed_in: z.record(branch, fullBuild),
  fixed_from: z.record(version, fullBuild),
  affected_no_fix: z.array(z.union([version, branch])).optional(),
  needs_config: id.optional(),
  src: sources,
})

/** The shape of a catalogue file. Unknown keys are refused, so that a slip of the pen is not silently ignored. */
export const catalogueSchema: z.ZodType<CatalogueData> = z.strictObject({
  schema: z.literal(1),
  as_of: day,
  sources: z.array(source).min(1),
  products: z.array(product).min(1),
  never_pass: z.array(id),
  scope: z.array(z.strictObject({ product: id, from: day, precision, source: id, note: id.optional() })),
  floors: z.array(
    z.strictObject({
      product: id,
      effective: day,
      precision,
      builds: z.array(fullBuild).min(1),
      source: id,
      note: id,
    }),
  ),
  header_rules: headerRules,
  header_aliases: z.array(alias),
  smtpsvc_os: z.array(z.strictObject({ id_prefix: id, os: id })),
  builds: z.array(release).min(1),
  cves: z.array(vulnerability),
  disputed: z.array(z.strictObject({ build, listed_by: sources, adopted: build.nullable(), why: id })),
})
