import { oddName } from './mutation'
import type { Random } from './random'

/** DER as text of bytes. */
function element(tag: number, ...contents: readonly string[]): string {
  const content = contents.join('')
  return String.fromCharCode(tag) + lengthOf(content) + content
}

function lengthOf({ length }: string): string {
  if (length < 0x80) return String.fromCharCode(length)
  const bytes: number[] = []
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256)
  return String.fromCharCode(0x80 + bytes.length, ...bytes)
}

function oid(dotted: string): string {
  const [first = 0, second = 0, ...arcs] = dotted.split('.').map(Number)
  const bytes = [40 * first + second, ...arcs].flatMap((arc) => {
    const digits = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      digits.unshift(128 + (left % 128))
    return digits
  })
  return element(0x06, String.fromCharCode(...bytes))
}

const sequence = (...contents: readonly string[]): string => element(0x30, ...contents)
const sha256WithRsa = '1.2.840.113549.1.1.11'
const algorithms = [
  sha256WithRsa,
  '1.2.840.10045.4.3.2',
  '1.2.840.113549.1.1.5',
  '1.2.840.113549.1.1.10',
  '1.3.101.112',
]
/** On P-256, the base point itself: a key like any other, and the same in every run. */
const publicKey = Buffer.from(
  '3059301306072a8648ce3d020106082a8648ce3d03010703420004' +
    '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
    '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  'hex',
).toString('latin1')

function time(random: Random): string {
  if (random.oneIn(10))
    return element(
      random.pick([0x17, 0x18, 0x13]),
      random.pick(['', '2611220905', '261122090508+0100', '99991231235959Z']),
    )
  return element(0x17, `2${random.below(10)}1122090508Z`)
}

function name(random: Random): string {
  const attribute = (): string => {
    const type = oid(random.pick(['2.5.4.3', '2.5.4.10', '2.5.4.11', '1.2.3']))
    return sequence(type, element(random.pick([0x0c, 0x13, 0x16, 0x1e]), bytesOf(commonName(random))))
  }
  return sequence(
    ...random.list(random.few(4), () => element(0x31, ...random.list(1 + random.few(2), attribute))),
  )
}

function commonName(random: Random): string {
  return random.oneIn(4) ? 'mail.contoso.com\0.example.com' : oddName(random)
}

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

const wildcards = [
  '*',
  '*.com',
  '*.contoso.com',
  'mail.*.com',
  '*.*.contoso.com',
  'm*.contoso.com',
  'xn--*.contoso.com',
  '*.*',
]

function alternativeName(random: Random): string {
  const kind = random.pick([0x82, 0x82, 0x82, 0x87, 0x81, 0x86, 0x84, 0xa0])
  const text = random.oneIn(3)
    ? random.pick(wildcards)
    : random.oneIn(10)
      ? 'mail.contoso.com\0'
      : oddName(random)
  return element(kind, bytesOf(text))
}

function extension(random: Random): string {
  // As many as fit into the 100 KB that TLS takes of a client.
  const many = random.oneIn(300) ? 10_000 : 0
  const [id, value] = random.pick<readonly [string, () => string]>([
    [
      '2.5.29.17',
      () =>
        many > 0
          ? sequence(element(0x82, random.pick(['a.bc.de', '*.b.cd', 'a'])).repeat(many))
          : sequence(...random.list(random.few(12), () => alternativeName(random))),
    ],
    [
      '2.5.29.19',
      () =>
        sequence(
          random.oneIn(2) ? element(0x01, '\xff') : '',
          random.oneIn(2) ? element(0x02, random.pick(['\0', '\x7f', '\x80', '\x01'.repeat(9)])) : '',
        ),
    ],
    [
      '2.5.29.15',
      () => element(0x03, random.pick(['', '\x00', '\x07\x80', '\x02\x04', '\x09\xff', '\x05\xa0'])),
    ],
    [
      '2.5.29.37',
      () =>
        sequence(
          ...random.list(random.few(5), () =>
            oid(random.pick(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1', '2.5.29.37.0', '2.999.1'])),
          ),
        ),
    ],
    ['2.5.29.30', () => sequence(element(0xa0, sequence(element(0x82, 'contoso.com'))))],
    ['2.5.29.32', () => sequence(sequence(oid('2.5.29.32.0')))],
    ['1.3.6.1.4.1.311.999', () => random.pick(['', '\x05\0', '\x30\x80\0\0', '\x24\x80'.repeat(500)])],
  ])
  return sequence(oid(id), random.oneIn(3) ? element(0x01, '\xff') : '', element(0x04, value()))
}

/** A certificate whose form mostly holds, with a signature of nobody's: OpenSSL reads it, and so must we. */
export function oddCertificate(random: Random): string {
  const algorithm = sequence(oid(random.pick(algorithms)), random.oneIn(3) ? element(0x05) : '')
  const extensions = random.list(random.few(6), () => extension(random))
  const tbs = sequence(
    element(0xa0, element(0x02, '\x02')),
    element(0x02, random.pick(['\x01', '\x7f'.repeat(20), '\x80'])),
    algorithm,
    name(random),
    sequence(time(random), time(random)),
    name(random),
    publicKey,
    extensions.length > 0 ? element(0xa3, sequence(...extensions)) : '',
  )
  return sequence(tbs, algorithm, element(0x03, '\0', '\x30\x06\x02\x01\x01\x02\x01\x01'))
}
