import assert from 'node:assert/strict'
import { Gatherer } from '../../src/enforcement/gatherer'
import type { Memory } from '../../src/enforcement/memory'
import { NewcomerLimit } from '../../src/enforcement/newcomers'
import { Ruleset } from '../../src/enforcement/ruleset'
import { serverTtlMs } from '../../src/store/lifetime'
import { dayMs, hourMs } from '../../src/rules/time'
import { settingsOf } from '../config/support'
import { newBuild, World, type Sender } from './world'

describe('the limit of newcomers', () => {
  it('holds for each key and hour, and for the number of keys', () => {
    const limit = new NewcomerLimit(2, 2)
    const admitted = (['a', 'a', 'a', 'b', 'c', 'b'] as const).map((key) => limit.admits(key, 0))
    assert.deepEqual(admitted, [true, true, false, true, false, true])
    assert.ok(limit.admits('c', hourMs), 'keys of a past hour make room')
    assert.ok(limit.admits('a', hourMs))
  })
})

describe('what is gathered between two flushes', () => {
  it('is bounded in servers, paths and servers of a path', () => {
    const gatherer = new Gatherer(2)
    const path = (ehlo: string) =>
      ({ kind: 'path', tenant: 't', connector: 'c', address: 'a', ehlo }) as const
    const counted = ['s1', 's2', 's3', 's1'].map((server) => gatherer.countMessage('t', server, 0, 'accept'))
    assert.deepEqual(counted, [true, true, false, true])
    assert.deepEqual(
      ['h1', 'h2', 'h3'].map((ehlo) => gatherer.notePath(path(ehlo), 's', 1)),
      [true, true, false],
    )
    for (let server = 1; server < 64; server += 1) assert.ok(gatherer.notePath(path('h1'), `x${server}`, 1))
    assert.equal(gatherer.notePath(path('h1'), 'one too many', 1), false)
    assert.equal(gatherer.seenOn(path('h1')).size, 64)
    assert.equal(gatherer.discard(), 4)
    assert.equal(gatherer.seenOn(path('h1')).size, 0)
  })

  it('is written at once, soon again, then every three minutes, but for what others must know and at the end', async () => {
    let now = 1000
    const gatherer = new Gatherer(100, () => now)
    const { cache } = await new World().worker()
    const key = { kind: 'path', tenant: 't', connector: 'c', address: 'a', ehlo: 'h' } as const
    const written: string[] = []
    const memory: Memory = {
      ...cache,
      update: (of) => {
        written.push(of.kind)
        return cache.update(of, () => null, null)
      },
    }
    const flush = async (which: 'due' | 'all'): Promise<string> => {
      written.length = 0
      await gatherer.flush(memory, 7, which)
      return written.join(' ')
    }
    const news = (isNew = false): void => {
      gatherer.countMessage('t', 's', 0, 'accept')
      gatherer.notePath(key, 's', now, isNew)
    }
    news()
    assert.equal(await flush('due'), 'server path')
    for (const pauseMs of [5000, 180_000, 180_000]) {
      news()
      now += pauseMs - 1
      assert.equal(await flush('due'), '', `less than ${pauseMs} ms after the last time`)
      now += 1
      assert.equal(await flush('due'), 'server path', `${pauseMs} ms after the last time`)
    }
    now += 180_000
    assert.equal(await flush('due'), '', 'no news')
    now += 1
    news()
    assert.equal(await flush('due'), 'server path', 'after a silence at once')
    news(true)
    assert.equal(await flush('due'), 'path', 'a server that nobody else knows of on this path')
    news()
    assert.equal(await flush('all'), 'server path')
  })
})

describe('a set of rules', () => {
  const connectors = `[a]\ntenant = contoso\naddresses = 192.0.2.0/24\nsender_domains = contoso.com\n[b]\ntenant = contoso\ntls_certificate_name = mx.contoso.com\n[c]\ntenant = fabrikam\naddresses = 192.0.2.0/24\nsender_domains = fabrikam.com\n`
  const sender: Sender = { server: 'ex01.contoso.local', build: newBuild }

  it('attributes, skips who is not ours to judge, and gives strangers to internet where the scope is everyone (A5, A7)', async () => {
    const session = (await new World().worker()).session(sender)
    const everyone = new Ruleset(
      settingsOf({ main: '[main]\nscope = everyone\nmode = enforce\n', connectors }),
    )
    const listed = new Ruleset(settingsOf({ main: '[main]\nmode = enforce\n', connectors }))
    const from = (domain: string) => ({ ...session, facts: { ...session.facts, senderDomain: domain } })
    assert.equal(listed.attribute(session).kind, 'connector')
    assert.deepEqual(listed.attribute({ ...session, skip: 'relaying' }), { kind: 'skipped', why: 'relaying' })
    assert.equal(listed.atConnect({ ...session, skip: 'relaying' }), null)
    assert.equal(listed.atConnect(session), null, 'only the sender will tell whose it is')
    assert.deepEqual(listed.attribute(from('example.net')), { kind: 'none' })
    const stranger = everyone.attribute(from('example.net'))
    assert.ok(stranger.kind === 'connector')
    assert.deepEqual([stranger.connector.id, stranger.by], ['internet', 'internet'])
    assert.equal(everyone.effectiveOf(stranger.connector).mode, 'report')
    const tie = listed.attribute(from(''))
    assert.deepEqual(tie.kind === 'ambiguous' && tie.connectors, ['a', 'c'])
    assert.equal(listed.effectiveOf({ ...stranger.connector, id: 'gone', mode: 'defer' }).mode, 'defer')
    assert.equal(listed.isOff(), false)
    assert.ok(new Ruleset(settingsOf({ main: '[main]\nmode = off\n' })).isOff())
    assert.deepEqual(listed.domainsOf('contoso'), ['contoso.com'])
  })

  it('keeps what is behind a verdict, with XOORG and whether it is one of the tenant (A6, R5)', async () => {
    const world = new World()
    const worker = await world.worker('', connectors)
    for (const [xoorg, known] of [
      ['Contoso.COM', true],
      ['fabrikam.com', false],
    ] as const) {
      const server = `x-${xoorg}`.toLowerCase()
      const session = { ...worker.session(sender), xoorg, ehlo: null }
      const attribution = worker.ruleset.attribute(session)
      assert.ok(attribution.kind === 'connector')
      const message = worker.message({ ...sender, server })
      const fields = [...message.fields, 'X-MimeOLE: Produced By Microsoft Exchange V6.5']
      await worker.enforcement.atData(session, attribution, { fields, messageId: null })
      const evidence = (await world.server(server))?.lastEvidence
      assert.deepEqual(evidence?.xoorg, { domain: xoorg.toLowerCase(), known })
      assert.deepEqual(
        [evidence?.messageId, evidence?.ehlo, evidence?.attribution],
        [null, '', 'address 192.0.2.0/24'],
      )
      assert.match(evidence?.mimeOle ?? '', /V6\.5/)
    }
  })

  it('remembers strangers for a shorter time', () => {
    assert.deepEqual([serverTtlMs('contoso'), serverTtlMs('internet')], [400 * dayMs, 60 * dayMs])
  })
})
