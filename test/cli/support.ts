import assert from 'node:assert/strict'
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type {
  Exemption,
  LastEvidence,
  PathRecord,
  ServerRecord,
  TenantRecord,
} from '../../src/rules/clock/record'
import type { ContactRecord } from '../../src/rules/notice/record'
import { LmdbStore } from '../../src/store/lmdb'
import { call, type CallOptions, type Ran } from './in-process'

/** Where nothing is found by accident. */
const emptyFolder = mkdtempSync(join(tmpdir(), 'exchange-enforcement-cli-'))
process.once('exit', () => rmSync(emptyFolder, { recursive: true, force: true }))

const program = resolve(__dirname, '..', '..', 'src', 'cli', 'main.js')

/** What a terminal would obey instead of show; lines may end. */
export const obeyedByTerminals = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

export interface ProgramOptions {
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly directory?: string
  /** Options of Node.js itself. */
  readonly node?: readonly string[]
}

/** Starts the compiled program, without the environment of whoever runs the tests. */
export function start(
  parameters: readonly string[],
  options: ProgramOptions = {},
): ChildProcessWithoutNullStreams {
  const { NODE_V8_COVERAGE, TEST_RUN } = process.env
  return spawn(process.execPath, [...(options.node ?? []), program, ...parameters], {
    cwd: options.directory ?? emptyFolder,
    env: {
      PATH: process.env['PATH'],
      ...(NODE_V8_COVERAGE === undefined ? {} : { NODE_V8_COVERAGE }),
      ...(TEST_RUN === undefined ? {} : { TEST_RUN }),
      ...options.environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** The program as a process of its own until its end, for what `call` cannot show. */
export function runProgram(parameters: readonly string[], options: ProgramOptions = {}): Promise<Ran> {
  const child = start(parameters, options)
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text))
  }
  // A program that ends early reads no further.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('close', (code) => done({ code, ...texts }))
  })
}

/** Calls what must succeed without a word on standard error, and gives what it printed. */
export async function printed(parameters: readonly string[], options: CallOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await call(parameters, options)
  assert.equal(stderr, '')
  assert.equal(code, 0)
  return stdout
}

export async function json<T>(parameters: readonly string[], options: CallOptions = {}): Promise<T> {
  const value: T = JSON.parse(await printed([...parameters, '--json'], options))
  return value
}

/** Asserts one line on standard error, nothing that looks like a stack, and the exit code. */
export async function fails(
  code: 1 | 2,
  message: RegExp,
  parameters: readonly string[],
  options: CallOptions = {},
): Promise<void> {
  const ran = await call(parameters, options)
  assert.match(ran.stderr, message)
  assert.match(ran.stderr, /^exchange-enforcement: [^\n]+\n$/)
  assert.doesNotMatch(ran.stderr, /\n\s+at /)
  assert.equal(ran.code, code)
}

/** A folder that is gone afterwards, with these files in it. */
export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'exchange-enforcement-cli-'))
  readonly config = join(this.folder, 'config')

  constructor(files: Readonly<Record<string, string>> = {}) {
    mkdirSync(this.config)
    for (const [name, text] of Object.entries(files)) this.write(name, text)
  }

  /** `name` from the folder; gives the whole path. */
  write(name: string, text: string | Buffer): string {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  async withStore<T>(work: (store: LmdbStore) => Promise<T>): Promise<T> {
    const store = new LmdbStore({ path: join(this.folder, 'store') })
    await store.open()
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  }

  async put(
    ...records: readonly (ServerRecord | PathRecord | TenantRecord | ContactRecord)[]
  ): Promise<void> {
    await this.withStore(async (store) => {
      for (const record of records) {
        const { tenant } = record
        const written =
          'server' in record
            ? store.replace({ kind: 'server', tenant, server: record.server }, 0, record, null)
            : 'pauses' in record
              ? store.replace({ kind: 'tenant', tenant }, 0, record, null)
              : 'letters' in record
                ? store.replace({ kind: 'contact', tenant, contact: record.contact }, 0, record, null)
                : store.replace({ ...record, kind: 'path' }, 0, record, null)
        assert.ok(await written)
      }
    })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Contoso with two connectors, Fabrikam with one, and a store beside. */
export function installed(main = 'mode = enforce'): Place {
  return new Place({
    'config/exchange-enforcement.ini': `[main]\n${main}\n[enforcement]\nspread = no\n[store]\npath = store\n`,
    'config/exchange-enforcement.connectors.ini':
      '[contoso-hybrid]\ntenant = contoso\ntls_certificate_name = *.contoso.com\n' +
      '[contoso-plant]\ntenant = contoso\naddresses = 192.0.2.0/28\n' +
      '[fabrikam]\naddresses = 198.51.100.7\nsender_domains = fabrikam.com\nesu = yes\n',
  })
}

export function lastEvidence(change: Partial<LastEvidence> = {}): LastEvidence {
  return {
    at: Date.UTC(2026, 10, 20, 10),
    build: '15.1.2507.39',
    transport: 'smtp',
    header: 'Received: from a by ex01.contoso.com with Microsoft SMTP Server id 15.1.2507.39',
    messageId: '<1@contoso.com>',
    connector: 'contoso-hybrid',
    attribution: 'certificate *.contoso.com',
    bound: 'ehlo',
    ehlo: 'ex01.contoso.com',
    address: '192.0.2.10',
    xoorg: null,
    mimeOle: null,
    verdict: { status: 'outdated', reason: 'behind' },
    ...change,
  }
}

const day = 86_400_000

/** A server whose clock has run for so many days, up to a moment. */
export function runningServer(
  server: string,
  days: number,
  now: number,
  change: Partial<ServerRecord> = {},
): ServerRecord {
  const startedAt = now - days * day
  return {
    tenant: 'contoso',
    server,
    firstSeenAt: startedAt - day,
    lastSeenAt: now,
    clock: { state: 'running', startedAt, detectedAt: startedAt + day, carriedMs: 0, reachedMs: 0 },
    recovery: null,
    stageSeen: 1,
    lastEvidence: lastEvidence(),
    events: [{ at: startedAt + day, kind: 'detected', build: '15.1.2507.39' }],
    days: { '2026-11-20': { accepted: 5, deferred: 3, refused: 2 } },
    ...change,
  }
}

/** An exemption of one server. */
export function exemptUntil(server: string, until: number): Exemption {
  return { id: 'x', target: { kind: 'server', server }, until, reason: 'plant', createdAt: until - 2 * day }
}
