import assert from 'node:assert/strict'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CatalogueError,
  CatalogueFile,
  catalogueFileName,
  cataloguePaths,
  loadCatalogue,
  packagedCataloguePath,
  parseCatalogueData,
} from '../../src/config/catalogue-file'

const packaged = readFileSync(packagedCataloguePath(), 'utf8')

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** The packaged catalogue with the value at `path` replaced; `undefined` takes the key away. */
function changed(path: readonly (string | number)[], value: Json | undefined): string {
  const set = (node: Json | undefined, [key, ...rest]: readonly (string | number)[]): Json | undefined => {
    if (key === undefined) return value
    if (Array.isArray(node)) {
      const copy = [...node]
      copy[Number(key)] = set(node[Number(key)], rest) ?? null
      return copy
    }
    assert.ok(node !== null && typeof node === 'object')
    const { [key]: old, ...others } = node
    const next = set(old, rest)
    return next === undefined ? others : { ...others, [key]: next }
  }
  const root: Json = JSON.parse(packaged)
  return JSON.stringify(set(root, path))
}

function rejection(text: string): CatalogueError {
  try {
    parseCatalogueData(text, 'catalogue.json')
  } catch (error) {
    assert.ok(error instanceof CatalogueError)
    return error
  }
  assert.fail('was accepted')
}

describe('catalogue file: what is wrong is named', () => {
  const table: readonly [string, readonly (string | number)[], Json | undefined, string, RegExp][] = [
    [
      'a day that does not exist',
      ['builds', 12, 'released'],
      '2001-02-29',
      'builds[12].released',
      /is not a date/,
    ],
    ['a day with a slash', ['cves', 3, 'published'], '2021/01/01', 'cves[3].published', /is not a date/],
    ['a build with two parts', ['builds', 5, 'build'], '15.1', 'builds[5].build', /is not a build/],
    ['an unknown kind', ['builds', 5, 'kind'], 'Patch', 'builds[5].kind', /Invalid option/],
    ['an unknown key', ['builds', 5, 'relased'], '2001-01-01', 'builds[5]', /relased/],
    ['a missing key', ['as_of'], undefined, 'as_of', /is missing/],
    ['a later schema', ['schema'], 2, 'schema', /expected 1/],
    ['an unknown product', ['builds', 7, 'product'], 'exchange-2099', 'builds[7].product', /exchange-2099/],
    [
      'a build of another product',
      ['builds', 7, 'product'],
      'exchange-2016',
      'builds[7].build',
      /no build of/,
    ],
    ['a build listed twice', ['builds', 6, 'build'], '5.0.1457.0', 'builds[6].build', /twice/],
    ['a build out of order', ['builds', 6, 'build'], '5.0.1456', 'builds[6].build', /stands after/],
    [
      'an update before its branch',
      ['builds', 493, 'released'],
      '2025-07-02',
      'builds[493].released',
      /is before/,
    ],
    [
      'an alias to nothing',
      ['header_aliases', 2, 'counts_as'],
      '14.2.247.4',
      'header_aliases[2].counts_as',
      /not listed/,
    ],
    [
      'an alias downwards',
      ['header_aliases', 2, 'counts_as'],
      '14.1.218.15',
      'header_aliases[2].counts_as',
      /later/,
    ],
    [
      'a floor that is not listed',
      ['floors', 0, 'builds', 0],
      '15.1.2507.33',
      'floors[0].builds[0]',
      /not listed/,
    ],
    [
      'a floor of another product',
      ['floors', 0, 'builds', 0],
      '15.2.1118.36',
      'floors[0].builds[0]',
      /no build of/,
    ],
    [
      'a second set on one day',
      ['floors', 2, 'effective'],
      '2024-03-01',
      'floors[2].effective',
      /second set/,
    ],
    [
      'a product that never passes and is unknown',
      ['never_pass', 0],
      'exchange-3',
      'never_pass[0]',
      /unknown product/,
    ],
    [
      'a scope of an unknown product',
      ['scope', 1, 'product'],
      'exchange-3',
      'scope[1].product',
      /unknown product/,
    ],
    [
      'a successor that is older',
      ['products', 3, 'successor'],
      'exchange-5.5',
      'products[3].successor',
      /later/,
    ],
    [
      'a fix that is not listed',
      ['cves', 0, 'fixed_from', '8.3'],
      '8.3.1.1',
      'cves[0].fixed_from["8.3"]',
      /not listed/,
    ],
    [
      'a fix of another branch',
      ['cves', 0, 'fixed_from', '8.3'],
      '14.3.174.1',
      'cves[0].fixed_from["8.3"]',
      /is not of/,
    ],
    ['a source that is not there', ['builds', 0, 'src'], ['Q'], 'builds[0].src', /unknown source Q/],
  ]
  for (const [what, path, value, field, problem] of table) {
    it(what, () => {
      const error = rejection(changed(path, value))
      const found = error.problems.filter((candidate) => candidate.field === field)
      assert.ok(
        found.some((candidate) => problem.test(candidate.problem)),
        `found ${JSON.stringify(error.problems)}`,
      )
      assert.match(error.message, /^catalogue\.json: /)
    })
  }
  it('text that is no JSON, or JSON that is no catalogue', () => {
    assert.match(rejection('{"schema": 1,').message, /^catalogue\.json: is not JSON/)
    assert.equal(rejection('{"schema": 1,').field, '')
    assert.match(rejection('[]').message, /expected object/)
  })
  it('says how many more problems there are', () => {
    assert.match(rejection('{"schema": 1}').message, /\(and \d+ more\)$/)
  })
  it('a file that is not there', () => {
    assert.throws(
      () => loadCatalogue('/nonexistent/catalogue.json'),
      (error) =>
        error instanceof CatalogueError &&
        error.file === '/nonexistent/catalogue.json' &&
        /cannot be read: ENOENT/.test(error.message) &&
        error.cause instanceof Error,
    )
  })
  it('takes the packaged file as it is', () => {
    assert.equal(parseCatalogueData(packaged, 'catalogue.json').schema, 1)
  })
})

describe('catalogue file: the one in force', () => {
  let folder = ''
  let file: CatalogueFile | null = null
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'catalogue-'))))
  afterEach(() => {
    file?.close()
    file = null
    rmSync(folder, { recursive: true })
  })
  const own = () => join(folder, catalogueFileName)

  interface Heard {
    readonly dates: string[]
    readonly failures: string[]
  }
  const open = (pollMs = 10): Heard & { readonly file: CatalogueFile } => {
    const dates: string[] = []
    const failures: string[] = []
    const opened = new CatalogueFile(cataloguePaths(folder), {
      pollMs,
      onChange: (catalogue) => dates.push(catalogue.asOf),
      onFailure: (error) => failures.push(error.message),
    })
    file = opened
    return { file: opened, dates, failures }
  }
  const until = async (condition: () => boolean, what: string) => {
    const deadline = Date.now() + 4000
    while (!condition()) {
      assert.ok(Date.now() < deadline, `waited in vain until ${what}`)
      await sleep(5)
    }
  }

  it('is the operator’s own where there is one, else the packaged one', () => {
    assert.equal(open().file.path, packagedCataloguePath())
    cpSync(packagedCataloguePath(), own())
    assert.equal(open().file.path, own())
    assert.deepEqual(cataloguePaths(null), [packagedCataloguePath()])
  })
  it('cannot begin with a damaged file', () => {
    writeFileSync(own(), '{')
    assert.throws(() => open(), CatalogueError)
  })
  it('is read again on demand, and stays where the new one is damaged', () => {
    const { file: opened, dates, failures } = open()
    writeFileSync(own(), changed(['as_of'], '2026-12-08'))
    assert.equal(opened.reload(), true)
    assert.equal(opened.current.asOf, '2026-12-08')
    const good = opened.current
    writeFileSync(own(), changed(['as_of'], 'soon'))
    assert.equal(opened.reload(), false)
    assert.equal(opened.current, good)
    assert.deepEqual(dates, ['2026-12-08'])
    assert.equal(failures.length, 1)
    assert.match(failures[0] ?? '', /as_of: "soon" is not a date/)
  })
  it('follows a file that is replaced atomically, appears, and goes', async () => {
    const { file: opened, dates, failures } = open()
    opened.watch()
    const replace = (text: string) => {
      writeFileSync(join(folder, 'next'), text)
      renameSync(join(folder, 'next'), own())
    }
    replace(changed(['as_of'], '2026-12-08'))
    await until(() => opened.current.asOf === '2026-12-08', 'the new file is in force')
    replace(changed(['as_of'], '2027-01-12'))
    await until(() => opened.current.asOf === '2027-01-12', 'its successor is in force')
    rmSync(own())
    await until(() => opened.current.asOf === '2026-10-07', 'the packaged one is in force again')
    assert.deepEqual(dates, ['2026-12-08', '2027-01-12', '2026-10-07'])
    assert.deepEqual(failures, [])
  })
  it('outlives a half-written file, and tells of each bad state once', async () => {
    writeFileSync(own(), changed(['as_of'], '2026-12-08'))
    const { file: opened, dates, failures } = open()
    opened.watch()
    writeFileSync(own(), packaged.slice(0, 5000))
    await until(() => failures.length > 0, 'the half file is noticed')
    await sleep(60)
    assert.equal(failures.length, 1)
    assert.equal(opened.current.asOf, '2026-12-08')
    writeFileSync(own(), changed(['as_of'], '2027-01-12'))
    await until(() => opened.current.asOf === '2027-01-12', 'the whole file is in force')
    assert.deepEqual(dates, ['2027-01-12'])
  })
  it('is tried again after it could not be read, and that is told once', async () => {
    const { file: opened, failures } = open()
    opened.watch()
    mkdirSync(own())
    await until(() => failures.length > 0, 'the folder in its place is noticed')
    await sleep(60)
    assert.equal(failures.length, 1)
    assert.match(failures[0] ?? '', /cannot be read: EISDIR/)
    rmdirSync(own())
    writeFileSync(own(), changed(['as_of'], '2026-12-08'))
    await until(() => opened.current.asOf === '2026-12-08', 'the file is in force')
  })
  it('outlives a callback that throws', async () => {
    const told: string[] = []
    const opened = new CatalogueFile(cataloguePaths(folder), {
      pollMs: 10,
      onChange: (catalogue) => {
        told.push(catalogue.asOf)
        throw new Error('from the callback')
      },
    })
    file = opened
    opened.watch()
    writeFileSync(join(folder, 'next'), changed(['as_of'], '2026-12-08'))
    renameSync(join(folder, 'next'), own())
    await until(() => told.length === 1, 'the callback is called')
    writeFileSync(join(folder, 'next'), changed(['as_of'], '2027-01-12'))
    renameSync(join(folder, 'next'), own())
    await until(() => told.length === 2, 'the callback is called again')
    assert.equal(opened.current.asOf, '2027-01-12')
  })
  it('is left alone once closed', async () => {
    const { file: opened, dates } = open()
    opened.watch()
    opened.close()
    writeFileSync(own(), changed(['as_of'], '2026-12-08'))
    await sleep(60)
    assert.deepEqual(dates, [])
    assert.equal(opened.current.asOf, '2026-10-07')
  })
  it('keeps the last good one where every file is gone, and tells it once', async () => {
    cpSync(packagedCataloguePath(), own())
    const failures: string[] = []
    file = new CatalogueFile([own()], { pollMs: 10, onFailure: (error) => failures.push(error.message) })
    file.watch()
    rmSync(own())
    await until(() => failures.length > 0, 'the loss is noticed')
    await sleep(60)
    assert.equal(failures.length, 1)
    assert.equal(file.current.asOf, '2026-10-07')
  })
})
