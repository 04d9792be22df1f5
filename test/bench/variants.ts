import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreSettings } from '../../src/config/settings'
import { createStore } from '../../src/store/create-store'
import { settingsOf } from '../config/support'
import { startHaraka } from '../support/haraka'
import type { RunningHaraka } from '../support/haraka'
import type { InstallOptions } from '../support/install'
import { freePort } from '../support/redis'
import type { Address } from '../support/redis'
import { connectorsIni } from './mail'
import { rememberSenders } from './memory-of'

/**
 * Accepts every message and forgets it: as little as a server can do. Lines of NOTICE are worded and go nowhere, since who
 * reads them at the other end of the pipe would be measured, too.
 */
const nullQueue = `
exports.hook_lookup_rdns = (next, connection) => {
  if (process.env.BENCH_PEER) connection.set('remote.ip', process.env.BENCH_PEER)
  next(OK, 'mail.example.net')
}
exports.hook_rcpt = (next) => next(OK)
exports.hook_queue = (next) => next(OK)
exports.hook_log = (next, logger, { level }) => next(level === 'NOTICE' ? OK : CONT)
`

/** What our own refusal at MAIL is compared with: the shortest plugin that refuses there. */
const refuser = `
exports.hook_mail = (next) => next(DENY, '5.7.230 Connecting Exchange server version is out-of-date')
`

/** Our hooks without anything in them but what R1 and R2 ask for on each message: the least that a plugin like ours can cost. */
const emptyPlugin = `
exports.register = function () {
  for (const hook of ['connect_init', 'connect', 'mail', 'deny']) this.register_hook(hook, 'go_on')
  this.register_hook('data_post', 'report')
  this.timeout = 0
}
exports.go_on = (next) => next()
exports.report = function (next, connection) {
  connection.transaction.results.add(this, { connector: 'contoso', action: 'accept', pass: 'compliant', human: 'connector: contoso' })
  connection.transaction.add_header('X-Empty', 'v=1; connector=contoso; verdict=compliant; action=accept')
  next()
}
`

const ours = ['lmdb', 'redis'] as const
export const oursVariants = ours.flatMap((backend) =>
  (['report', 'enforce'] as const).map((mode) => `${backend} ${mode}` as const),
)
export type OursVariant = (typeof oursVariants)[number]
export const peerVariants = ['limit', 'greylist', 'karma'] as const
export type PeerVariant = (typeof peerVariants)[number]
export type Variant = 'bare' | 'bare refusing' | 'empty hooks' | OursVariant | PeerVariant

export interface Surroundings {
  readonly redis: Address
  /** Holds the LMDB folders. */
  readonly folder: string
  readonly nodes: number
  /** Further environment; with a peer of its own there is no PROXY protocol. */
  readonly peer?: string
  readonly connectors?: string
  readonly tls?: InstallOptions['tls']
}

/** Limits that nobody reaches, delays that nobody waits for: the work of the peers, without what they would do to the sender. */
const peerConfig: Record<PeerVariant, string> = {
  limit: `[concurrency]
enabled=true
max=10000
[rate_conn]
enabled=true
default=1000000000
[rate_rcpt_host]
enabled=true
default=1000000000
`,
  greylist: '[redis]\ndb=11\n[period]\nblack=0\n',
  karma: '[redis]\ndb=1\n[tarpit]\ndelay=0\nmax=0.001\n[thresholds]\nnegative=-100000\n[asn]\nenable=false\n',
}

function isPeer(variant: Variant): variant is PeerVariant {
  return peerVariants.some((each) => each === variant)
}

/** Settings of our plugin as the operator writes them. */
export async function settingsIni(
  backend: StoreSettings['backend'],
  mode: string,
  { redis, folder }: Pick<Surroundings, 'redis' | 'folder'>,
): Promise<string> {
  const path = mkdtempSync(join(folder, 'lmdb-'))
  return `[main]
mode=${mode}
[enforcement]
recheck_minutes=1440
[store]
backend=${backend}
path=${path}
[redis]
host=${redis.host}
port=${String(redis.port)}
key_prefix=xe-${mode}
[metrics]
listen=127.0.0.1:${String(await freePort())}
`
}

async function seed(settings: string): Promise<void> {
  const { store: wanted, redis } = settingsOf({ main: settings })
  const store = createStore(wanted, redis)
  await store.open()
  await rememberSenders(store)
  await store.close()
}

/** A Haraka of this kind, with what it knows of the senders. */
export async function startVariant(variant: Variant, around: Surroundings): Promise<RunningHaraka> {
  const { nodes, peer, tls } = around
  const common = {
    nodes,
    logLevel: 'notice',
    pluginSources: { bench_null: nullQueue, bench_refuser: refuser, bench_empty: emptyPlugin },
    proxy: peer === undefined,
    ...(peer === undefined ? {} : { env: { BENCH_PEER: peer } }),
    ...(tls ? { tls } : {}),
    patienceMs: 30_000,
  } as const
  if (variant === 'bare') return startHaraka({ ...common, plugins: ['bench_null'] })
  if (variant === 'empty hooks') return startHaraka({ ...common, plugins: ['bench_empty', 'bench_null'] })
  if (variant === 'bare refusing') return startHaraka({ ...common, plugins: ['bench_refuser', 'bench_null'] })
  if (isPeer(variant)) {
    const server = `host=${around.redis.host}\nport=${String(around.redis.port)}\n`
    const config = {
      'redis.ini': `[server]\n${server}[pubsub]\n${server}`,
      [`${variant}.ini`]: peerConfig[variant].replace('[redis]\n', `[redis]\n${server}`),
    }
    return startHaraka({ ...common, plugins: ['redis', variant, 'bench_null'], config })
  }
  const backend = variant.startsWith('lmdb') ? 'lmdb' : 'redis'
  const mode = variant.endsWith('report') ? 'report' : 'enforce'
  const settings = await settingsIni(backend, mode, around)
  await seed(settings)
  const connectors = around.connectors ?? connectorsIni
  return startHaraka({ ...common, plugins: ['exchange-enforcement', 'bench_null'], settings, connectors })
}

/** Makes a folder that `stop` must remove. */
export function benchFolder(): string {
  return mkdtempSync(join(tmpdir(), 'bench-'))
}
