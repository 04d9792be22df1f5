import { parseBuild, type Build } from '../verdict/build'
import type { Transport } from './evidence'
import { isExchangeOnlineBuild, isExchangeOnlineHost } from './exchange-online'
import type { Clause, ReceivedField } from './received'

/** What one Received field says of the host that wrote it. */
export type Hop =
  | {
      readonly kind: 'exchange'
      readonly server: string
      readonly build: Build | null
      readonly rawId: string | null
      readonly transport: Transport
    }
  | { readonly kind: 'exchange-online'; readonly server: string; readonly build: Build | null }
  | { readonly kind: 'not-exchange'; readonly server: string }
  | { readonly kind: 'unreadable'; readonly server: string | null }

/** Who wrote the field, by its `with` clause (E2, E5). `version` as written, `null` where there is none. */
type Writer =
  | { readonly name: 'exchange'; readonly transport: Transport; readonly version: string | null }
  /** Says Exchange, and then something that no Exchange writes. */
  | { readonly name: 'damaged' }
  /** The Windows SMTP service or a web front end: tells nothing but on a host of Exchange Online. */
  | { readonly name: 'windows' }
  | { readonly name: 'other' }

const shapes = ['microsoft', 'mapi', 'shadowredundancy', 'internet mail', 'http'] as const
const anyShape = new RegExp(shapes.join('|').replace(' ', '\\s+'), 'i')

/** Cheap test before a field is taken apart: false where it can be no hop of Exchange. */
export function mayBeExchange(field: string): boolean {
  return anyShape.test(field)
}

/** Reads a hop from a field that was taken apart. `server` is the `by` host, so nothing can be said without it. */
export function readHop(received: ReceivedField): Hop {
  const server = received.by
  if (server === null) return { kind: 'unreadable', server }
  const writer = writerOf(received)
  if (writer.name === 'other') return { kind: 'not-exchange', server }
  const version = writer.name === 'exchange' ? writer.version : null
  const transport = writer.name === 'exchange' ? writer.transport : 'smtp'
  const build = version === null ? null : readBuild(version, transport)
  // E4: there the name alone decides, also over a line that is damaged behind it.
  if (isExchangeOnlineHost(server)) return { kind: 'exchange-online', server, build }
  if (writer.name === 'windows') return { kind: 'not-exchange', server }
  if (writer.name === 'damaged' || (version !== null && build === null)) return { kind: 'unreadable', server }
  if (build && isExchangeOnlineBuild(build)) return { kind: 'exchange-online', server, build }
  return { kind: 'exchange', server, build, rawId: version, transport }
}

const smtpServer = 'microsoft smtp server'

function writerOf(received: ReceivedField): Writer {
  const protocol = received.with?.toLowerCase() ?? ''
  const id = received.id
  if (protocol === smtpServer || protocol === 'shadowredundancy') {
    return { name: 'exchange', transport: 'smtp', version: id }
  }
  // More words than that are a line cut short before its id (`… (TLS) i=`), or no Exchange's.
  if (protocol.startsWith(`${smtpServer} `)) {
    return id === null ? { name: 'exchange', transport: 'smtp', version: null } : { name: 'damaged' }
  }
  if (protocol === 'mapi') return mapiWriter(received)
  if (protocol.startsWith('microsoft exchange server http')) {
    return { name: 'exchange', transport: 'http', version: id }
  }
  if (protocol.startsWith('microsoft smtpsvc') || protocol === 'http' || protocol === 'https') {
    return { name: 'windows' }
  }
  return internetMailWriter(received, protocol)
}

const ipAddress = /^\(?\[?[0-9a-f.:%]+\]?\)?$/i

/** Other products speak of MAPI too (Kopano, Zmail): Exchange gives a version, or at least its own address. */
function mapiWriter(received: ReceivedField): Writer {
  if (received.id !== null) {
    return parseBuild(received.id)
      ? { name: 'exchange', transport: 'mapi', version: received.id }
      : { name: hasOwnAddress(received) ? 'damaged' : 'other' }
  }
  return hasOwnAddress(received) ? { name: 'exchange', transport: 'mapi', version: null } : { name: 'other' }
}

function hasOwnAddress(received: ReceivedField): boolean {
  return ipAddress.test(commentOf(received, 'by') ?? '')
}

const connectorComment =
  /^microsoft exchange (?:server )?internet mail (?:service|connector)(?: version)?(?: (.*))?$/i
const imcComment = /^imc (.+)$/i

/** The connectors of Exchange 4.0 to 5.5 write their version into a comment (E5). */
function internetMailWriter(received: ReceivedField, protocol: string): Writer {
  const comment = commentOf(received, 'with')
  const found = (version: string | null): Writer => ({
    name: 'exchange',
    transport: 'internet-mail',
    version,
  })
  if (protocol === 'internet mail service' || protocol === 'internet mail connector') return found(comment)
  if (comment === null) return { name: 'other' }
  if (protocol === 'smtp') {
    const connector = connectorComment.exec(comment)
    return connector ? found(connector[1] ?? null) : { name: 'other' }
  }
  const imc = protocol === 'microsoft exchange' ? imcComment.exec(comment) : null
  return imc ? found(imc[1] ?? null) : { name: 'other' }
}

function commentOf(received: ReceivedField, clause: Clause): string | null {
  return received.comments.find((comment) => comment.clause === clause)?.text ?? null
}

/** A build that such a hop can carry: 4 and 5 in the old connectors, four parts from 8.0 on everywhere else. */
function readBuild(version: string, transport: Transport): Build | null {
  const build = parseBuild(version)
  if (!build) return null
  if (transport === 'internet-mail') return build.major === 4 || build.major === 5 ? build : null
  return build.major >= 8 && version.split('.').length === 4 ? build : null
}
