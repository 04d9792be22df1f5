import { isIP } from 'node:net'
import { isCertificateName } from '../rules/attribution/certificate-name'
import { normaliseDomain } from '../rules/attribution/domain'
import type { CidrRange } from '../rules/attribution/address'
import type { Day } from '../rules/time'
import type { Build } from '../rules/verdict/build'
import { parseBuild } from '../rules/verdict/build'
import { parseCidr } from './address'
import { quoted, suggestion } from './problem'
import type { HostPort } from './settings'

export type Reading<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string }

/** How the text behind `key =` becomes a value, and what may stand there. */
export interface ValueKind<T> {
  readonly allowed: string
  readonly read: (text: string) => Reading<T>
  /** Takes `key[] = item` lines too. */
  readonly isList: boolean
}

const good = <T>(value: T): Reading<T> => ({ ok: true, value })
const bad = (why: string): { readonly ok: false; readonly why: string } => ({ ok: false, why })

function kind<T>(allowed: string, read: (text: string) => Reading<T>): ValueKind<T> {
  return { allowed, read, isList: false }
}

export function oneOf<const T extends string>(...words: readonly T[]): ValueKind<T> {
  return kind(words.join(', '), (text) => {
    const lower = text.toLowerCase()
    const word = words.find((candidate) => candidate === lower)
    return word === undefined ? bad(`is none of the words known here${suggestion(text, words)}`) : good(word)
  })
}

export const modes = oneOf('off', 'report', 'defer', 'enforce')
export const places = oneOf('connect', 'mail', 'data')

const truths: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['true', true],
  ['on', true],
  ['1', true],
  ['no', false],
  ['false', false],
  ['off', false],
  ['0', false],
])

export const yesNo: ValueKind<boolean> = kind('yes, no (or true, false, on, off, 1, 0)', (text) => {
  const value = truths.get(text.toLowerCase())
  return value === undefined ? bad('is neither yes nor no') : good(value)
})

export function wholeNumber(least: number, most: number): ValueKind<number> {
  return kind(`a whole number from ${least} to ${most}`, (text) => {
    if (!/^\d{1,15}$/.test(text)) return bad('is not a whole number')
    const value = Number(text)
    if (value < least) return bad('is too small')
    return value > most ? bad('is too large') : good(value)
  })
}

/** Empty means that nothing is set. */
export function optional<T>(of: ValueKind<T>): ValueKind<T | null> {
  return {
    allowed: `${of.allowed}; empty for none`,
    isList: of.isList,
    read: (text) => (text === '' ? good(null) : of.read(text)),
  }
}

/** Items between commas; empty text is an empty list. */
export function list<T>(of: ValueKind<T>): ValueKind<readonly T[]> {
  return {
    allowed: `a list with commas, each ${of.allowed}`,
    isList: true,
    read: (text) => {
      if (text === '') return good([])
      const values: T[] = []
      for (const item of text.split(',').map((part) => part.trim())) {
        if (item === '') return bad('has an empty item')
        const reading = of.read(item)
        if (!reading.ok) return bad(`item ${quoted(item)} ${reading.why}`)
        values.push(reading.value)
      }
      return good(values)
    },
  }
}

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const domainShape = new RegExp(`^${label}(?:\\.${label})*$`)

function readDomain(text: string): Reading<string> {
  const name = normaliseDomain(text)
  if (/[^\x20-\x7e]/.test(name)) return bad('is not ASCII; write international names in their xn-- form')
  if (name.includes('*')) return bad("has a wildcard that is not one leading '*.'")
  return name.length <= 253 && domainShape.test(name) && isIP(name) === 0
    ? good(name)
    : bad('is not a domain name')
}

/** A DNS name, or one below `*.`. */
export const domainPattern: ValueKind<string> = kind(
  'a domain name, which may begin with *. (*.contoso.com)',
  (text) => {
    if (!text.startsWith('*.')) return readDomain(text)
    const below = readDomain(text.slice(2))
    return below.ok ? good(`*.${below.value}`) : below
  },
)

/** A domain pattern that can match a certificate at all (A1): no `*.com`, which would match nobody and say nothing. */
export const certificateName: ValueKind<string> = kind(domainPattern.allowed, (text) => {
  const reading = domainPattern.read(text)
  if (!reading.ok || isCertificateName(reading.value)) return reading
  const why = reading.value.startsWith('*.') ? ': behind *. there must be a domain of two parts or more' : ''
  return bad(`matches no certificate${why}`)
})

export const network: ValueKind<CidrRange> = kind(
  'an IPv4 or IPv6 address or network (192.0.2.0/24, 2001:db8::/32)',
  (text) => {
    const parsed = parseCidr(text)
    return parsed.ok ? good(parsed.range) : bad(`is ${parsed.reason}`)
  },
)

export const buildNumber: ValueKind<Build> = kind('a build with its four parts (15.1.2507.61)', (text) => {
  const build = /^\d+(\.\d+){3}$/.test(text) ? parseBuild(text) : null
  return build ? good(build) : bad('is not a build number')
})

export const productDate: ValueKind<readonly [string, Day]> = kind(
  'product=date (exchange-2016=2026-03-01)',
  (text) => {
    const parts = /^([a-z0-9-]{1,40})\s*=\s*(\d{4}-\d{2}-\d{2})$/.exec(text)
    if (!parts) return bad('is not of the form product=date')
    const [, product = '', day = ''] = parts
    const time = Date.parse(`${day}T00:00:00Z`)
    const exists = !Number.isNaN(time) && new Date(time).toISOString().startsWith(day)
    return exists ? good([product, day]) : bad('names a day that does not exist')
  },
)

export const webAddress: ValueKind<string> = kind(
  'a web address that begins with https:// or http://, printable ASCII, 300 characters at most',
  (text) => {
    if (!/^https?:\/\/[\x21-\x7e]+$/i.test(text) || !URL.canParse(text)) return bad('is not a web address')
    return text.length <= 300 ? good(text) : bad('is too long')
  },
)

export const mailAddress: ValueKind<string> = kind('a mail address (postmaster@contoso.com)', (text) => {
  const parts = /^([\w.!#$%&'*+/=?^`{|}~-]{1,64})@([^@]+)$/.exec(text)
  return parts && readDomain(parts[2] ?? '').ok ? good(text) : bad('is not a mail address')
})

export const languageTag: ValueKind<string> = kind('a language tag (en, de, pt-BR)', (text) =>
  /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/i.test(text) ? good(text) : bad('is not a language tag'),
)

export const longestId = 64
export const idShape = new RegExp(`^[A-Za-z0-9._-]{1,${longestId}}$`)
export const idAllowed = `1 to ${longestId} of A-Z a-z 0-9 . _ -`

export const identifier: ValueKind<string> = kind(idAllowed, (text) =>
  idShape.test(text) ? good(text) : bad('has other characters, or too many'),
)

export const keyPrefix: ValueKind<string> = kind('1 to 32 of A-Z a-z 0-9 . _ : -', (text) =>
  /^[A-Za-z0-9._:-]{1,32}$/.test(text) ? good(text) : bad('has other characters, or too many'),
)

/** Free text without control characters. */
export function freeText(most: number): ValueKind<string> {
  return kind(`text of ${most} characters at most`, (text) => {
    if (/\p{Cc}/u.test(text)) return bad('holds control characters')
    return text.length <= most ? good(text) : bad('is too long')
  })
}

export const filePath: ValueKind<string> = kind('the path of a file or folder', (text) =>
  /\p{Cc}/u.test(text) || text.length > 1024 ? bad('is not a path') : good(text),
)

/** `host:port`, `[2001:db8::1]:port`; without `defaultPort` the port must be written. */
export function hostPort(leastPort: number, defaultPort: number | null): ValueKind<HostPort> {
  const portText = defaultPort === null ? '' : `, port ${defaultPort} where none is written`
  return kind(`address:port, IPv6 in brackets ([::1]:9904)${portText}`, (text) => {
    const parts = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
    if (!parts) return bad('is not of the form address:port')
    const bracketed = parts[1]
    const host = bracketed ?? parts[2] ?? ''
    const reading = readHost(host, bracketed !== undefined)
    if (!reading.ok) return reading
    if (parts[3] === undefined && defaultPort === null) return bad('lacks the port')
    const port = Number(parts[3] ?? defaultPort)
    return port >= leastPort && port <= 65535
      ? good({ host: reading.value, port })
      : bad(`has a port that is not from ${leastPort} to 65535`)
  })
}

export const hostName: ValueKind<string> = kind('a host name or IP address', (text) =>
  readHost(text, isIP(text) === 6),
)

function readHost(host: string, mustBeIpv6: boolean): Reading<string> {
  if (mustBeIpv6) return isIP(host) === 6 ? good(host) : bad('has no IPv6 address between the brackets')
  if (isIP(host) === 4) return good(host)
  if (/^[\d.]+$/.test(host)) return bad('is not a host name or IP address')
  return readDomain(host).ok ? good(host) : bad('is not a host name or IP address')
}

/** `redis://user:password@host:port/db`; whatever is in it is kept out of messages. */
export interface RedisUrl {
  readonly host: string
  readonly port: number
  readonly db: number
  readonly username: string | null
  readonly password: string | null
  readonly tls: boolean
}

export const redisUrl: ValueKind<RedisUrl> = kind(
  'redis://[user:password@]host[:port][/db], or rediss:// for TLS',
  (text) => {
    const url = /^rediss?:\/\/[\x21-\x7e]+$/i.test(text) && URL.canParse(text) ? new URL(text) : null
    if (!url) return bad('is not a Redis address')
    const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
    if (!hostName.read(host).ok) return bad('lacks the host')
    const db = /^\/?(\d{0,4})$/.exec(url.pathname)
    if (!db) return bad('has a path that is not the number of a database')
    if (url.search || url.hash) return bad("has a part behind '?' or '#'")
    const username = decoded(url.username)
    const password = decoded(url.password)
    if (username === null || password === null) return bad('has a % that begins no escape')
    return good({
      host,
      port: Number(url.port || 6379),
      db: Number(db[1] ?? 0),
      username: username || null,
      password: password || null,
      tls: url.protocol === 'rediss:',
    })
  },
)

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
