import { resolve } from 'node:path'
import type { Command } from 'commander'
import { CatalogueError, readCatalogueData, type CatalogueFile } from '../config/catalogue-file'
import { formatBuild, parseBuild } from '../rules/verdict/build'
import type { Catalogue } from '../rules/verdict/catalogue'
import { describeBuild, type BuildDescription, type ReleaseDescription } from '../rules/verdict/describe'
import { floorSetOn } from '../rules/verdict/floors'
import type { Product } from '../rules/verdict/product'
import type { Day } from '../rules/time'
import { dayOf } from '../rules/time'
import { addCatalogueDiff } from './catalogue-diff'
import { addCatalogueUpdate } from './catalogue-update'
import { findFolder, pathInForce, readCatalogue } from './configuration'
import { detail } from './details'
import { misuse, refusal } from './failure'
import type { Invocation } from './invocation'
import { printable } from '../rules/decision/printable'
import { jsonText } from './json-text'
import { facts, textTable } from './table'

interface Options {
  readonly json?: boolean
}

export function addCatalogue(program: Command, invocation: Invocation): void {
  const group = program.command('catalogue').description('the table of Exchange builds')
  const show = group
    .command('show')
    .description('the products, or all that is known of a build')
    .argument('[build]', 'a build, as 15.1.2507.39 or 15.01.2507.039')
    .option('--json', 'print JSON')
    .action(async (text: string | undefined, options: Options, self: Command) => {
      const file = readCatalogue(findFolder(invocation, self))
      if (text === undefined) await showProducts(file, options.json === true, invocation)
      else await showBuild(text, file.current, options.json === true, invocation)
    })
  detail(show, {
    notes: [
      'Floors are those that Exchange Online has in force today. Exit code 1 says that no product of the catalogue has such a build.',
    ],
    examples: [
      ['catalogue show', 'How old is the catalogue, and what is in it?'],
      ['catalogue show 15.1.2507.39', 'What is this build?'],
    ],
  })
  const check = group
    .command('check')
    .description('is a catalogue file valid?')
    .argument('[file]', 'the file; else the one in force')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, options: Options, self: Command) => {
      const path =
        name === undefined ? pathInForce(findFolder(invocation, self)) : resolve(invocation.directory, name)
      await checkFile(path, options.json === true, invocation)
    })
  detail(check, {
    notes: ['The plugin checks a file in the same way before it takes it over.'],
    examples: [['catalogue check new-catalogue.json', 'Before a file is put in place']],
  })
  addCatalogueDiff(group, invocation)
  addCatalogueUpdate(group, invocation)
}

async function checkFile(path: string, json: boolean, invocation: Invocation): Promise<void> {
  const { out } = invocation
  try {
    const { as_of: asOf, builds, cves } = readCatalogueData(path)
    const counts = { as_of: asOf, builds: builds.length, cves: cves.length }
    await out.line(
      json
        ? jsonText({ ok: true, file: path, ...counts, problems: [] }, true)
        : `${printable(path)} is valid: as of ${asOf}, builds: ${builds.length}, CVEs: ${cves.length}`,
    )
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error
    invocation.exitCode = 1
    const lines = error.problems.map(
      ({ field, problem }) =>
        `${out.styled('red', 'error')} ${printable(`${field === '' ? path : field}: ${problem}`)}`,
    )
    const summary = `${printable(path)}: errors: ${lines.length}`
    await out.line(
      json
        ? jsonText({ ok: false, file: path, problems: error.problems }, true)
        : [...lines, summary].join('\n'),
    )
  }
}

async function showProducts(file: CatalogueFile, json: boolean, { out, now }: Invocation): Promise<void> {
  const { asOf, builds, products } = file.current
  const today = dayOf(now())
  if (json) {
    const list = products.map((product) => productJson(product, today))
    await out.line(jsonText({ file: file.path, as_of: asOf, builds: builds.length, products: list }, true))
    return
  }
  const lines = textTable<Product>(
    [
      { heading: 'product', text: ({ id }) => id },
      { heading: 'newest build', text: ({ builds }) => newest(builds)?.build ?? '-' },
      { heading: 'released', text: ({ builds }) => newest(builds)?.released ?? '-' },
      { heading: 'support end', text: ({ supportEnd }) => supportEnd ?? '-' },
      { heading: 'esu end', text: ({ esuEnd }) => esuEnd ?? '-' },
      { heading: 'floors today', text: (product) => floorsText(product, today) },
    ],
    products,
  )
  await out.line(
    [`${printable(file.path)}, as of ${asOf}, builds: ${builds.length}`, '', ...lines].join('\n'),
  )
}

function newest(builds: Product['builds']): { readonly build: string; readonly released: Day } | null {
  const last = builds.at(-1)
  return last ? { build: formatBuild(last.build), released: last.released } : null
}

function floorsText(product: Product, day: Day): string {
  const floors = floorSetOn(product, day)?.floors ?? []
  if (product.neverPasses) return 'never passes'
  return floors.length === 0 ? '-' : floors.map(formatBuild).join(' ')
}

function productJson(product: Product, day: Day): object {
  const last = newest(product.builds)
  return {
    id: product.id,
    name: product.name,
    released: product.released,
    support_end: product.supportEnd,
    esu_end: product.esuEnd,
    never_passes: product.neverPasses,
    newest_build: last?.build ?? null,
    newest_released: last?.released ?? null,
    floors: (floorSetOn(product, day)?.floors ?? []).map(formatBuild),
  }
}

async function showBuild(
  text: string,
  catalogue: Catalogue,
  json: boolean,
  invocation: Invocation,
): Promise<void> {
  const build = parseBuild(text)
  if (build === null) throw misuse(`'${text}' is no build; write four numbers, as in 15.1.2507.39`)
  const description = describeBuild(build, catalogue)
  if (description.product === null && !description.newerThanCatalogue) {
    throw refusal(
      `no product of the catalogue has the version ${description.build}; 'catalogue show' lists them`,
    )
  }
  const { out } = invocation
  await out.line(json ? jsonText(buildJson(description), true) : buildText(description, invocation))
}

function buildText(description: BuildDescription, { out }: Invocation): string {
  const { countsAs, later } = description
  const lines = facts(
    [
      ['product', description.productName ?? 'newer than every product of the catalogue'],
      ['support end', description.supportEnd],
      ['esu end', description.esuEnd],
      [description.isListed ? 'is' : 'counts as', countsAs && releaseLine(countsAs)],
      ['as SMTP id', description.asSmtpId],
      ['as mapi id', description.asMapiId],
      ['SMTP id up to', description.smtpIdMayBe],
      ['note', description.newerThanCatalogue ? 'newer than the catalogue' : null],
      ...later.map((release, at) => [at === 0 ? 'later' : '', releaseLine(release)] as const),
    ],
    out.columns,
  )
  return [out.styled('bold', description.build), ...lines].join('\n')
}

function releaseLine({ build, name, released, kb, esu, recalled }: ReleaseDescription): string {
  const marks = [kb, esu ? 'ESU' : null, recalled ? 'recalled' : null].filter((mark) => mark !== null)
  return `${build} ${name}, ${released}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`
}

function buildJson(description: BuildDescription): object {
  return {
    build: description.build,
    listed: description.isListed,
    product: description.product,
    product_name: description.productName,
    support_end: description.supportEnd,
    esu_end: description.esuEnd,
    counts_as: description.countsAs,
    as_smtp_id: description.asSmtpId,
    as_mapi_id: description.asMapiId,
    smtp_id_may_be: description.smtpIdMayBe,
    newer_than_catalogue: description.newerThanCatalogue,
    later: description.later,
  }
}
