/*
 * Sends mail as fast as the server takes it, in a process of its own: bare sockets and prepared bytes, so that the
 * client costs far less than the server that is measured. Started by `load.ts`.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'

/** One sender: what it says of itself and sends. */
export interface Sender {
  /** By the PROXY protocol. */
  readonly address: string
  readonly ehlo: string
  readonly from: string
  /** CRLF line ends, without the final dot. */
  readonly message: string
}

export interface Job {
  readonly port: number
  /** Sessions take turns at them. */
  readonly senders: readonly Sender[]
  readonly sessions: number
  readonly parallel: number
  readonly messagesPerSession: number
  /** Replies 5xx to MAIL are what is expected; the session ends with them. */
  readonly refusedAtMail: boolean
  /** STARTTLS with this client certificate. */
  readonly tls: { readonly key: string; readonly cert: string } | null
  /** Messages a second, of all sessions together; 0 = as fast as they go. */
  readonly pace: number
}

export interface JobResult {
  readonly seconds: number
  readonly unexpected: string | null
}

interface Step {
  /** Nothing is sent before the greeting. */
  readonly send: Buffer | null
  /** First digit of the reply. */
  readonly expect: number
  readonly isSecured?: true
  readonly beginsMessage?: true
}

const [digit2, digit3, digit5] = [0x32, 0x33, 0x35]

function stepsOf(job: Job, sender: Sender): Step[] {
  const say = (line: string, expect = digit2): Step => ({ send: Buffer.from(`${line}\r\n`), expect })
  const ehlo = say(`EHLO ${sender.ehlo}`)
  const mail: Step = { ...say(`MAIL FROM:<${sender.from}>`), beginsMessage: true }
  const steps: Step[] = [{ send: Buffer.from(proxyLine(sender.address)), expect: digit2 }, ehlo]
  if (job.tls) steps.push({ ...say('STARTTLS'), isSecured: true }, ehlo)
  if (job.refusedAtMail) return [...steps, { ...mail, expect: digit5 }, say('QUIT')]
  const message: Step[] = [
    mail,
    say('RCPT TO:<bob@example.com>'),
    say('DATA', digit3),
    { send: Buffer.from(`${sender.message}\r\n.\r\n`, 'latin1'), expect: digit2 },
  ]
  for (let sent = 0; sent < job.messagesPerSession; sent += 1) steps.push(...message)
  return [...steps, say('QUIT')]
}

function proxyLine(address: string): string {
  return `PROXY TCP4 ${address} 203.0.113.25 40000 25\r\n`
}

class Run {
  readonly #job: Job
  readonly #scripts: readonly Step[][]
  readonly #context: SecureContext | undefined
  readonly #startedAt = performance.now()
  readonly #done: (result: JobResult) => void
  #begun = 0
  #ended = 0
  #messages = 0
  #isOver = false

  constructor(job: Job, done: (result: JobResult) => void) {
    this.#job = job
    this.#done = done
    this.#scripts = job.senders.map((sender) => stepsOf(job, sender))
    this.#context = job.tls ? createSecureContext(job.tls) : undefined
    for (let open = 0; open < Math.min(job.parallel, job.sessions); open += 1) this.#session()
  }

  #session(): void {
    const steps = this.#scripts[this.#begun % this.#scripts.length] ?? []
    this.#begun += 1
    let socket: Socket = connect({ port: this.#job.port, host: '127.0.0.1', noDelay: true })
    let at = 0
    let held: Buffer | null = null
    const write = (step: Step): void => {
      if (step.send) socket.write(step.send)
    }
    const send = (): void => {
      const step = steps[at]
      if (!step) return
      const waitMs = step.beginsMessage ? this.#waitMs() : 0
      if (waitMs > 0) setTimeout(write, waitMs, step)
      else write(step)
    }
    const onData = (chunk: Buffer): void => {
      const bytes: Buffer = held ? Buffer.concat([held, chunk]) : chunk
      held = null
      const start = bytes.lastIndexOf(0x0a, bytes.length - 2) + 1
      if (bytes[bytes.length - 1] !== 0x0a || bytes[start + 3] === 0x2d) {
        held = bytes
        return
      }
      const step = steps[at]
      if (!step || bytes[start] !== step.expect) {
        this.#end(`step ${String(at)}: ${bytes.toString('latin1')}`)
        return
      }
      at += 1
      if (at === steps.length) {
        socket.removeAllListeners('close').destroy()
        this.#sessionEnded()
      } else if (step.isSecured) {
        const plain = socket.removeAllListeners()
        socket = connectTls({ socket: plain, secureContext: this.#context, rejectUnauthorized: false }, send)
        listen()
      } else send()
    }
    const listen = (): void => {
      socket.on('data', onData)
      socket.on('error', (error) => this.#end(error.message))
      socket.on('close', () => this.#end(`closed at step ${String(at)}`))
    }
    listen()
    socket.once('connect', send)
  }

  /** How long the next message has to wait for its turn. */
  #waitMs(): number {
    const { pace } = this.#job
    if (pace === 0) return 0
    this.#messages += 1
    return Math.max(0, (this.#messages / pace) * 1000 - (performance.now() - this.#startedAt))
  }

  #sessionEnded(): void {
    this.#ended += 1
    if (this.#begun < this.#job.sessions) this.#session()
    else if (this.#ended === this.#job.sessions) this.#end(null)
  }

  #end(unexpected: string | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#done({ seconds: (performance.now() - this.#startedAt) / 1000, unexpected })
  }
}

process.on('message', (job: Job) => {
  new Run(job, (result) => process.send?.(result))
})
process.on('disconnect', () => process.exit(0))
