import assert from 'node:assert/strict'
import { parseAddress } from '../../src/config/address'
import { sessionOf } from '../../src/haraka/session'
import type { Connection, MailFrom } from '../../src/haraka/types'
import { fakeConnection } from './fakes'

const address = parseAddress('192.0.2.1')!
const from = (host: string | null): MailFrom => ({ host, isNull: () => host === null || host === '' })

function session(change: Partial<Connection>, sender: MailFrom | null = null, xoorg?: string | null) {
  const parameters = xoorg === undefined ? {} : { XOORG: xoorg }
  const { connection } = fakeConnection(change)
  return sessionOf(connection, { address, text: connection.remote.ip }, null, sender, parameters)
}

describe('A session, in the words of the rules', () => {
  it('is what Haraka knows of it', () => {
    assert.deepEqual(session({}, from('Contoso.COM.'), 'contoso.com'), {
      facts: { address, certificate: null, senderDomain: 'contoso.com' },
      address: '192.0.2.1',
      ehlo: 'EX01.contoso.com',
      reverseName: 'ex01.contoso.com',
      xoorg: 'contoso.com',
      skip: null,
    })
  })

  const senders: [sender: MailFrom | null, domain: string | null, why: string][] = [
    [null, null, 'before MAIL'],
    [from(''), '', 'the null sender'],
    [from(null), '', 'the null sender of another version of Haraka'],
    [{ host: null, isNull: () => false }, '', 'a sender without a domain'],
  ]
  for (const [sender, domain, why] of senders) {
    it(`has the sender domain ${JSON.stringify(domain)}: ${why}`, () => {
      assert.equal(session({}, sender).facts.senderDomain, domain)
    })
  }

  for (const host of ['', 'NXDOMAIN', 'DNSERROR', 'Unknown', null, undefined]) {
    it(`has no reverse name where Haraka says ${JSON.stringify(host)}`, () => {
      const remote = host === undefined ? { ip: '192.0.2.1' } : { ip: '192.0.2.1', host }
      assert.equal(session({ remote }).reverseName, null)
    })
  }

  it('has neither EHLO name nor XOORG before they are said', () => {
    assert.equal(session({ hello: {} }).ehlo, null)
    assert.equal(session({ hello: { host: null } }).ehlo, null)
    assert.equal(session({}).xoorg, null)
    assert.equal(session({}, null, null).xoorg, null)
  })

  const skips: [change: Partial<Connection>, skip: string | null][] = [
    [{ relaying: true }, 'relaying'],
    [{ relaying: true, notes: { auth_user: 'alice' } }, 'authenticated'],
    [{ notes: { auth_user: 'alice' } }, 'authenticated'],
    [{ notes: { auth_user: '' } }, null],
  ]
  for (const [change, skip] of skips) {
    it(`is skipped as ${String(skip)} (A7) with ${JSON.stringify(change)}`, () => {
      assert.equal(session(change).skip, skip)
    })
  }
})
