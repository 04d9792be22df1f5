import assert from 'node:assert/strict'
import { json, runningServer } from '../cli/support'
import { Office } from './office'

describe('The list of servers as a file', function () {
  this.timeout(30_000)
  let office: Office
  const bearer = () => ({ authorization: `Bearer ${office.token}` })

  before(async () => {
    office = new Office()
    const now = Date.now()
    await office.place.put(
      runningServer('ex01.contoso.com', 65, now),
      runningServer('ex02.contoso.com', 5, now),
      runningServer('=cmd|x!a.contoso.com', 5, now),
      runningServer('ex01.fabrikam.com', 95, now, { tenant: 'fabrikam' }),
    )
    await office.open()
  })
  after(() => office.remove())

  it('is the same for programs with the token, for who has logged in, and on the command line', async () => {
    const inside = await (await office.loggedIn()).get('/servers.json?tenant=contoso&sort=server')
    const outside = await office.visitor().get('/servers.json?tenant=contoso&sort=server', bearer())
    assert.equal(outside.headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(outside.text, inside.text)
    const rows: { server: string; stage: unknown }[] = JSON.parse(outside.text)
    const printed = await json<{ server: string; stage: unknown }[]>([
      'servers',
      'contoso',
      '--config',
      office.place.config,
    ])
    const byName = (a: { server: string }, b: { server: string }) => (a.server < b.server ? -1 : 1)
    const stageOf = ({ server, stage }: { server: string; stage: unknown }) => [server, stage]
    assert.deepEqual([...rows].sort(byName).map(stageOf), [...printed].sort(byName).map(stageOf))
  })

  it('is filtered as the page is, and no cell of it is a formula', async () => {
    const all = await office.visitor().get('/servers.csv', bearer())
    assert.equal(all.headers['content-disposition'], 'attachment; filename="servers.csv"')
    assert.equal(all.text.trim().split('\r\n').length, 5)
    assert.match(all.text, /contoso,'=cmd/)
    const stage8 = await office.visitor().get('/servers.csv?stage=8', bearer())
    assert.match(stage8.text, /^tenant,server,.*\r\nfabrikam,ex01\.fabrikam\.com,[^\n]*\r\n$/)
  })

  for (const [headers, status, reason] of [
    [{}, 401, 'nothing'],
    [{ authorization: 'Bearer wrong' }, 401, 'a wrong token'],
    [{ authorization: 'Basic YTpi' }, 401, 'something else'],
    [{ authorization: 'Bearer' }, 401, 'half of it'],
  ] as const) {
    it(`is refused to a program that sends ${reason}, and told how`, async () => {
      const answer = await office.visitor().get('/servers.json', headers)
      assert.equal(answer.status, status)
      assert.equal(answer.headers['www-authenticate'], 'Bearer')
      assert.match(answer.text, /^log in, or send the token: Authorization: Bearer TOKEN\n$/)
    })
  }

  it('opens no page with the token alone, and nothing that changes something', async () => {
    assert.equal((await office.visitor().get('/servers', bearer())).status, 303)
    const pause = await office.visitor().post('/tenants/contoso/pause', { days: '1', reason: 'x' }, bearer())
    assert.deepEqual([pause.status, pause.headers.location], [303, '/login'])
  })

  it('makes a program that guesses wait', async () => {
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await office.visitor().get('/servers.json', { authorization: `Bearer guess${attempt}` })
    }
    assert.equal((await office.visitor().get('/servers.json', bearer())).status, 429)
    office.aheadMs = 120_000
    assert.equal((await office.visitor().get('/servers.json', bearer())).status, 200)
  })
})
