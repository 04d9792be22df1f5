import { get } from 'node:http'
import { join } from 'node:path'
import { loadSettings } from '../../config/load'
import { mainFile } from '../../config/schema'
import type { ListenAddress } from '../../config/settings'
import { folderSource } from '../../config/source'
import { howToMake } from '../../config/token-file'
import { prefix } from '../../metrics/catalogue'
import { challenge, closed } from '../../metrics/gate'
import { isLoopback } from '../../web/host-names'
import type { Ini } from './config-folder'
import { area, reasonOf, type Report } from './finding'
import { isAtLeast } from './haraka-package'
import { lookAtToken, type TokenLook } from './token'

const patienceMs = 3_000
const longestPage = 4 * 1024 * 1024
const longestRefusal = 200

const checks = {
  'metrics-silent': {
    severity: 'warning',
    about: 'Haraka runs, but nobody answers at the address of [metrics] listen.',
    remedy:
      'Restart Haraka, and look into its log for the plugin: it may not be loaded, or may not have got the port.',
  },
  'metrics-foreign': {
    severity: 'warning',
    about: 'Another program answers at the address of [metrics] listen.',
    remedy: 'Choose another port in [metrics] listen, and for Prometheus.',
  },
  'metrics-shared': {
    severity: 'warning',
    about: 'Another Haraka on this host has the same address in [metrics] listen: only one of them gets it.',
    remedy: 'Give each install a port of its own in [metrics] listen.',
  },
  'metrics-open': {
    severity: 'warning',
    about:
      'The figures are offered beyond this host, and no token is asked for: whoever reaches the port reads them.',
    remedy: 'Set [metrics] token_file, or let [metrics] listen be on loopback; docs/metrics.md says how.',
  },
  'metrics-token': {
    severity: 'warning',
    about: 'The file of [metrics] token_file cannot be used, so that nobody gets the figures.',
    remedy:
      'Make a token with openssl rand -hex 32, in a file that only its owner and its group may read, and give it to Prometheus.',
  },
  'metrics-refused': {
    severity: 'warning',
    about: 'The plugin that runs does not give out its figures for the token that is configured.',
    remedy:
      'It takes another configuration: see what else is found, and restart Haraka. If nothing is, look into its log for /metrics.',
  },
  'running-version': {
    severity: 'warning',
    about:
      'The plugin that runs is of another version than this command: it was updated and Haraka not restarted, or the command is another one.',
    remedy: 'Restart Haraka, or use the command in its folder: npx exchange-enforcement.',
  },
  'running-node': {
    severity: 'error',
    about: 'Haraka runs with a Node.js older than 20.19.',
    remedy: 'Start Haraka with Node.js 20.19 or newer.',
  },
  'running-configuration': {
    severity: 'error',
    about:
      'What runs is not what is written: the plugin has refused the files, and goes on with the last good configuration or is off.',
    remedy:
      "Mend what 'exchange-enforcement config check' names. If it is content, the files are not readable for the user of Haraka.",
  },
  'running-store': {
    severity: 'error',
    about: 'The plugin that runs cannot reach its store at the moment.',
    remedy: 'See what is found about the store or Redis; docs/operations.md says what to do by reason.',
  },
} as const

type Id = keyof typeof checks

const nowhere = { listen: null, tokenFile: null }

interface Answer {
  readonly page: string
  /** Whether it is this plugin, and keeps the figures to itself. */
  readonly isRefusal: boolean
}

export const metricsArea = area('Running', checks, async (scene, report) => {
  const { config } = scene
  const { listen, tokenFile } = scene.settings()?.metrics ?? nowhere
  if (!config || !listen || listen.port === 0) return
  const evidence = config.ini(mainFile).evidence('listen', 'metrics')
  const running = await scene.running()
  const isRunning = running.state === 'seen' && running.ours.length > 0
  const rivals = sharing(listen, running.state === 'seen' ? running.others.map(({ install }) => install) : [])
  for (const other of rivals) {
    report.found(
      'metrics-shared',
      `the Haraka in ${other} has the same address, ${addressText(listen)}`,
      evidence,
    )
  }
  const look = tokenFile === null ? null : lookAtToken(tokenFile, howToMake.metrics)
  tellToken(listen, look, config.ini(mainFile), report)
  let answer: Answer
  try {
    answer = await fetchPage(listen, look?.state === 'usable' ? look.token : null)
  } catch (error) {
    const why = reasonOf(error)
    if (isRunning) report.found('metrics-silent', `${addressText(listen)} does not answer (${why})`, evidence)
    else
      report.unknown(
        'metrics-silent',
        `${addressText(listen)} does not answer (${why}), and Haraka is not seen to run`,
      )
    return
  }
  const { page, isRefusal } = answer
  const build = labelsOf(page, 'build_info')
  if (!build && !isRefusal) {
    report.found('metrics-foreign', `what answers at ${addressText(listen)} is not this plugin`, evidence)
    return
  }
  report.ok('metrics-silent', `the plugin answers at ${addressText(listen)}`)
  // Which of them answers is not known.
  if (rivals.length > 0) return
  if (!build) {
    const why = `${addressText(listen)} says: ${page.trim().slice(0, longestRefusal)}`
    if (look?.state === 'unreadable') report.unknown('metrics-refused', why)
    // Without a token of ours it is no wonder.
    else if (look === null || look.state === 'usable') report.found('metrics-refused', why, evidence)
    return
  }
  if (look?.state === 'usable') report.ok('metrics-refused', 'the plugin takes the token')
  tellRunning(page, build, scene.given.version, report)
})

function tellToken(listen: ListenAddress, look: TokenLook | null, ini: Ini, report: Report<Id>): void {
  switch (look?.state) {
    case undefined:
      if (!isLoopback(listen.host)) {
        const evidence = ini.evidence('listen', 'metrics')
        report.found(
          'metrics-open',
          `${addressText(listen)} is open beyond this host, without a token`,
          evidence,
        )
      }
      return
    case 'usable':
      report.ok('metrics-token', 'there is a token for the figures')
      return
    case 'useless':
      report.found('metrics-token', look.why, ini.evidence('token_file', 'metrics'))
      return
    case 'unreadable':
      report.unknown('metrics-token', look.why)
      return
    case 'absent':
      return
  }
}

function tellRunning(
  page: string,
  build: ReadonlyMap<string, string>,
  ownVersion: string,
  report: Report<Id>,
): void {
  const version = build.get('version') ?? '?'
  if (version === ownVersion) report.ok('running-version', `version ${version} runs`)
  else report.found('running-version', `version ${version} runs, this command is of version ${ownVersion}`)
  const node = build.get('node') ?? ''
  if (node !== '' && !isAtLeast(node, [20, 19]))
    report.found('running-node', `Haraka runs with Node.js ${node}`)
  for (const [id, name, good, bad] of [
    [
      'running-configuration',
      'config_last_reload_success',
      'the files as they lie there are in force',
      'the last load of the configuration failed',
    ],
    ['running-store', 'store_up', 'the store is up', 'the last call to the store failed'],
  ] as const) {
    const value = valueOf(page, name)
    if (value === '1') report.ok(id, good)
    else if (value !== null) report.found(id, bad)
  }
}

/** Folders of other Harakas that run here with the same address. */
function sharing({ host, port }: ListenAddress, installs: readonly string[]): readonly string[] {
  return [...new Set(installs)].filter((install) => {
    const parsed = loadSettings(folderSource(join(install, 'config')), { productIds: null })
    const other = parsed.ok ? parsed.settings.metrics.listen : null
    return other?.port === port && (other.host === host || isAny(other.host) || isAny(host))
  })
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function addressText({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function fetchPage({ host, port }: ListenAddress, token: string | null): Promise<Answer> {
  const own = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return new Promise((done, failed) => {
    const signal = AbortSignal.timeout(patienceMs)
    const headers = token === null ? {} : { authorization: `Bearer ${token}` }
    const request = get({ host: own, port, path: '/metrics', headers, signal, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
        if (text.length > longestPage) request.destroy(new Error('its page is too long'))
      })
      response.on('end', () => {
        const { statusCode, headers } = response
        const challenged = headers['www-authenticate']?.startsWith(challenge) === true
        done({ page: text, isRefusal: challenged || (statusCode === 503 && text.startsWith(closed)) })
      })
      response.on('error', failed)
    })
    request.on('error', (error) => failed(signal.aborted ? new Error('no answer in time') : error))
  })
}

/** Labels of the first sample of a metric; `null`: there is none. */
function labelsOf(page: string, name: string): ReadonlyMap<string, string> | null {
  const found = new RegExp(`^${prefix}${name}\\{([^}]*)\\}`, 'm').exec(page)
  return (
    found &&
    new Map(
      [...(found[1] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    )
  )
}

function valueOf(page: string, name: string): string | null {
  return new RegExp(`^${prefix}${name} (\\S+)$`, 'm').exec(page)?.[1] ?? null
}
