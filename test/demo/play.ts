import { readFileSync } from 'node:fs'
import { headerName } from '../../src/rules/decision/header'
import type { KeyAndCertificate, TestCertificates } from '../support/certificates'
import { sendMessage } from '../support/send-message'
import type { SessionReport } from '../support/send-message'
import { domainOf } from './cast'
import type { Act, Sender } from './cast'
import type { Expectation, Expectations } from './expectation'
import type { DemoServer } from './server'
import type { Row } from './table'

/** What a demonstration has to show: one authority, and a client that it vouches for. */
export type DemoCertificates = TestCertificates<'ca', 'good'>

/** Only Linux answers to all of 127.0.0.0/8 unasked; elsewhere everyone comes from 127.0.0.1, known by name. */
export function addressOf({ address }: Sender): string {
  return process.platform === 'linux' ? address : '127.0.0.1'
}

/** Sends messages to the server, and holds what it says against what the rules demand. */
export class Play {
  readonly #server: DemoServer
  readonly #port: number
  readonly #expectations: Expectations
  readonly #certificates: DemoCertificates | null

  constructor(
    server: DemoServer,
    port: number,
    expectations: Expectations,
    certificates: DemoCertificates | null,
  ) {
    this.#server = server
    this.#port = port
    this.#expectations = expectations
    this.#certificates = certificates
  }

  async send(act: Act): Promise<Row> {
    const before = this.#expectations.of(act, Date.now())
    const report = await this.#overTheWire(act)
    const at = Date.now()
    const after = this.#expectations.of(act, at)
    // Where a window began or ended in between, either is right.
    const expected = toldOtherwise(before, report).length === 0 ? before : after
    if (report.stage === 'data') this.#expectations.happened(act, at)
    const delivered = report.accepted ? this.#reportingField(report) : null
    const differences = [...toldOtherwise(expected, report), ...writtenOtherwise(expected, delivered)]
    return { act, at, address: addressOf(act.sender), report, delivered, expected, differences }
  }

  #overTheWire({ sender, headers }: Act): Promise<SessionReport> {
    const address = addressOf(sender)
    return sendMessage({
      port: this.#port,
      ...(address === '127.0.0.1' ? {} : { localAddress: address }),
      ...(sender.byCertificate && this.#certificates
        ? { startTls: pemOf(this.#certificates.clients.good) }
        : {}),
      ehlo: sender.server,
      from: `alice@${domainOf(sender.tenant)}`,
      to: 'bob@example.com',
      headers,
    })
  }

  #reportingField(report: SessionReport): string | null {
    const transaction = /\(([^)]+)\)/.exec(report.text)?.[1] ?? ''
    const field = this.#server
      .delivered(transaction)
      ?.headers.find((each) => each.startsWith(`${headerName}:`))
    return field?.slice(headerName.length + 1).trim() ?? null
  }
}

/** Key and certificate as TLS takes them. */
export function pemOf(files: KeyAndCertificate): { readonly key: string; readonly cert: string } {
  return { key: readFileSync(files.key, 'utf8'), cert: readFileSync(files.cert, 'utf8') }
}

function toldOtherwise(expected: Expectation, report: SessionReport): string[] {
  const found: string[] = []
  const line = report.raw.replace(/\r\n$/, '')
  if (expected.line === null && !report.accepted) found.push('the rules demand that it is accepted')
  if (expected.line !== null && expected.line !== line) found.push(`the rules demand: ${expected.line}`)
  if (report.stage !== expected.place) found.push(`the rules speak at ${expected.place.toUpperCase()}`)
  return found
}

function writtenOtherwise({ header }: Expectation, delivered: string | null): string[] {
  return delivered === header ? [] : [`the rules demand the field ${headerName}: ${header ?? '(none)'}`]
}
