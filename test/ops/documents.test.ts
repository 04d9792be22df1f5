import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { invocationOf } from '../../src/cli/invocation'
import { createProgram } from '../../src/cli/program'
import { catalogue, prefix } from '../../src/metrics/catalogue'
import { settingsOf } from '../config/support'
import { projectDir } from '../support/generate-docs'
import {
  dashboardFile,
  definitionOf,
  readDashboard,
  ruleFile,
  ruleTestFile,
  runbookFile,
  selectorsIn,
  strangenessOf,
  targetsOf,
} from './ops-files'

const read = (path: string): string => readFileSync(path, 'utf8')

interface Alert {
  readonly name: string
  readonly text: string
}

function alerts(): readonly Alert[] {
  const [, ...parts] = read(ruleFile).split(/^ {6}- alert: /m)
  return parts.map((text) => ({ name: text.split('\n')[0] ?? '', text }))
}

/** Anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

function fences(page: string, language: string): readonly string[] {
  const found = page.matchAll(new RegExp(`^ *\`\`\`${language}\\n([^]*?)^ *\`\`\`$`, 'gm'))
  return [...found].map(([, text = '']) => text)
}

describe('The metrics named', () => {
  for (const file of [dashboardFile, ruleFile, ruleTestFile, runbookFile]) {
    it(`in ${file.slice(projectDir.length + 1)} exist, with their labels and values`, () => {
      const text = read(file).replaceAll('\\"', '"').replaceAll('"$instance"', '"every"')
      const selectors = selectorsIn(text)
      assert.ok(selectors.length > 0)
      assert.deepEqual(selectors.flatMap(strangenessOf), [])
    })
  }

  it('without the prefix in docs/operations.md exist as well', () => {
    const named = [...read(runbookFile).matchAll(/`([a-z_]+_(?:total|seconds|up|success))(\{[^}]*\})?`/g)]
    const selectors = named.flatMap(([, name = '', labels = '']) =>
      selectorsIn(`${name.startsWith(prefix) ? '' : prefix}${name}${labels}`),
    )
    assert.ok(selectors.length > 0)
    assert.deepEqual(selectors.flatMap(strangenessOf), [])
  })

  it('are called strange where name, label or value is wrong', () => {
    const strange = (text: string): number => selectorsIn(prefix + text).flatMap(strangenessOf).length
    assert.equal(strange('decisions_totals'), 1)
    assert.equal(strange('decisions_total{stages="5"}'), 1)
    assert.equal(strange('decisions_total{stage=~"5|9",action="accept"}'), 1)
    assert.equal(strange('store_duration_seconds_bucket{op="read"}'), 0)
    assert.equal(strange('faults_total_count'), 1)
  })
})

describe('The dashboard', () => {
  const dashboard = readDashboard()

  it('can be imported anywhere: a stable uid, no id, the data source as variable', () => {
    assert.deepEqual([dashboard.uid, dashboard.id], ['exchange-enforcement', null])
    const [source] = dashboard.templating.list
    assert.deepEqual([source?.name, source?.type], ['DS_PROMETHEUS', 'datasource'])
    const sources = dashboard.panels.flatMap(({ datasource, targets = [] }) => [
      ...(datasource ? [datasource] : []),
      ...targets.map((target) => target.datasource),
    ])
    assert.ok(sources.length > 50)
    for (const each of sources) assert.deepEqual(each, { type: 'prometheus', uid: '${DS_PROMETHEUS}' })
  })

  it('has panels of different ids and titles, which say what they show and do not overlap', () => {
    const { panels } = dashboard
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
    assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length)
    const taken = new Set<string>()
    for (const { type, title, description, targets = [], gridPos } of panels) {
      if (type !== 'row') assert.ok(description && targets.length > 0, title)
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title)
      assert.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= 24, title)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.ok(!taken.has(`${x} ${y}`), `${title} lies on another`)
          taken.add(`${x} ${y}`)
        }
      }
    }
  })

  it('shows every metric', () => {
    const shown = new Set(
      targetsOf(dashboard).flatMap(({ expr }) =>
        selectorsIn(expr).map(({ name }) => definitionOf(name)?.name),
      ),
    )
    const hidden = catalogue.map(({ name }) => name).filter((name) => !shown.has(name))
    assert.deepEqual(hidden, [])
  })

  it('uses no variable but its own', () => {
    const known = [...dashboard.templating.list.map(({ name }) => name), '__rate_interval']
    for (const { expr } of targetsOf(dashboard)) {
      for (const [, name = ''] of expr.matchAll(/\$\{?(\w+)/g)) assert.ok(known.includes(name), expr)
      assert.match(expr, /instance=~"\$instance"/)
    }
  })
})

describe('The alert rules', () => {
  it('are eight at most, of different names', () => {
    const names = alerts().map(({ name }) => name)
    assert.ok(names.length > 0 && names.length <= 8)
    assert.equal(new Set(names).size, names.length)
  })

  for (const { name, text } of alerts()) {
    it(`wait, weigh and explain: ${name}`, () => {
      assert.match(text, /^ {8}for: \d+[mh]$/m)
      assert.match(text, /^ {10}severity: (warning|critical)$/m)
      for (const annotation of ['summary', 'description', 'runbook']) {
        assert.equal([...text.matchAll(new RegExp(`^ {10}${annotation}: `, 'gm'))].length, 1, annotation)
      }
      const annotations = text.slice(text.indexOf('annotations:'))
      assert.doesNotMatch(annotations, /instance|\d+\.\d+\.\d+\.\d+|https?:/)
      assert.match(annotations, new RegExp(`^ {10}runbook: docs/operations\\.md#${name.toLowerCase()}$`, 'm'))
    })

    it(`are tested firing and not firing: ${name}`, () => {
      const [, ...cases] = read(ruleTestFile).split(`alertname: ${name}\n`)
      const firing = cases.filter((after) => /^\s*exp_alerts:/.test(after)).length
      assert.ok(firing > 0 && cases.length > firing)
    })
  }

  it('have a section of the runbook each, with what it means, where to look and what to do, and no other has one', () => {
    const page = read(runbookFile)
    const [, ...sections] = page.split(/^### (?=ExchangeEnforcement)/m)
    const headings = sections.map((section) => section.split('\n')[0])
    assert.deepEqual(
      headings,
      alerts().map(({ name }) => name),
    )
    for (const section of sections) {
      for (const part of [/\*\*Means:\*\*/, /\*\*Look:\*\*/, /\*\*Do\b/]) assert.match(section, part)
      assert.ok(fences(section, 'sh').length > 0, section.split('\n')[0])
    }
  })
})

describe('docs/operations.md', () => {
  const page = read(runbookFile)
  const program = createProgram(invocationOf(process))

  /** What is wrong with a command line behind the program's name; `null`: nothing. */
  function complaint(parameters: readonly string[]): string | null {
    let command: Command = program
    let rest = parameters
    for (;;) {
      const next = command.commands.find((each) => each.name() === rest[0])
      if (!next) break
      command = next
      rest = rest.slice(1)
    }
    if (command.commands.length > 0) return `there is no command ${parameters.join(' ')}`
    const options = [...command.options, ...program.options]
    let operands = 0
    for (let i = 0; i < rest.length; i += 1) {
      const word = rest[i] ?? ''
      const option = options.find(({ long }) => long === word)
      if (option) i += option.required ? 1 : 0
      else if (word.startsWith('--')) return `${command.name()} has no option ${word}`
      else operands += 1
    }
    const needed = command.registeredArguments.filter(({ required }) => required).length
    const most = command.registeredArguments.some(({ variadic }) => variadic)
      ? Infinity
      : command.registeredArguments.length
    const missing = command.options.find(({ mandatory, long }) => mandatory && !rest.includes(long ?? ''))
    if (missing) return `${command.name()} needs ${missing.flags}`
    return operands >= needed && operands <= most ? null : `${command.name()} is given ${operands} operands`
  }

  it('names commands and options that exist', () => {
    const lines = fences(page, 'sh').flatMap((text) => text.split('\n'))
    const given = lines.flatMap((line) =>
      [...line.matchAll(/(?:^|do )\s*exchange-enforcement ((?:'[^']*'|[^|;>'])+)/g)].map(([, text = '']) =>
        [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''),
      ),
    )
    assert.ok(given.length > 20)
    assert.deepEqual(
      given.flatMap((parameters) => complaint(parameters) ?? []),
      [],
    )
    assert.equal(complaint(['servers', '--stages', '8']), 'servers has no option --stages')
    assert.equal(complaint(['doctors']), 'there is no command doctors')
    assert.equal(complaint(['explain']), 'explain is given 0 operands')
  })

  it('shows settings that are accepted', () => {
    const files = fences(page, 'ini')
    assert.ok(files.length >= 4)
    for (const text of files) {
      const connectors = text.startsWith('; config/exchange-enforcement.connectors.ini')
      assert.ok(connectors || text.startsWith('; config/exchange-enforcement.ini'), text)
      settingsOf(connectors ? { connectors: text } : { main: text })
    }
  })

  it('links to pages and sections that exist', () => {
    const links = [...page.matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)]
    assert.ok(links.length > 5)
    for (const [link, file = '', anchor] of links) {
      const path = file === '' ? runbookFile : join(dirname(runbookFile), file)
      assert.ok(existsSync(path), link)
      if (anchor !== undefined) assert.ok(anchorsOf(read(path)).includes(anchor), link)
    }
  })

  it('says what to do about every kind of fault and every reason of the store', () => {
    const cells = [...page.matchAll(/^\| (`[^|]*`)\s*\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, value = '']) => value),
    )
    const values = (name: string, label: string): readonly string[] => {
      const found = definitionOf(`${prefix}${name}`)?.labels.find((each) => each.name === label)?.values
      return typeof found === 'object' ? found : []
    }
    const kinds = values('faults_total', 'kind').filter((kind) => kind !== 'store')
    const reasons = values('store_errors_total', 'reason')
    assert.deepEqual([...cells].sort(), [...kinds, ...reasons, 'hung-worker'].sort())
  })
})
