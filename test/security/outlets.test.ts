import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { acceptance } from '../../src/rules/decision/decide'
import { headerValue } from '../../src/rules/decision/header'
import { maxReplyOctets, replyTo } from '../../src/rules/decision/reply'
import { passed } from '../../src/enforcement/outcome'
import { speak } from '../../src/haraka/reply'
import { logDecision, tellingOf } from '../../src/haraka/results'
import { call } from '../cli/in-process'
import { installed, obeyedByTerminals, type Place } from '../cli/support'
import { fakeConnection, fakePlugin } from '../haraka/fakes'
import { connector } from '../support/connectors'
import { assertHarmlessPage, strings } from './harmless'
import { hostileMemory } from './hostile-memory'
import { payloads } from './payloads'

const now = Date.UTC(2026, 10, 22, 12)
const refusal = { ...acceptance(now, []), action: 'refuse', demanded: 'refuse', stage: 8 } as const
const clean = /^[\x20-\x7e]*$/

describe('Text from outside', function () {
  this.timeout(30_000)
  let place: Place
  const { servers, tenant } = hostileMemory(now)

  before(async () => {
    place = installed()
    await place.put(...servers, tenant)
  })

  after(() => place.remove())

  async function said(...parameters: string[]): Promise<string> {
    const { code, stdout, stderr } = await call(['--config', place.config, ...parameters], {
      now,
      directory: place.folder,
    })
    assert.equal(code, 0, stderr)
    assert.equal(stderr, '')
    return stdout
  }

  for (const [text, harm] of payloads) {
    const shown = JSON.stringify(text.slice(0, 30))
    it(`that ${harm} is harmless in replies, fields, results and logs: ${shown}`, () => {
      const about = { server: text, build: text }
      const texts = { defer: '', refuse: `{server} {build} ${text}`, helpUrl: text }
      const reply = replyTo(refusal, about, texts)
      assert.match(reply?.line ?? '', clean)
      assert.ok((reply?.line.length ?? 0) <= maxReplyOctets)
      assert.match(String(speak(reply, 'data')?.reply.reply), clean)

      const facts = {
        connector: text,
        server: text,
        build: text,
        verdict: text,
        reason: text,
        decision: refusal,
      }
      const value = headerValue(facts)
      assert.match(value, clean)
      assert.ok(value.length <= 900)
      assert.equal(value.split('; ').length, 9, 'no key of the sender’s')

      const { connection, facts: added, logged } = fakeConnection()
      const decision = { ...refusal, trail: [{ rule: 'V', because: text }] }
      const outcome = {
        ...passed(now, 'V', text),
        decision,
        server: text,
        evidence: {
          connecting: { kind: 'not-exchange', server: text, field: 0 },
          behind: { kind: 'not-exchange', server: text, field: 0 },
          mimeOle: text,
        },
        xoorg: null,
      } as const
      const attributed = {
        kind: 'connector',
        connector: connector('hybrid'),
        by: 'certificate',
        matched: text,
      } as const
      const telling = tellingOf(attributed, outcome, 'data')
      connection.results.add(fakePlugin().plugin, telling.results)
      logDecision(fakePlugin().plugin, connection, telling, outcome)
      assert.match(strings([telling.notes, added, logged]).join(''), clean)
      // `human` is all others of them in a row.
      const { human, ...others } = telling.results
      for (const each of strings([telling.notes, others, logged])) assert.ok(each.length <= 310, each)
      assert.ok(String(human).length <= 310 * Object.keys(others).length)
    })
  }

  it('shows in tables for people as it was written, and never as a terminal would obey it', async () => {
    for (const command of [
      ['servers'],
      ['connectors', 'list'],
      ['explain', '--', servers[5]?.server ?? ''],
    ]) {
      assert.doesNotMatch(await said(...command), obeyedByTerminals, command.join(' '))
    }
    const table = await said('servers')
    assert.equal(
      table.split('\n').filter((line) => line.startsWith('contoso ')).length,
      servers.length,
      'one line each',
    )
    assert.ok(table.includes('\\u{1b}[2j'))
  })

  it('explains each server in full without harm', async () => {
    for (const { server } of servers) {
      assert.doesNotMatch(await said('explain', '--', server), obeyedByTerminals)
    }
  })

  it('is the same text again for whoever reads the JSON', async () => {
    for (const command of [
      ['servers', '--json'],
      ['state', 'export'],
    ]) {
      const printed = await said(...command)
      assert.doesNotMatch(printed, obeyedByTerminals, command.join(' '))
      const lines = printed.trimEnd().split('\n')
      const found = command.includes('--json')
        ? [JSON.parse(printed)]
        : lines.map((line): unknown => JSON.parse(line))
      const all = new Set(strings(found))
      for (const { server } of servers) assert.ok(all.has(server), JSON.stringify(server))
    }
  })

  it('is a cell and no formula in CSV, whatever parts the cells', async () => {
    const printed = await said('servers', '--csv')
    assert.doesNotMatch(printed.replaceAll('\r\n', '\n'), obeyedByTerminals)
    const [head = [], ...rows] = cells(printed)
    assert.equal(rows.length, servers.length)
    for (const row of rows) {
      assert.equal(row.length, head.length)
      for (const cell of row) assert.doesNotMatch(cell, /(?:^|;)\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/u)
    }
  })

  it('is text in the page, never markup', async () => {
    const file = join(place.folder, 'report.html')
    await said('servers', '--html', file)
    const page = readFileSync(file, 'utf8')
    assertHarmlessPage(page, 'the report')
    assert.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt;'))
    assert.ok(page.includes('&amp;lt;b&amp;gt;'), 'what looks escaped is escaped again')
  })

  it('is harmless in what inspect says of a message', async () => {
    const mail = payloads
      .map(
        ([text]) =>
          `Received: from ${text} by ex01.contoso.com (${text}) with Microsoft SMTP Server id 15.1.2507.39; x`,
      )
      .join('\r\n')
    const path = place.write('hostile.eml', `${mail}\r\n\r\nbody\r\n`)
    for (const options of [[], ['--json']]) {
      const { stdout, stderr } = await call(['inspect', path, ...options], { now })
      assert.doesNotMatch(stdout + stderr, obeyedByTerminals)
    }
  })

  it('is harmless in what is said of wrong usage and broken files', async () => {
    for (const [text] of payloads) {
      for (const parameters of [
        ['explain', text],
        ['pause', text, '--days', text],
        [text],
        ['inspect', text],
        ['catalogue', 'show', text],
      ]) {
        const { stdout, stderr } = await call(['--config', place.config, ...parameters], {
          now,
          directory: place.folder,
        })
        assert.doesNotMatch(stdout + stderr, obeyedByTerminals, JSON.stringify(parameters).slice(0, 200))
      }
    }
  })
})

/** RFC 4180. */
function cells(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}
