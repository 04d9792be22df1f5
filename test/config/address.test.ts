import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import fc from 'fast-check'
import { parse } from 'ipaddr.js'
import { formatAddress, formatCidr, parseAddress, parseCidr } from '../../src/config/address'

describe('parseAddress', () => {
  const cases: [text: string, shown: string | null, why: string][] = [
    ['192.0.2.1', '192.0.2.1', 'IPv4'],
    ['255.255.255.255', '255.255.255.255', 'the last IPv4 address'],
    ['2001:DB8::1', '2001:db8::1', 'IPv6 in capitals'],
    ['::', '::', 'the first IPv6 address'],
    ['::ffff:192.0.2.1', '192.0.2.1', 'mapped IPv4 is IPv4'],
    ['::ffff:c000:201', '192.0.2.1', 'mapped IPv4 in hex'],
    ['::192.0.2.1', '::c000:201', 'compatible, which is not mapped'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221', 'the last words in decimal'],
    ['010.1.2.3', null, 'a leading zero: octal to some'],
    ['1.2.3', null, 'three numbers'],
    ['0x7f.1', null, 'hex'],
    ['3221225985', null, 'one number'],
    ['192.0.2.256', null, 'out of range'],
    [' 192.0.2.1', null, 'a blank'],
    ['fe80::1%eth0', null, 'a zone'],
    ['[::1]', null, 'brackets'],
    ['192.0.2.1:25', null, 'a port'],
    ['mail.contoso.com', null, 'a name'],
    ['Unknown', null, 'what Haraka writes for no name'],
    ['', null, 'nothing'],
  ]
  for (const [text, shown, why] of cases) {
    it(`reads ${JSON.stringify(text)} as ${shown ?? 'no address'}: ${why}`, () => {
      const address = parseAddress(text)
      assert.equal(address && formatAddress(address), shown)
    })
  }

  it('reads back every address that it writes, in the form of RFC 5952', () => {
    const word = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }))
    const ipv6 = fc
      .array(word, { minLength: 8, maxLength: 8 })
      .map((words) => words.map((one) => one.toString(16)))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          ipv6.map((words) => words.join(':')),
        ),
        (text) => {
          const address = parseAddress(text)
          assert.ok(address)
          const written = formatAddress(address)
          assert.deepEqual(parseAddress(written), address)
          const parsed = parse(written)
          assert.equal(written, 'toRFC5952String' in parsed ? parsed.toRFC5952String() : parsed.toString())
        },
      ),
    )
  })

  it('accepts nothing that node:net refuses, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-fx.:%/]{0,20}$/)), (text) => {
        assert.ok(parseAddress(text) === null || isIP(text) !== 0)
        assert.equal(typeof parseCidr(text).ok, 'boolean')
      }),
    )
  })
})

describe('parseCidr', () => {
  const cases: [text: string, shown: string, why: string][] = [
    ['192.0.2.0/24', '192.0.2.0/24', 'a range'],
    ['192.0.2.1', '192.0.2.1/32', 'one address'],
    ['2001:db8::1', '2001:db8::1/128', 'one address of IPv6'],
    ['0.0.0.0/0', '0.0.0.0/0', 'all of IPv4'],
    ['::/0', '::/0', 'all of IPv6'],
    ['2001:db8::/32', '2001:db8::/32', 'a range of IPv6'],
    ['::ffff:192.0.2.0/120', '192.0.2.0/24', 'mapped IPv4'],
    ['::ffff:192.0.2.1', '192.0.2.1/32', 'one mapped address'],
    ['::ffff:0:0/96', '0.0.0.0/0', 'all mapped addresses'],
    ['192.0.2.1/24', 'not the first address of a /24 range', 'host bits'],
    ['2001:db8::1/32', 'not the first address of a /32 range', 'host bits of IPv6'],
    ['::ffff:0:0/90', 'not the first address of a /90 range', 'half of the mapped prefix'],
    ['192.0.2.0/33', 'without a valid prefix: /0 to /32 is allowed for IPv4', 'too long'],
    ['2001:db8::/129', 'without a valid prefix: /0 to /128 is allowed for IPv6', 'too long for IPv6'],
    ['192.0.2.0/', 'without a valid prefix: /0 to /32 is allowed for IPv4', 'empty'],
    ['192.0.2.0/024', 'without a valid prefix: /0 to /32 is allowed for IPv4', 'a leading zero'],
    ['192.0.2.0/-1', 'without a valid prefix: /0 to /32 is allowed for IPv4', 'negative'],
    ['192.0.2.0/255.255.255.0', 'without a valid prefix: /0 to /32 is allowed for IPv4', 'a netmask'],
    ['192.0.2.0/24/8', 'not an IPv4 or IPv6 address or CIDR range', 'two prefixes'],
    ['192.0.2.1-192.0.2.9', 'not an IPv4 or IPv6 address or CIDR range', 'from and to'],
    ['010.0.0.0/8', 'not an IPv4 or IPv6 address or CIDR range', 'a leading zero'],
    ['10/8', 'not an IPv4 or IPv6 address or CIDR range', 'shortened'],
    ['fe80::1%eth0/64', 'not an IPv4 or IPv6 address or CIDR range', 'a zone'],
    ['', 'not an IPv4 or IPv6 address or CIDR range', 'nothing'],
  ]
  for (const [text, shown, why] of cases) {
    it(`reads ${JSON.stringify(text)} as ${shown}: ${why}`, () => {
      const result = parseCidr(text)
      assert.equal(result.ok ? formatCidr(result.range) : result.reason, shown)
    })
  }
})
