import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { checkPrefix, formatKey, keyTable, parseKey } from '../../src/store/keys'
import { contactTtlMs, pathTtlMs, serverTtlMs } from '../../src/store/lifetime'
import type { RecordKey } from '../../src/store/store'

const folder = join(__dirname, '..', '..', '..')
const name = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('', '*', '~', '}:', '%', 'ex01.contoso.local'),
)
const anyKey: fc.Arbitrary<RecordKey> = fc.oneof(
  record({ kind: fc.constant('tenant' as const), tenant: name }),
  record({ kind: fc.constant('server' as const), tenant: name, server: name }),
  record({ kind: fc.constant('contact' as const), tenant: name, contact: name }),
  record({
    kind: fc.constant('path' as const),
    tenant: name,
    connector: name,
    address: name,
    ehlo: fc.option(name),
  }),
)

function folded(key: RecordKey): RecordKey {
  switch (key.kind) {
    case 'tenant':
      return key
    case 'server':
      return { ...key, server: key.server.toLowerCase() }
    case 'contact':
      return { ...key, contact: key.contact.toLowerCase() }
    case 'path':
      return { ...key, address: key.address.toLowerCase(), ehlo: key.ehlo?.toLowerCase() ?? null }
  }
}

/** As our own code makes them: with the usual prototype. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true })
}

describe('The key of a record', () => {
  const examples = [
    [{ kind: 'tenant', tenant: 'contoso' }, 'xe:{contoso}:tenant', 'a tenant'],
    [
      { kind: 'server', tenant: 'contoso', server: 'EX01.Contoso.local' },
      'xe:{contoso}:server:ex01.contoso.local',
      'any case',
    ],
    [
      {
        kind: 'path',
        tenant: 'contoso',
        connector: 'Hybrid',
        address: '2001:DB8::1',
        ehlo: 'mail.contoso.com',
      },
      'xe:{contoso}:path:Hybrid:2001%3adb8%3a%3a1:mail.contoso.com',
      'colons are ours',
    ],
    [
      { kind: 'path', tenant: 'a}b', connector: 'c', address: '192.0.2.1', ehlo: null },
      'xe:{a%7db}:path:c:192.0.2.1:*',
      'braces are ours, and any EHLO',
    ],
    [{ kind: 'server', tenant: 't', server: '' }, 'xe:{t}:server:~', 'an empty name'],
    [
      { kind: 'contact', tenant: 'contoso', contact: 'IT@contoso.com' },
      'xe:{contoso}:contact:it%40contoso.com',
      'an address',
    ],
  ] as const
  for (const [key, text, why] of examples) {
    it(`reads ${text} (${why})`, () => {
      assert.equal(formatKey('xe', key), text)
      assert.deepEqual(parseKey('xe', text), folded(key))
    })
  }

  it('comes back from its text, whatever the names hold', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        assert.deepEqual(parseKey('xe', formatKey('xe', key)), folded(key))
      }),
      { numRuns: 500 },
    )
  })

  it('is another one for another name', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        const same = JSON.stringify(folded(a)) === JSON.stringify(folded(b))
        assert.equal(formatKey('xe', a) === formatKey('xe', b), same)
      }),
      { numRuns: 500 },
    )
  })

  it('stays below the 1978 bytes that LMDB allows, and in ASCII without blanks', () => {
    const long = fc.string({ unit: 'binary', minLength: 0, maxLength: 3000 })
    fc.assert(
      fc.property(long, long, long, long, (tenant, connector, address, ehlo) => {
        const text = formatKey('p'.repeat(64), { kind: 'path', tenant, connector, address, ehlo })
        assert.ok(text.length <= 1400)
        assert.match(text, /^[!-~]+$/)
        assert.notEqual(parseKey('p'.repeat(64), text), null)
      }),
      { numRuns: 50 },
    )
  })

  it('takes no foreign text for its own, and never throws', () => {
    const foreign = [
      '',
      'xe',
      'xe:{',
      'xe:{}:tenant',
      'xe:{a}:tenant:b',
      'xe:{a}:server',
      'xe:{a}:other:b',
      'xe:{a}:path:b:c',
      'other:{a}:tenant',
      'xe:{a}:server:*',
      'xe:{a}:server:%zz',
    ]
    for (const text of foreign) assert.equal(parseKey('xe', text), null, text)
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseKey('xe', `xe:{${text}`)
        assert.equal(parseKey('xe', text), null)
      }),
    )
  })

  it('has no prefix that would move it to another slot or match other keys', () => {
    assert.equal(checkPrefix('mail:xe-1_a.b'), 'mail:xe-1_a.b')
    for (const prefix of ['', '{a}', 'a*', 'a b', 'x'.repeat(65)])
      assert.throws(() => checkPrefix(prefix), RangeError)
  })
})

describe('docs/redis.md', () => {
  it('shows the keys, types, times and purposes of the code and no others', () => {
    const lines = readFileSync(join(folder, 'docs', 'redis.md'), 'utf8').split('\n')
    const rows = lines.filter((line) => line.startsWith('| `xe:'))
    assert.deepEqual(
      rows.map((row) => row.split('|').map((cell) => cell.trim())),
      keyTable.map(({ key, type, ttl, purpose }) => ['', `\`${key}\``, type, ttl, purpose, '']),
    )
  })

  it('names a key for every kind, in the shape that is really written', () => {
    for (const { kind, key } of keyTable) {
      const sample: Record<typeof kind, RecordKey> = {
        server: { kind: 'server', tenant: 'tenant', server: 'name' },
        path: { kind: 'path', tenant: 'tenant', connector: 'connector', address: 'address', ehlo: 'ehlo' },
        tenant: { kind: 'tenant', tenant: 'tenant' },
        contact: { kind: 'contact', tenant: 'tenant', contact: 'address' },
      }
      assert.equal(formatKey('xe', sample[kind]), key)
    }
  })

  it('gives the times that are used', () => {
    assert.equal(serverTtlMs('contoso'), 400 * 86_400_000)
    assert.equal(serverTtlMs('internet'), 60 * 86_400_000)
    assert.equal(pathTtlMs(7), 7 * 86_400_000)
    assert.equal(contactTtlMs, 400 * 86_400_000)
    assert.deepEqual(
      keyTable.map(({ ttl }) => ttl),
      [
        '400 days after the last write, 60 for the tenant `internet`',
        '`path_memory_days` after the last write',
        'none',
        '400 days after the last write',
      ],
    )
  })
})
