import { headerName } from '../../src/rules/decision/header'
import { stageAt } from '../../src/rules/clock/schedule'
import type { Schedule } from '../../src/rules/clock/schedule'
import { windowOffsetMs } from '../../src/rules/decision/window'
import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import type { SessionReport } from '../support/send-message'
import type { Act } from './cast'
import type { Expectation } from './expectation'

/** One message and its fate. What was told and the header field come from the wire, the rest from the rules. */
export interface Row {
  readonly act: Act
  readonly at: number
  readonly address: string
  readonly report: SessionReport
  /** The reporting field in the message that was delivered. */
  readonly delivered: string | null
  readonly expected: Expectation
  /** What differs between the two; empty where nothing does. */
  readonly differences: readonly string[]
}

type Colour = 'bold' | 'dim' | 'green' | 'yellow' | 'red'
const codes: Record<Colour, number> = { bold: 1, dim: 2, green: 32, yellow: 33, red: 31 }

/** Prints the table. Times are UTC, as the windows are. */
export class Table {
  readonly #colours: boolean
  readonly #schedule: Schedule

  constructor(schedule: Schedule, colours: boolean) {
    this.#schedule = schedule
    this.#colours = colours
  }

  legend(now: number): string {
    return [
      `It is ${clockTime(now)} UTC. Each message below is sent over SMTP now. Lines that begin with`,
      `  <  are what the server said, byte for byte, and`,
      `  +  are the field that it wrote into the message that it accepted.`,
      'Everything else is worked out with the rules alone, beside the server, and compared with what it said.',
      '',
      this.#paint('bold', columns('SENDER', 'BUILD', 'DAY', 'WINDOWS (UTC)', 'NOW', 'TOLD AT', 'FREE AGAIN')),
    ].join('\n')
  }

  title(text: string): string {
    return `\n${this.#paint('bold', text)}`
  }

  row(row: Row): string {
    const { act, expected, report, at } = row
    const { decision, verdict } = expected
    const running = decision.stage !== null
    const colour: Colour = report.accepted ? 'green' : report.code < 500 ? 'yellow' : 'red'
    const lines = [
      columns(
        act.sender.server,
        act.build ?? '-',
        running ? String(Math.floor(decision.elapsedMs / dayMs)) : '-',
        running ? this.#windows(act, decision.elapsedMs, at) : '-',
        running ? decision.demanded : '-',
        report.stage.toUpperCase(),
        freeAgain(expected),
      ),
      this.#paint('dim', `    ${row.address}, ${describe(act, expected)}`),
      ...(act.remark === null ? [] : [this.#paint('dim', `    ${act.remark}`)]),
      `  ${this.#paint(colour, `< ${report.raw.trimEnd()}`)}`,
      ...(row.delivered === null ? [] : [this.#paint('dim', `  + ${headerName}: ${row.delivered}`)]),
      this.#paint('dim', `    because ${decision.trail.map(({ because }) => because).join('; ')}`),
      ...row.differences.map((difference) => this.#paint('red', `  ! ${difference}`)),
    ]
    return verdict.status === 'outdated' && verdict.install !== null && expected.connector !== null
      ? [...lines, this.#paint('dim', `    to install next: ${verdict.install}`)].join('\n')
      : lines.join('\n')
  }

  /** This hour's windows, or the next ones where they are over. */
  #windows(act: Act, elapsedMs: number, at: number): string {
    const { deferMinutes, refuseMinutes } = stageAt(this.#schedule, elapsedMs)
    if (deferMinutes + refuseMinutes === 0) return 'none'
    if (refuseMinutes === 60) return '550 all the hour'
    const offset = windowOffsetMs(act.sender.tenant, act.sender.server, true)
    const position = (((at - offset) % hourMs) + hourMs) % hourMs
    const over = position >= (deferMinutes + refuseMinutes) * minuteMs
    const start = at - position + (over ? hourMs : 0)
    const turn = start + deferMinutes * minuteMs
    const parts = []
    if (deferMinutes > 0) parts.push(`450 ${hourMinute(start)}-${hourMinute(turn)}`)
    if (refuseMinutes > 0)
      parts.push(`550 ${hourMinute(turn)}-${hourMinute(turn + refuseMinutes * minuteMs)}`)
    return parts.join(', ')
  }

  #paint(colour: Colour, text: string): string {
    return this.#colours ? `\x1b[${String(codes[colour])}m${text}\x1b[0m` : text
  }
}

function columns(
  sender: string,
  build: string,
  day: string,
  windows: string,
  now: string,
  place: string,
  free: string,
): string {
  const cells = [sender.padEnd(20), build.padEnd(13), day.padStart(3), windows.padEnd(32)]
  return [...cells, now.padEnd(6), place.padEnd(7), free].join('  ').trimEnd()
}

function describe(act: Act, { verdict, connector }: Expectation): string {
  if (connector === null) return 'no connector; its build is not looked at'
  const by = `connector ${connector} by ${act.sender.byCertificate ? 'certificate' : 'address'}`
  const because = verdict.name === null ? verdict.because : `${verdict.name}: ${verdict.because}`
  return `${by}; ${because}`
}

function freeAgain({ decision }: Expectation): string {
  if (decision.action === 'accept') return 'now'
  return decision.freeAt === null ? 'when it is updated' : clockTime(decision.freeAt)
}

function clockTime(at: number): string {
  return new Date(at).toISOString().slice(11, 19)
}

function hourMinute(at: number): string {
  return new Date(at).toISOString().slice(11, 16)
}
