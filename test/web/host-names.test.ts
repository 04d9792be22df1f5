import assert from 'node:assert/strict'
import { localAddress } from '../../src/web/addresses'
import { hostOf, isLoopback, isOurs } from '../../src/web/host-names'

const names = ['enforcement.example.com', '127.0.0.1']

describe('The host that a request names', () => {
  for (const [header, ours, reason] of [
    ['127.0.0.1:9905', true, 'the address itself'],
    ['[::1]:9905', true, 'the other one'],
    ['localhost:8080', true, 'through a tunnel from another port'],
    ['LOCALHOST', true, 'names have no case'],
    ['192.0.2.7:9905', true, 'an address cannot be made to point elsewhere'],
    ['enforcement.example.com', true, 'the name that the operator gave'],
    ['evil.example.com', false, 'a name that somebody else gave: DNS rebinding'],
    ['localhost.evil.example.com', false, 'that only begins like ours'],
    ['127.0.0.1.evil.example.com', false, 'that only begins like an address'],
    ['enforcement.example.com.', false, 'that only looks like ours'],
    ['evil.example.com:9905', false, 'with our port'],
    ['a b', false, 'none at all'],
    ['', false, 'nothing'],
    [undefined, false, 'not even the header'],
  ] as const) {
    it(`is ${ours ? 'ours' : 'not ours'}: ${String(header)}, ${reason}`, () => {
      const host = hostOf(header)
      assert.equal(host !== null && isOurs(host, names), ours)
    })
  }

  it('tells what only this host can reach from what others can', () => {
    const hosts = [
      '127.0.0.1',
      '127.3.0.1',
      '::1',
      'localhost',
      '0.0.0.0',
      '::',
      '192.0.2.1',
      '127.example.com',
    ]
    assert.deepEqual(hosts.map(isLoopback), [true, true, true, true, false, false, false, false])
  })
})

describe('Where to go after a login', () => {
  for (const [asked, gone, reason] of [
    ['/tenants/contoso?x=1', '/tenants/contoso?x=1', 'a page of ours'],
    ['', '/', 'nothing was asked for'],
    ['https://evil.example.com/', '/', 'elsewhere'],
    ['//evil.example.com/', '/', 'elsewhere, by the same protocol'],
    ['/\\evil.example.com/', '/', 'what browsers take for the same'],
    ['/a\r\nSet-Cookie: x=y', '/', 'a header of its own'],
    [`/${'a'.repeat(3000)}`, '/', 'too long to be ours'],
    ['javascript:alert(1)', '/', 'no address'],
  ] as const) {
    it(`is ${gone}: ${reason}`, () => assert.equal(localAddress(asked), gone))
  }
})
