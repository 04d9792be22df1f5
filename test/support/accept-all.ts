/*
 * A Haraka plugin for tests, loaded inside the server that `haraka.ts` starts: it accepts every recipient, puts
 * every accepted message into the spool folder, answers the reverse lookup (the stock one would ask the network),
 * and ends the process in a way that lets Node.js write what it gathered for the coverage report.
 */
import cluster from 'node:cluster'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What one plugin put into a result store of Haraka's; other keys are the plugin's own. */
export interface PluginResults {
  readonly pass: readonly string[]
  readonly fail: readonly string[]
  readonly skip: readonly string[]
  readonly msg: readonly string[]
  readonly err: readonly string[]
  readonly [key: string]: unknown
}

/** One accepted message as it lies in the spool, written by the plugin and read by the test. */
export interface SpooledMessage {
  /** Haraka's name of the transaction, as in its log. */
  readonly uuid: string
  readonly mailFrom: string
  readonly rcptTo: readonly string[]
  readonly remoteAddress: string
  readonly hello: string
  readonly tls: boolean
  readonly relaying: boolean
  /** Raw header fields, topmost first, folded as they are, without the final line break. */
  readonly headers: readonly string[]
  /** The message as it would be delivered, CRLF line ends. */
  readonly raw: string
  /** By plugin. */
  readonly connectionResults: Readonly<Record<string, PluginResults>>
  readonly transactionResults: Readonly<Record<string, PluginResults>>
}

/** What a test says about the peers, `config/accept_all.json`; read afresh for every session. */
export interface PeerFacts {
  readonly reverseNames: Readonly<Record<string, string>>
  readonly relaying: readonly string[]
}

type Next = (code?: number, message?: string) => void

interface AddressLike {
  format(): string
}

interface TransactionLike {
  readonly uuid: string
  readonly mail_from: AddressLike
  readonly rcpt_to: readonly AddressLike[]
  readonly header: { readonly header_list: readonly string[] }
  readonly message_stream: { get_data(done: (data: Buffer) => void): void }
  readonly results: { readonly store: Record<string, PluginResults> }
}

interface ConnectionLike {
  readonly remote: { readonly ip: string }
  readonly hello: { readonly host?: string | null }
  readonly tls: { readonly enabled: boolean }
  relaying: boolean
  readonly transaction: TransactionLike | null
  readonly results: { readonly store: Record<string, PluginResults> }
}

/** Return codes of hooks, fixed by Haraka's interface. */
const cont = 900
const ok = 906
const denySoft = 903

/** What is said with a 450 where a message cannot be written down, as on a process without descriptors. */
export const spoolIsFull = 'The spool takes nothing now'

const installFolder = process.env['HARAKA'] ?? '.'

/** Written by each process that is ready to serve, named by its pid. */
const readyFolder = join(installFolder, 'ready')
const spoolFolder = join(installFolder, 'spool')

let spooled = 0

let known: PeerFacts = { reverseNames: {}, relaying: [] }

function peerFacts(): PeerFacts {
  try {
    known = JSON.parse(readFileSync(join(installFolder, 'config', 'accept_all.json'), 'utf8'))
  } catch (error) {
    // Without a descriptor left it is as it was: no fault of a test's plugin may end the process.
    if (!isOutOfDescriptors(error)) throw error
  }
  return known
}

function isOutOfDescriptors(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EMFILE'
}

export function register(): void {
  mkdirSync(spoolFolder, { recursive: true })
  mkdirSync(readyFolder, { recursive: true })
  process.on('SIGUSR2', () => process.exit(0))
  if (cluster.isPrimary) {
    // The other end of the pipe is the test: when it dies, however, the server does not outlive it.
    process.stdin.on('end', () => process.exit(0)).resume()
    if ('unref' in process.stdin) process.stdin.unref()
  }
}

function sayReady(next: Next): void {
  writeFileSync(join(readyFolder, String(process.pid)), '')
  next()
}

export const hook_init_child = sayReady
export const hook_init_master = sayReady

export function hook_lookup_rdns(next: Next, connection: ConnectionLike): void {
  const facts = peerFacts()
  if (facts.relaying.includes(connection.remote.ip)) connection.relaying = true
  next(ok, facts.reverseNames[connection.remote.ip] ?? 'NXDOMAIN')
}

export function hook_rcpt(next: Next): void {
  next(ok)
}

function spool(next: Next, connection: ConnectionLike): void {
  const { transaction } = connection
  if (!transaction) return next(cont)
  transaction.message_stream.get_data((data) => {
    const message: SpooledMessage = {
      uuid: transaction.uuid,
      mailFrom: transaction.mail_from.format(),
      rcptTo: transaction.rcpt_to.map((recipient) => recipient.format()),
      remoteAddress: connection.remote.ip,
      hello: connection.hello.host ?? '',
      tls: connection.tls.enabled,
      relaying: connection.relaying,
      headers: transaction.header.header_list.map((field) => field.replace(/\r?\n$/, '')),
      raw: data.toString('utf8'),
      connectionResults: connection.results.store,
      transactionResults: transaction.results.store,
    }
    spooled += 1
    const name = `${String(Date.now())}-${String(process.pid)}-${String(spooled).padStart(6, '0')}.json`
    const unfinished = join(spoolFolder, `.${name}`)
    try {
      writeFileSync(unfinished, JSON.stringify(message))
    } catch (error) {
      if (!isOutOfDescriptors(error)) throw error
      next(denySoft, spoolIsFull)
      return
    }
    renameSync(unfinished, join(spoolFolder, name))
    next(ok)
  })
}

export const hook_queue = spool
export const hook_queue_outbound = spool
