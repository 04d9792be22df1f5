import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { PeerFacts } from './accept-all'

/** This file runs compiled, in `build/test/support`. */
const compiledRoot = resolve(__dirname, '..', '..')
const projectRoot = resolve(compiledRoot, '..')

const pluginName = 'exchange-enforcement'
const { version: projectVersion }: { readonly version: string } = JSON.parse(
  readFileSync(join(projectRoot, 'package.json'), 'utf8'),
)
const compiledPlugin = join(compiledRoot, 'plugins', 'exchange-enforcement.js')

export const harakaCommand = join(dirname(require.resolve('Haraka/package.json')), 'bin', 'haraka')

/** PEM texts; `ca` is what client certificates are checked against. */
export interface ServerTls {
  readonly key: string
  readonly cert: string
  readonly ca?: string
}

export interface InstallOptions {
  /**
   * `config/plugins`, in this order. `accept_all` is put last and, where there is TLS, `tls` first, unless they are
   * named. Default: the plugin of this project.
   */
  readonly plugins?: readonly string[]
  /** Plugins of the test's own: name → JavaScript of a plain-file plugin. They must be named in `plugins` too. */
  readonly pluginSources?: Readonly<Record<string, string>>
  /** Worker processes besides the master; 0 (default) = one process without cluster. */
  readonly nodes?: number
  /** `exchange-enforcement.ini`; metrics are published only where it says where. */
  readonly settings?: string
  /** `exchange-enforcement.connectors.ini` */
  readonly connectors?: string
  /** Any other file of the config folder, written last; the name may hold a folder. */
  readonly config?: Readonly<Record<string, string | Buffer>>
  /** Offers STARTTLS with these, and listens for TLS on `smtpsPort`. */
  readonly tls?: ServerTls
  /** Whether sessions from 127.0.0.1 begin with a PROXY line that names the peer; default true. */
  readonly proxy?: boolean
  /** What Haraka calls itself, in its greeting and in the `Received` fields it writes. */
  readonly hostName?: string
  /** Domains in `host_list`. */
  readonly localDomains?: readonly string[]
  readonly logLevel?: 'emerg' | 'error' | 'warn' | 'notice' | 'info' | 'debug' | 'protocol'
  /** Further keys of `smtp.ini`, such as `graceful_shutdown=true`. */
  readonly smtpIni?: string
  /** Answers of the reverse lookup: address → name; for others it finds nothing. */
  readonly reverseNames?: Readonly<Record<string, string>>
  /** Addresses whose sessions may relay, as if they had authenticated. */
  readonly relaying?: readonly string[]
}

export interface Ports {
  readonly smtp: number
  /** Present where there is TLS. */
  readonly smtps?: number
}

/** The usual port is one for all, and several servers run at a time. */
function withoutMetrics(settings: string): string {
  return /^\[metrics\]/m.test(settings) ? settings : `${settings}\n[metrics]\nlisten=\n`
}

/**
 * The group ffdhe2048 of RFC 7919. Without a file Haraka runs `openssl dhparam`, for minutes on a slow machine.
 */
const dhParameters = `-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
`

async function installedByHaraka(): Promise<string> {
  const parent = mkdtempSync(join(tmpdir(), 'haraka-template-'))
  process.once('exit', () => rmSync(parent, { recursive: true, force: true }))
  const folder = join(parent, 'install')
  // Its coverage would be noise, and is slow to write.
  const environment = { ...process.env }
  delete environment['NODE_V8_COVERAGE']
  await promisify(execFile)(process.execPath, [harakaCommand, '-i', folder], { env: environment })
  if (!existsSync(join(folder, 'config', 'connection.ini'))) {
    throw new Error(`"haraka -i" made no install folder at ${folder}`)
  }
  return folder
}

let template: Promise<string> | undefined

/** A package in `node_modules` whose code is the compiled one of this project, where coverage looks for it. */
function writePackage(folder: string, name: string, main: string, configFolder?: string): void {
  const target = join(folder, 'node_modules', `haraka-plugin-${name}`)
  mkdirSync(target, { recursive: true })
  writeFileSync(
    join(target, 'package.json'),
    JSON.stringify({ name: `haraka-plugin-${name}`, version: projectVersion, main }, null, 2),
  )
  if (configFolder !== undefined && existsSync(configFolder))
    symlinkSync(configFolder, join(target, 'config'))
}

function pluginList(options: InstallOptions): string[] {
  const list = [...(options.plugins ?? [pluginName])]
  if (options.tls && !list.includes('tls')) list.unshift('tls')
  if (!list.includes('accept_all')) list.push('accept_all')
  return list
}

function smtpIni(options: InstallOptions, ports: Ports): string {
  const addresses = [ports.smtp, ...(ports.smtps === undefined ? [] : [ports.smtps])].map(
    (port) => `127.0.0.1:${String(port)}`,
  )
  const lines = [`listen=${addresses.join(',')}`, `nodes=${String(options.nodes ?? 0)}`]
  if (ports.smtps !== undefined) lines.push(`smtps_port=${String(ports.smtps)}`)
  // Without an own address Haraka asks a STUN server for one.
  lines.push('public_ip=127.0.0.1')
  if (options.smtpIni !== undefined) lines.push(options.smtpIni)
  return `${lines.join('\n')}\n`
}

/** Writes the whole file or nothing, as a careful administrator or a configuration tool does. */
export function writeConfigFile(folder: string, name: string, text: string | Buffer): void {
  const target = join(folder, 'config', name)
  mkdirSync(dirname(target), { recursive: true })
  const unfinished = join(folder, `.${name.replaceAll('/', '_')}.new`)
  writeFileSync(unfinished, text)
  renameSync(unfinished, target)
}

/** Makes an install folder as `haraka -i` does, with this project's plugin as an installed package. */
export async function makeInstallFolder(options: InstallOptions): Promise<string> {
  template ??= installedByHaraka()
  const folder = mkdtempSync(join(tmpdir(), 'haraka-'))
  cpSync(await template, folder, { recursive: true })
  const plugins = pluginList(options)
  writePackage(folder, 'accept_all', join(__dirname, 'accept-all.js'))
  if (plugins.includes(pluginName)) {
    if (!existsSync(compiledPlugin))
      throw new Error(`${compiledPlugin} is missing: run "npm run build:test" first`)
    writePackage(folder, pluginName, compiledPlugin, join(projectRoot, 'config'))
  }
  for (const [name, source] of Object.entries(options.pluginSources ?? {})) {
    writeFileSync(join(folder, 'plugins', `${name}.js`), source)
  }
  const write = (name: string, text: string | Buffer): void => writeConfigFile(folder, name, text)
  write('plugins', `${plugins.join('\n')}\n`)
  const hostName = options.hostName ?? 'mx.example.com'
  write('me', `${hostName}\n`)
  write('host_list', `${(options.localDomains ?? ['example.com']).join('\n')}\n`)
  write('log.ini', `[main]\nlevel=${options.logLevel ?? 'info'}\ntimestamps=false\nformat=default\n`)
  write('dhparams.pem', dhParameters)
  const facts: PeerFacts = { reverseNames: options.reverseNames ?? {}, relaying: options.relaying ?? [] }
  write('accept_all.json', JSON.stringify(facts))
  if (options.proxy !== false) {
    const connectionIni = readFileSync(join(folder, 'config', 'connection.ini'), 'utf8')
    const trusting = connectionIni.replace(/^hosts\[\] =$/m, 'hosts[] = 127.0.0.1')
    if (trusting === connectionIni)
      throw new Error('connection.ini of this Haraka has no empty haproxy host list')
    write('connection.ini', trusting)
  }
  if (options.tls) {
    write('tls_key.pem', options.tls.key)
    write('tls_cert.pem', options.tls.cert)
    if (options.tls.ca !== undefined) write('tls_ca.pem', options.tls.ca)
    write('tls.ini', `requestCert=true\n${options.tls.ca === undefined ? '' : 'ca=tls_ca.pem\n'}`)
  }
  if (options.settings !== undefined) write('exchange-enforcement.ini', withoutMetrics(options.settings))
  if (options.connectors !== undefined) write('exchange-enforcement.connectors.ini', options.connectors)
  for (const [name, text] of Object.entries(options.config ?? {})) write(name, text)
  return folder
}

/** Separate from the rest of the configuration: the ports are found at every attempt to start. */
export function writePorts(folder: string, options: InstallOptions, ports: Ports): void {
  writeConfigFile(folder, 'smtp.ini', smtpIni(options, ports))
}
