import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { defaultSchedule } from '../../src/rules/clock/schedule'
import { becomesTrue, processesWithEnvironment } from '../support/processes'

const script = resolve(__dirname, '..', 'demo', 'start.js')
const markName = 'START_TEST'

/** `npm start`, watched from outside: what it prints, how it ends, and what it leaves behind. */
class Demonstration {
  readonly folder = mkdtempSync(join(tmpdir(), 'start-'))
  readonly #mark = join(this.folder, 'mark')
  readonly #child
  output = ''
  code: number | null | undefined

  constructor(...parameters: string[]) {
    this.#child = spawn(process.execPath, [script, ...parameters], {
      env: { ...process.env, TMPDIR: this.folder, [markName]: this.#mark },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    }
    this.#child.once('close', (code) => (this.code = code))
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  servers(): number[] {
    const all = processesWithEnvironment(markName, this.#mark)
    return all.filter(({ command }) => command.includes('haraka -c')).map(({ pid }) => pid)
  }

  async prints(text: string): Promise<void> {
    assert.ok(await becomesTrue(() => this.output.includes(text), 90_000), this.output)
  }

  async ends(): Promise<number | null> {
    assert.ok(await becomesTrue(() => this.code !== undefined, 90_000), `it does not end:\n${this.output}`)
    return this.code ?? null
  }

  /** Nothing of it runs, and nothing lies about. */
  async leavesNothing(): Promise<void> {
    const gone = await becomesTrue(() => processesWithEnvironment(markName, this.#mark).length === 0, 5000)
    assert.ok(gone, JSON.stringify(processesWithEnvironment(markName, this.#mark)))
    assert.deepEqual(readdirSync(this.folder), [])
  }

  clear(): void {
    for (const { pid } of processesWithEnvironment(markName, this.#mark)) process.kill(pid, 'SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

interface Printed {
  readonly stage: string
  readonly sender: string
  readonly place: string
  readonly reply: string
  readonly field: string | null
}

/** The table, read back from what was printed. */
function rowsOf(output: string): Printed[] {
  const rows: Printed[] = []
  let stage = ''
  let sender = ''
  let place = ''
  for (const line of output.split('\n')) {
    if (/^(Stage \d|Others|The way back)/.test(line)) stage = /^Stage (\d)/.exec(line)?.[1] ?? line
    const row = /^([\w.-]+\.(?:com|org)) .* (MAIL|DATA) /.exec(line)
    if (row) [sender, place] = [row[1] ?? '', row[2] ?? '']
    const reply = /^ {2}< (\d{3} .*)$/.exec(line)?.[1]
    if (reply !== undefined) rows.push({ stage, sender, place, reply, field: null })
    const field = /^ {2}\+ X-Exchange-Enforcement: (.*)$/.exec(line)?.[1]
    const last = rows.pop()
    if (last) rows.push(field === undefined ? last : { ...last, field })
  }
  return rows
}

function deferral(minutes: number): string {
  return `450 4.7.230 Connecting Exchange server version is out-of-date; connection throttled for ${minutes} mins/hr. For more information see https://mx.example.com/exchange`
}

function refusal(minutes: number): string {
  return `550 5.7.230 Connecting Exchange server version is out-of-date; connection blocked for ${minutes} mins/hr. For more information see https://mx.example.com/exchange`
}

describe('npm start', function () {
  this.timeout(240_000)
  let demonstration: Demonstration | undefined

  function started(...parameters: string[]): Demonstration {
    demonstration = new Demonstration(...parameters)
    return demonstration
  }

  afterEach(() => {
    demonstration?.clear()
    demonstration = undefined
  })

  it('shows with --once what is said in every stage, in and outside of its windows, and leaves nothing', async () => {
    const demo = started('--once', '--port', '0')
    assert.equal(await demo.ends(), 0, demo.output)
    assert.match(demo.output, /\n25 messages, each told exactly what the rules demand\.\n/)
    const rows = rowsOf(demo.output)
    assert.equal(rows.length, 25)

    for (const { stage, deferMinutes, refuseMinutes } of defaultSchedule) {
      const told = rows.filter((row) => row.stage === String(stage))
      const expected = [
        ...(deferMinutes > 0 ? [deferral(deferMinutes)] : []),
        ...(stage === 4 ? [deferral(deferMinutes)] : []),
        ...(refuseMinutes > 0 ? [refusal(refuseMinutes)] : []),
        ...(deferMinutes + refuseMinutes < 60 ? ['250'] : []),
      ]
      const replies = told.map(({ reply }) => reply.replace(/^250 Message Queued \(.*\)$/, '250'))
      assert.deepEqual(replies, expected, `stage ${String(stage)}`)
      assert.deepEqual(
        told.map(({ place }) => place),
        stage === 4 ? ['DATA', 'MAIL', 'DATA'] : expected.map(() => 'DATA'),
      )
      for (const { reply, field } of told) {
        assert.equal(field !== null, reply.startsWith('250'))
        if (field !== null)
          assert.match(field, new RegExp(`; stage=${String(stage)}; day=\\d+; action=accept`))
      }
    }
    const others = rows.slice(-7)
    const short = others.map(({ sender, reply, field }) => [
      sender,
      reply.slice(0, 3),
      field === null ? null : (/connector=([\w-]+).*verdict=(\w+)/.exec(field)?.slice(1).join(' ') ?? field),
    ])
    assert.deepEqual(short, [
      ['mail.contoso.com', '250', 'contoso-hybrid compliant'],
      ['web.fabrikam.com', '250', 'fabrikam undetermined'],
      ['kopano.fabrikam.com', '250', 'fabrikam undetermined'],
      ['mail.example.org', '250', null],
      ['ex01.contoso.com', '550', null],
      ['ex01.contoso.com', '250', 'contoso-hybrid compliant'],
      ['ex01.contoso.com', '250', 'contoso-hybrid compliant'],
    ])
    assert.ok(!demo.output.includes('\x1b'), 'colours only on a terminal')
    await demo.leavesNothing()
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`stays up, says how to talk to it, and at ${signal} ends without a trace`, async () => {
      const demo = started('--port', '0')
      await demo.prints('Ctrl-C ends the server')
      assert.equal(demo.servers().length, 1)
      demo.signal(signal)
      assert.equal(await demo.ends(), 0)
      await demo.leavesNothing()
    })
  }

  it('ends without a trace when it is stopped in the middle', async () => {
    const demo = started('--port', '0')
    await demo.prints('Stage 1')
    demo.signal('SIGTERM')
    assert.notEqual(await demo.ends(), null)
    await demo.leavesNothing()
  })

  it('says so and ends with 1 when Haraka dies', async () => {
    const demo = started('--port', '0')
    await demo.prints('Ctrl-C ends the server')
    for (const pid of demo.servers()) process.kill(pid, 'SIGKILL')
    assert.equal(await demo.ends(), 1)
    assert.match(demo.output, /Haraka has ended by itself/)
    await demo.leavesNothing()
  })

  it('takes its server with it when it is killed', async () => {
    const demo = started('--port', '0')
    await demo.prints('Ctrl-C ends the server')
    demo.signal('SIGKILL')
    assert.equal(await demo.ends(), null)
    assert.ok(await becomesTrue(() => demo.servers().length === 0, 5000))
  })

  it('says in one sentence that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    assert.ok(address !== null && typeof address === 'object')
    const demo = started('--once', '--port', String(address.port))
    assert.equal(await demo.ends(), 1)
    other.close()
    assert.equal(
      demo.output,
      `Port ${String(address.port)} of 127.0.0.1 is taken by another program; choose another with: npm start -- --port N\n`,
    )
    await demo.leavesNothing()
  })

  it('explains its options where it is given another', async () => {
    const demo = started('--prot', '1')
    assert.equal(await demo.ends(), 2)
    assert.match(demo.output, /'--prot'[^]*--port N/)
  })
})
