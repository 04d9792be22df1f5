import assert from 'node:assert/strict'
import type { ServerRecord, TenantRecord } from '../../src/rules/clock/record'
import { runProgram, runningServer } from '../cli/support'
import { becomesTrue } from '../support/processes'
import { Office } from './office'
import { confirmationIn, tokenIn, type Visitor } from './visitor'

const day = 86_400_000

/** The command line in a process of its own beside the page, which must do as it is told. */
async function printed(...parameters: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(parameters)
  assert.deepEqual([code, stderr], [0, ''])
  return stdout
}

describe('Orders from the page', function () {
  this.timeout(60_000)
  let office: Office
  let visitor: Visitor
  const now = Date.now()
  const dayFromNow = (days: number): string => new Date(now + days * day).toISOString().slice(0, 10)

  beforeEach(async () => {
    office = new Office()
    await office.place.put(
      runningServer('ex01.contoso.com', 65, now),
      runningServer('ex02.contoso.com', 5, now),
    )
    await office.open()
    visitor = await office.loggedIn()
  })
  afterEach(() => office.remove())

  const tenant = (): Promise<TenantRecord | null> =>
    office.place.withStore(async (store) => {
      const stored = await store.read({ kind: 'tenant', tenant: 'contoso' })
      return stored.state === 'present' ? stored.value : null
    })
  const server = (name: string): Promise<ServerRecord> =>
    office.place.withStore(async (store) => {
      const stored = await store.read({ kind: 'server', tenant: 'contoso', server: name })
      assert.equal(stored.state, 'present')
      return stored.value
    })

  it('a pause is shown first, holds once it is confirmed, for the command line as well, and is told of once', async () => {
    const review = await visitor.submit('/tenants/contoso/pause', {
      days: '14',
      from: '',
      reason: 'migration',
    })
    assert.equal(review.status, 200)
    assert.match(review.text, /<h1>Pause contoso for 14 days\?<\/h1>/)
    assert.match(
      review.text,
      /All mail of contoso is accepted from now until \d{4}-\d\d-\d\d \d\d:\d\d UTC\./,
    )
    assert.match(review.text, /It takes \d+ of the 90 days of \d{4}; \d+ are left\./)
    assert.match(review.text, /ex01\.contoso\.com[^]*ex02\.contoso\.com/)
    assert.equal(await tenant(), null, 'nothing is done yet')

    const done = await visitor.post(confirmationIn(review), { _csrf: tokenIn(review) })
    assert.deepEqual([done.status, done.headers.location], [303, '/tenants/contoso'])
    const page = await visitor.get('/tenants/contoso')
    assert.match(page.text, /contoso is paused from .* until .* UTC\./)
    assert.match(page.text, /href="\/tenants\/contoso\/resume"/, 'the page knows of it already')
    assert.doesNotMatch((await visitor.get('/tenants/contoso')).text, /contoso is paused from/)

    const kept = (await tenant())?.pauses[0]
    assert.deepEqual([kept?.days, kept?.reason], [14, 'migration'])
    assert.equal((await server('ex02.contoso.com')).events.at(-1)?.kind, 'paused')
    const [row]: { status: string }[] = JSON.parse(
      await printed('servers', 'contoso', '--json', '--config', office.place.config),
    )
    assert.equal(row?.status, 'paused')
  })

  it('leaves one line in the log, with who, what, why and how it went', async () => {
    await visitor.order('/tenants/contoso/pause', { days: '2', from: dayFromNow(3), reason: 'two "words"' })
    const line = office.lines.at(-1) ?? ''
    const session = visitor.cookie.split('=')[1]?.slice(0, 8) ?? ''
    const [at = '', ...facts] = line.split(' event=')
    assert.ok(!Number.isNaN(Date.parse(at)))
    const told =
      `order order=pause tenant=contoso days=2 from=${dayFromNow(3)}T00:00:00.000Z reason="two \\"words\\"" ` +
      `session=${session} remote=127.0.0.1 result=done said="contoso is paused from ${dayFromNow(3)} 00:00 UTC until`
    assert.ok(facts.join('').startsWith(told), line)
    assert.ok(!line.includes(visitor.cookie.split('=')[1] ?? 'x'), 'the session cannot be taken from it')
  })

  it('what runs can be resumed, and with the box what is to come as well', async () => {
    await visitor.order('/tenants/contoso/pause', { days: '5', reason: 'a' })
    await visitor.order('/tenants/contoso/pause', { days: '5', from: dayFromNow(20), reason: 'b' })
    const review = await visitor.submit('/tenants/contoso/resume', { reason: 'done' })
    assert.match(review.text, /The pause from .* ends now; 4 days are given back\./)
    await visitor.post(confirmationIn(review), { _csrf: tokenIn(review) })
    assert.deepEqual(
      (await tenant())?.pauses.map(({ days }) => days),
      [1, 5],
    )
    const none = await visitor.submit('/tenants/contoso/resume', { reason: 'again' })
    assert.equal(none.status, 422)
    assert.match(none.text, /No pause of contoso is running\. One is to come: tick the box/)
    await visitor.order('/tenants/contoso/resume', { reason: 'again', all: 'yes' })
    assert.deepEqual(
      (await tenant())?.pauses.map(({ days }) => days),
      [1],
    )
  })

  it('an exemption is of a server, a connector or the tenant, and is ended by exactly that name', async () => {
    const until = dayFromNow(30)
    const exempt = (target: string, name = '') =>
      visitor.order('/tenants/contoso/exempt', { target, server: name, until, reason: 'plant' })
    const one = await exempt('server', 'EX01.contoso.com')
    assert.equal(one.headers.location, '/servers/contoso/ex01.contoso.com')
    const page = await visitor.get('/servers/contoso/ex01.contoso.com')
    const end =
      /href="(\/tenants\/contoso\/unexempt[^"]*)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
    assert.ok(end.includes('server=ex01.contoso.com'))
    await exempt('connector:contoso-plant')
    await exempt('tenant')
    assert.deepEqual(
      (await tenant())?.exemptions.map(({ target }) => target.kind),
      ['server', 'connector', 'tenant'],
    )
    const explained = await printed('explain', 'ex01.contoso.com', '--config', office.place.config)
    assert.match(explained, /^ex01\.contoso\.com of contoso: exempt/)

    const form = await visitor.get(end)
    assert.match(form.text, /<option value="server"\s+selected/)
    assert.match(form.text, /value="ex01\.contoso\.com"/)
    await visitor.order('/tenants/contoso/unexempt', {
      target: 'server',
      server: 'ex01.contoso.com',
      reason: 'over',
    })
    await visitor.order('/tenants/contoso/unexempt', { target: 'connector:contoso-plant', reason: 'over' })
    assert.deepEqual(
      (await tenant())?.exemptions.map(({ target }) => target.kind),
      ['tenant'],
    )
    const events = (await server('ex01.contoso.com')).events.map(({ kind }) => kind)
    assert.deepEqual(events, ['detected', 'exempted', 'exempted', 'exempted', 'unexempted', 'unexempted'])
  })

  it('a server that was never seen may be exempt, and it is said', async () => {
    const fields = { target: 'server', server: 'next.contoso.com', until: dayFromNow(9), reason: 'new' }
    const review = await visitor.submit('/tenants/contoso/exempt', fields)
    assert.match(review.text, /No server of that name was seen yet/)
    const done = await visitor.post(confirmationIn(review), { _csrf: tokenIn(review) })
    assert.equal(done.headers.location, '/tenants/contoso')
  })

  it('a button that is pressed twice does it once', async () => {
    const review = await visitor.submit('/tenants/contoso/pause', { days: '3', reason: 'x' })
    const press = () => visitor.post(confirmationIn(review), { _csrf: tokenIn(review) })
    const answers = await Promise.all([press(), press()])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [303, 303],
    )
    assert.equal((await press()).status, 303)
    assert.equal((await tenant())?.pauses.length, 1)
    assert.equal(office.lines.filter((line) => line.includes('event=order')).length, 1)
  })

  it('an order can be changed before it is confirmed, and keeps what was written', async () => {
    const review = await visitor.submit('/tenants/contoso/pause', {
      days: '3',
      from: dayFromNow(4),
      reason: 'a <b> "c"',
    })
    const change = /href="([^"]*\?order=[^"]*)"/.exec(review.text)?.[1] ?? ''
    const form = await visitor.get(change)
    assert.match(form.text, /value="3"/)
    assert.ok(form.text.includes(`value="${dayFromNow(4)}"`))
    assert.match(form.text, /value="a &lt;b&gt; &quot;c&quot;"/)
  })

  for (const [path, fields, message, reason] of [
    ['pause', { days: '', reason: 'x' }, /whole number of days/, 'no days'],
    ['pause', { days: '1.5', reason: 'x' }, /whole number of days/, 'half a day'],
    ['pause', { days: '-1', reason: 'x' }, /whole number of days/, 'less than none'],
    ['pause', { days: '400', reason: 'x' }, /are left\./, 'more than the year has'],
    ['pause', { days: '1', from: 'soon', reason: 'x' }, /&#39;soon&#39; is not a date/, 'no date'],
    [
      'pause',
      { days: '1', from: '2020-01-01', reason: 'x' },
      /cannot begin in the past/,
      'a day that is over',
    ],
    ['pause', { days: '1', reason: ' ' }, /Say why\./, 'no reason'],
    ['pause', { days: '1', reason: 'x'.repeat(201) }, /more than 200 characters/, 'a long reason'],
    [
      'pause',
      { days: '1', reason: 'a\u001bb' },
      /holds control characters/,
      'a reason that a terminal obeys',
    ],
    ['exempt', { target: 'tenant', reason: 'x' }, /Say when it ends\./, 'no end'],
    ['exempt', { target: 'tenant', until: '2020-01-01', reason: 'x' }, /over already/, 'an end that is over'],
    [
      'exempt',
      { target: 'tenant', until: '2027-02-30', reason: 'x' },
      /is not a date/,
      'no day of the calendar',
    ],
    ['exempt', { until: '2099-01-01', reason: 'x' }, /Say what is meant\./, 'nothing meant'],
    [
      'exempt',
      { target: 'server', until: '2099-01-01', reason: 'x' },
      /Name the server\./,
      'a server without name',
    ],
    [
      'exempt',
      { target: 'server', server: 'a b', until: '2099-01-01', reason: 'x' },
      /not the name of a server/,
      'two words',
    ],
    [
      'exempt',
      { target: 'connector:contoso-plan', until: '2099-01-01', reason: 'x' },
      /no connector &#39;contoso-plan&#39; \(did you mean &#39;contoso-plant&#39;\?\)/,
      'no such connector',
    ],
    [
      'exempt',
      { target: 'connector:fabrikam', until: '2099-01-01', reason: 'x' },
      /no connector/,
      'one of somebody else',
    ],
    ['resume', { reason: 'x' }, /No pause of contoso is running\./, 'nothing to resume'],
    [
      'unexempt',
      { target: 'tenant', reason: 'x' },
      /There is no exemption of tenant contoso\./,
      'nothing to end',
    ],
  ] as const) {
    it(`is refused on the form, with what was written kept: ${path}, ${reason}`, async () => {
      const answer = await visitor.submit(`/tenants/contoso/${path}`, fields)
      assert.equal(answer.status, 422)
      assert.match(answer.text, message)
      assert.match(answer.text, /role="alert"/)
      const kept = Object.entries(fields).find(([name, text]) => name === 'days' && text !== '')
      if (kept) assert.ok(answer.text.includes(`value="${kept[1]}"`))
      assert.equal(await tenant(), null)
    })
  }

  it('what became impossible meanwhile is not done, and it is said', async () => {
    const review = await visitor.submit('/tenants/contoso/pause', { days: '3', reason: 'x' })
    await printed('pause', 'contoso', '--days', '5', '--config', office.place.config)
    const answer = await visitor.post(confirmationIn(review), { _csrf: tokenIn(review) })
    assert.equal(answer.headers.location, '/tenants/contoso')
    assert.match(
      (await visitor.get('/tenants/contoso')).text,
      /Nothing was done: it would overlap the pause from/,
    )
    assert.match(office.lines.at(-1) ?? '', /result=refused said="it would overlap/)
    assert.equal((await tenant())?.pauses.length, 1)
  })

  it('an order that was dropped, or is of nobody, is not carried out', async () => {
    const token = tokenIn(await visitor.get('/tenants/contoso/pause'))
    for (const id of ['1', 'x'.repeat(500), '__proto__']) {
      assert.equal((await visitor.post(`/orders/${id}`, { _csrf: token })).status, 409)
    }
  })

  it('what the command line does is on the page in a moment', async () => {
    await printed('pause', 'contoso', '--days', '5', '--config', office.place.config)
    const seen = async () => (await visitor.get('/tenants/contoso')).text.includes('/tenants/contoso/resume')
    assert.ok(await becomesTrue(seen, 15_000, 200))
  })
})
