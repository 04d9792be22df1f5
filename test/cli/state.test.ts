import assert from 'node:assert/strict'
import { contactRecord, pathRecord } from '../support/records'
import { call } from './in-process'
import {
  exemptUntil,
  fails,
  installed,
  json,
  lastEvidence,
  printed,
  runningServer,
  type Place,
} from './support'

const now = Date.UTC(2026, 10, 22, 12)

describe('state export and import', function () {
  this.timeout(30_000)
  let place: Place
  let other: Place
  let exported: string

  beforeEach(async () => {
    place = installed()
    other = installed()
    await place.put(
      runningServer('ex02.contoso.com', 65, now),
      runningServer('ex01.contoso.com', 5, now, {
        lastEvidence: lastEvidence({ xoorg: { domain: 'contoso.com', known: true }, messageId: null }),
        recovery: { at: now, elapsedMs: 5 },
      }),
      runningServer('Ünï\u202e\u009b"\\ 10', 5, now, { tenant: '7' }),
      runningServer(`${'long.'.repeat(200)}com`, 5, now),
      pathRecord('ex01.contoso.com', { servers: { '10': now, 'ex01.contoso.com': now, '2': now } }),
      pathRecord(null),
      contactRecord('it@contoso.com', {
        letters: [{ id: 'l', madeAt: now, state: 'sent', at: now }],
        notices: [{ kind: 'recovery', server: 'ex01.contoso.com', mark: '1', until: now, letter: 'l' }],
      }),
      {
        tenant: 'contoso',
        pauses: [{ id: 'p', from: now, until: now + 86_400_000, days: 1, reason: 'a', createdAt: now }],
        exemptions: [exemptUntil('ex01.contoso.com', now)],
      },
    )
    exported = await printed(['state', 'export', '--config', place.config])
  })
  afterEach(() => {
    place.remove()
    other.remove()
  })

  const into = (...parameters: string[]) => ['state', 'import', '--config', other.config, ...parameters]

  it('give back byte for byte what went in', async () => {
    const lines = exported.trimEnd().split('\n')
    assert.equal(lines.length, 8)
    assert.deepEqual(
      lines.map((line): string => JSON.parse(line).kind),
      ['tenant', 'server', 'server', 'server', 'server', 'path', 'path', 'contact'],
    )
    assert.ok(lines.every((line) => line.startsWith('{"schema":1,"kind":"')))
    assert.doesNotMatch(exported, /[\x7f-\x9f\u202e]/)
    const counts = await json<object>(into(place.write('state.jsonl', exported)))
    assert.deepEqual(counts, { read: 8, written: 8, replaced: 0, unchanged: 0, kept: 0 })
    assert.equal(await printed(['state', 'export', '--config', other.config]), exported)
    assert.equal(
      await printed(into(), { input: exported }),
      'read: 8, written: 0, replaced: 0, unchanged: 8, kept: 0\n',
    )
  })

  it('give back the records themselves', async () => {
    await printed(into(), { input: exported })
    const read = (from: Place) =>
      from.withStore(async (store) => {
        const records = []
        for (const kind of ['server', 'path', 'tenant', 'contact'] as const) {
          for await (const stored of store.list(kind)) {
            assert.equal(stored.state, 'present')
            records.push(stored.value)
          }
        }
        return records
      })
    assert.deepEqual(await read(other), await read(place))
  })

  it('keep records that differ, or overwrite them where that is asked for', async () => {
    const mine = runningServer('ex01.contoso.com', 1, now)
    await other.put(mine)
    const kept = await call(into(), { input: exported })
    assert.equal(kept.code, 1)
    assert.equal(kept.stdout, 'read: 8, written: 7, replaced: 0, unchanged: 0, kept: 1\n')
    assert.match(kept.stderr, /were kept: 1; --replace overwrites them/)
    const read = () =>
      other.withStore((store) =>
        store.read({ kind: 'server', tenant: 'contoso', server: 'ex01.contoso.com' }),
      )
    const before = await read()
    assert.deepEqual(before.state === 'present' && before.value, mine)
    assert.equal(
      await printed(into('--replace'), { input: exported }),
      'read: 8, written: 0, replaced: 1, unchanged: 7, kept: 0\n',
    )
    assert.equal(await printed(['state', 'export', '--config', other.config]), exported)
  })

  const damages: readonly (readonly [damage: (line: string) => string, message: RegExp, reason: string])[] = [
    [(line) => line.slice(0, -5), /not JSON/, 'cut off'],
    [() => '', /not JSON/, 'empty'],
    [() => '[]', /line: /, 'no object'],
    [
      (line) => line.replace('"schema":1', '"schema":2'),
      /schema 2 is not 1: upgrade this host/,
      'of a newer schema',
    ],
    [(line) => line.replace('"schema":1', '"schema":0'), /schema 0 is not 1/, 'of no schema'],
    [(line) => line.replace('"kind":"server"', '"kind":"client"'), /kind/, 'of an unknown kind'],
    [(line) => line.replace('"kind":"server"', '"kind":"tenant"'), /damaged/, 'of another kind'],
    [(line) => line.replace('"first":', '"first":"x","was":'), /damaged/, 'of another shape'],
    [(line) => line.replace('"n":', '"m":'), /record\.n/, 'without a name'],
    [(line) => line.replace(/"s":1,/, '"s":9,'), /newer/, 'holding a record of a newer schema'],
  ]
  for (const [damage, message, reason] of damages) {
    it(`name a line that is ${reason} by its number, and write nothing`, async () => {
      const lines = exported.trimEnd().split('\n')
      lines[2] = damage(lines[2]!)
      const file = place.write('damaged.jsonl', lines.join('\n'))
      const ran = await call(into(file))
      assert.equal(ran.code, 1)
      assert.match(
        ran.stderr,
        /^exchange-enforcement: .*damaged\.jsonl: line 3: [^\n]*; nothing was written\n$/,
      )
      assert.match(ran.stderr, message)
      await fails(1, /nothing is stored yet/, ['state', 'export', '--config', other.config])
    })
  }

  it('name a record that comes twice', async () => {
    await fails(1, /standard input: line 9: the same record as line 1; nothing was written/, into(), {
      input: exported + exported,
    })
  })

  it('leave out what cannot be read, and say so', async () => {
    const { open } = await import('lmdb')
    const db = open<string, string>({ path: `${place.folder}/store`, encoding: 'string', useVersions: true })
    await db.put('xe:{contoso}:server:bad.contoso.com', '0 {"s":1', 5)
    await db.close()
    const ran = await call(['state', 'export', '--config', place.config])
    assert.equal(ran.code, 1)
    assert.equal(ran.stdout, exported)
    assert.match(ran.stderr, /^left out: \{contoso\}:server:bad\.contoso\.com: damaged: not JSON\n$/)
    // An import may bring it back, if it is told to.
    const line = exported.split('\n').find((each) => each.includes('"n":"ex02.contoso.com"'))!
    const good = line.replace('"n":"ex02.contoso.com"', '"n":"bad.contoso.com"')
    const back = ['state', 'import', '--config', place.config]
    assert.equal((await call(back, { input: good })).code, 1)
    assert.match(await printed([...back, '--replace'], { input: good }), /replaced: 1/)
  })

  it('say that a file is missing', async () => {
    await fails(1, /ENOENT/, into('missing.jsonl'))
  })
})
