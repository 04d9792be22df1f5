import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { RunningHaraka } from '../support/haraka'
import { startRedis } from '../support/redis'
import { ratios, spreadOf } from './figure'
import type { Figure } from './figure'
import { limits } from './limits'
import type { Sender } from './load-client'
import { sendersOf } from './mail'
import type { BenchOptions } from './options'
import { leadPart, metrics, sizeOf } from './server'
import { benchFolder, startVariant } from './variants'

/** Path of Postfix's load generator, `null` where it is not installed. */
export function findSmtpSource(): string | null {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']) {
    try {
      const program = join(folder, 'smtp-source')
      accessSync(program, constants.X_OK)
      return program
    } catch {
      continue
    }
  }
  return null
}

interface SmtpSourceJob {
  readonly port: number
  readonly messages: number
  readonly parallel: number
  /** All messages of a connection one after the other in one session. */
  readonly reuse: boolean
  readonly ehlo: string
  readonly from: string
  readonly message: string
}

/** Seconds that it took, the start of the program included. */
async function runSmtpSource(program: string, job: SmtpSourceJob): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'smtp-source-'))
  try {
    const file = join(folder, 'message')
    writeFileSync(file, job.message.replaceAll('\r\n', '\n'))
    const args = ['-m', String(job.messages), '-s', String(job.parallel), ...(job.reuse ? ['-d'] : [])]
    args.push('-M', job.ehlo, '-f', job.from, '-t', 'bob@example.com', '-F', file)
    const begun = performance.now()
    const child = spawn(program, [...args, `127.0.0.1:${String(job.port)}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)))
    const [code]: unknown[] = await once(child, 'exit')
    if (code !== 0 || said !== '') throw new Error(`smtp-source ended with ${String(code)}: ${said}`)
    return (performance.now() - begun) / 1000
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The same as with the client of our own, with another one that the world knows; nothing where it is not installed. */
export async function benchSmtpSource(options: BenchOptions, log: (text: string) => void): Promise<Figure[]> {
  const program = findSmtpSource()
  if (program === null) return []
  const figures: Figure[] = []
  for (const kind of ['stranger', 'compliant'] as const) {
    const [sender] = sendersOf(kind)
    if (sender) figures.push(...(await benchSender(program, kind, sender, options, log)))
  }
  return figures
}

/** smtp-source cannot speak the PROXY protocol: the servers take every session for this one peer's. */
async function benchSender(
  program: string,
  kind: 'stranger' | 'compliant',
  sender: Sender,
  options: BenchOptions,
  log: (text: string) => void,
): Promise<Figure[]> {
  const size = sizeOf(options)
  const variants = ['bare', 'lmdb enforce', 'redis enforce'] as const
  const folder = benchFolder()
  const redis = await startRedis()
  const servers: RunningHaraka[] = []
  try {
    const around = { redis, folder, nodes: 0, peer: sender.address }
    for (const variant of variants) servers.push(await startVariant(variant, around))
    const cells = metrics.flatMap((metric) =>
      variants.map((variant, index) => ({ metric, variant, index, rates: new Array<number>() })),
    )
    for (let round = 0; round <= size.rounds; round += 1) {
      log(`smtp-source, ${kind}: round ${String(round)} of ${String(size.rounds)}`)
      for (let turn = 0; turn < cells.length; turn += 1) {
        const cell = cells[(turn + round) % cells.length]
        if (!cell) continue
        const reuse = cell.metric === 'messages/s'
        const messages = reuse ? size.messages : size.sessions
        const { ehlo, from, message } = sender
        const port = servers[cell.index]?.port ?? 0
        const job = { port, messages, parallel: 20, reuse, ehlo, from, message }
        await runSmtpSource(program, { ...job, messages: messages * leadPart })
        const seconds = await runSmtpSource(program, job)
        if (round > 0) cell.rates.push(messages / seconds)
      }
    }
    return cells.flatMap(({ metric, variant, rates }): Figure[] => {
      const bare = cells.find((cell) => cell.metric === metric && cell.variant === 'bare')
      if (variant === 'bare' || !bare) return []
      return [
        {
          group: 'Whole server with smtp-source, nodes = 0: part of what bare Haraka serves',
          name: `${metric}, ${kind === 'stranger' ? 'strangers' : 'known, compliant'}: ${variant}`,
          value: spreadOf(ratios(rates, bare.rates)),
          unit: '',
          limit: kind === 'stranger' ? limits.strangers : limits.compliant,
          note: `${spreadOf(rates).median.toFixed(0)} by ${spreadOf(bare.rates).median.toFixed(0)}`,
        },
      ]
    })
  } finally {
    for (const haraka of servers) await haraka.stop()
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
