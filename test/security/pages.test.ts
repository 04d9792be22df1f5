import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { servedLinks } from '../../src/report/page/links'
import { call } from '../cli/in-process'
import { obeyedByTerminals, Place } from '../cli/support'
import { becomesTrue } from '../support/processes'
import { archivedMessage, type ArchiveSender } from '../support/mail-archive'
import { Office } from '../web/office'
import { tokenIn, type Answer, type Visitor } from '../web/visitor'
import { assertHarmlessPage } from './harmless'
import { hostileMemory } from './hostile-memory'
import { payloads } from './payloads'

const printed = /^[\x20-\x7e]*$/

describe('Text from outside, on the operator’s page', function () {
  this.timeout(60_000)
  const now = Date.now()
  const office = new Office()
  let visitor: Visitor
  const { servers, tenant } = hostileMemory(now)

  before(async () => {
    await office.place.put(...servers, tenant)
    await office.open()
    visitor = await office.loggedIn()
    assert.ok(await becomesTrue(async () => (await visitor.get(servedLinks.overview)).status === 200, 10_000))
  })

  after(() => office.remove())

  function assertHarmless({ status, headers, text }: Answer, path: string, expected: number): void {
    assert.equal(status, expected, path)
    for (const [name, value] of Object.entries(headers))
      assert.match(String(value), printed, `${path}: ${name}`)
    assert.match(String(headers['content-security-policy']), /default-src 'none'/, path)
    assertHarmlessPage(text, path)
  }

  it('is text on every page of the report', async () => {
    const { overview, tenants, catalogue, configuration } = servedLinks
    const lists = [
      servedLinks.servers({}),
      servedLinks.servers({ tenant: 'contoso' }),
      servedLinks.tenant('contoso'),
    ]
    for (const path of [overview, tenants, catalogue, configuration, ...lists]) {
      assertHarmless(await visitor.get(path), path, 200)
    }
    const { text } = await visitor.get(servedLinks.servers({}))
    assert.ok(text.includes('&lt;script&gt;alert(1)'), 'the texts do get there')
  })

  it('is text on the page of each server', async () => {
    for (const { server } of servers) {
      const path = servedLinks.server('contoso', server)
      const answer = await visitor.get(path)
      assertHarmless(answer, path, 200)
    }
  })

  it('is text where a visitor brings it in: searches, addresses, forms', async () => {
    const form = '/tenants/contoso/pause'
    const csrf = tokenIn(await visitor.get(form))
    for (const [text] of payloads.filter(([each]) => each.length < 1000)) {
      const sent = encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'))
      assertHarmless(
        await visitor.get(`/servers?text=${sent}&status=${sent}&sort=${sent}`),
        `search ${sent}`,
        200,
      )
      assertHarmless(await visitor.get(`/tenants/${sent}`), `tenant ${sent}`, 404)
      assertHarmless(await visitor.get(`${form}?days=${sent}&reason=${sent}`), `form ${sent}`, 200)
      const answer = await visitor.post(form, { _csrf: csrf, days: text, from: text, reason: text })
      assertHarmless(answer, `order ${sent}`, 422)
    }
  })

  it('is one line each in what the page writes into its log', async () => {
    for (const [text] of payloads.filter(([each]) => each.length < 1000)) {
      await office.visitor({ 'user-agent': headerText(text) }).post('/login', { token: text })
    }
    assert.ok(office.lines.length > 0)
    for (const line of office.lines) assert.match(line, printed)
  })

  it('is in no cell of CSV a formula, and the same text again in JSON', async () => {
    const csv = await visitor.get('/servers.csv')
    assert.doesNotMatch(csv.text.replaceAll('\r\n', '\n'), obeyedByTerminals)
    assert.doesNotMatch(csv.text, /(?:^|[,;"])\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/mu)
    const json = await visitor.get('/servers.json')
    assert.doesNotMatch(json.text, obeyedByTerminals)
    const rows: { readonly server: string }[] = JSON.parse(json.text)
    const names = (of: readonly { readonly server: string }[]) => of.map(({ server }) => server).toSorted()
    assert.deepEqual(names(rows), names(servers))
  })
})

describe('Text from outside, in a replay', function () {
  this.timeout(60_000)
  const begin = Date.UTC(2026, 6, 1)
  const hourMs = 3_600_000
  const sender: ArchiveSender = {
    server: 'ex01.contoso.com',
    address: '192.0.2.5',
    builds: [{ from: 0, build: '15.1.2507.16' }],
    tls: true,
  }
  let place: Place

  before(() => {
    place = new Place({
      'config/exchange-enforcement.ini': '[policy]\npreset = custom\nfloors = 15.1.2507.61\n',
      'config/exchange-enforcement.connectors.ini': '[contoso]\naddresses = 192.0.2.0/24\n',
    })
    const texts = payloads
      .filter(([text]) => text.length < 1000)
      .map(([text]) => text.replaceAll(/[\r\n]/g, ' '))
    const messages = Array.from({ length: 70 * 24 }, (_, hour) => {
      const text = texts[hour % texts.length] ?? ''
      const { fromLine, fields } = archivedMessage(sender, begin + hour * hourMs, hour)
      const marked = fields.map((field) =>
        field.startsWith('Return-Path:')
          ? `Return-Path: <alice@${text}>`
          : field.startsWith('Subject:')
            ? `Subject: ${text}\nReceived: from ${text} (${text}) by ${text} with Microsoft SMTP Server id 15.1.2507.16; x`
            : field,
      )
      return `${fromLine}\n${marked.join('\n')}\n\nbody\n\n`
    })
    place.write('mail.mbox', messages.join(''))
    place.write('<script>alert(1)<\u2215script>\x1b[2J.mbox', 'no mail at all\n')
  })
  after(() => place.remove())

  for (const [what, ...options] of [
    ['for people'],
    ['in JSON', '--json'],
    ['as a page', '--html', 'replay.html'],
  ] as const) {
    it(`is harmless ${what}`, async () => {
      const { stdout, stderr, code } = await call(
        [
          'replay',
          '--config',
          place.config,
          ...options,
          'mail.mbox',
          '<script>alert(1)<\u2215script>\x1b[2J.mbox',
        ],
        { directory: place.folder },
      )
      assert.ok(code === 0 || code === 1, stderr)
      assert.doesNotMatch(stdout + stderr, obeyedByTerminals)
      if (what !== 'as a page') return
      const page = readFileSync(join(place.folder, 'replay.html'), 'utf8')
      assertHarmlessPage(page, 'the page of the replay')
      assert.ok(page.includes('&lt;script&gt;'), 'the texts do get there')
    })
  }
})

/** What a client can send in a field of HTTP. */
function headerText(text: string): string {
  return text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?')
}
