import { area } from './finding'
import { findHaraka, isAtLeast } from './haraka-package'

const leastHaraka = [3, 1] as const
const leastNode = [20, 19] as const
/** Where Haraka takes mail only from who may relay. */
const submissionPorts: ReadonlySet<string> = new Set(['465', '587'])

export const harakaArea = area(
  'Haraka',
  {
    'config-folder': {
      severity: 'error',
      about: "No config folder of Haraka's was found, so that only this command could be looked at.",
      remedy:
        "Go to Haraka's own folder, the one that holds config, or name the config folder with --config.",
    },
    'haraka-missing': {
      severity: 'warning',
      about: 'No Haraka was found: not running, not in this folder or above it, and not on the PATH.',
      remedy: 'Install Haraka, or run this command with the PATH of who starts it.',
    },
    'haraka-version': {
      severity: 'error',
      about: 'Haraka is older than 3.1.',
      remedy: 'Update Haraka to 3.1 or newer.',
    },
    'node-version': {
      severity: 'error',
      about: 'Node.js is older than 20.19.',
      remedy: 'Update Node.js to 20.19 or newer, for Haraka as well as for this command.',
    },
    'haraka-stopped': {
      severity: 'hint',
      about:
        'No process of Haraka with this folder is seen, so that what runs could not be compared with what is written.',
      remedy:
        'Start Haraka. If it runs, run this command as its user or as root: others may not see its processes.',
    },
    'haraka-user': {
      severity: 'error',
      about: 'The user or group that Haraka is to run as does not exist, so that it ends at start.',
      remedy: 'Make the user and the group, or correct user and group in smtp.ini.',
    },
    'haraka-skips-plugins': {
      severity: 'hint',
      about:
        'With ignore_bad_plugins Haraka starts without plugins that it cannot load, this one among them.',
      remedy:
        'Take ignore_bad_plugins out of smtp.ini, so that such a start fails instead of running without the plugin.',
    },
    'submission-ports-only': {
      severity: 'warning',
      about: 'Haraka listens on ports 465 and 587 alone, where it takes mail only from who may relay.',
      remedy:
        'Let Haraka listen on port 25 as well: Exchange servers that do not authenticate connect to it.',
    },
  },
  async (scene, report) => {
    const { nodeVersion } = scene.given
    if (isAtLeast(nodeVersion, leastNode))
      report.ok('node-version', `Node.js ${nodeVersion} runs this command`)
    else report.found('node-version', `Node.js ${nodeVersion} runs this command`)
    if (!scene.config) {
      report.found('config-folder', 'no config folder was found')
      return
    }
    report.ok('config-folder', `the config folder is ${scene.config.path}`)

    const haraka = await findHaraka(scene)
    if (!haraka) {
      report.found('haraka-missing', 'no Haraka was found')
    } else {
      const text = `Haraka ${haraka.version} is installed in ${haraka.folder}`
      if (isAtLeast(haraka.version, leastHaraka)) report.ok('haraka-version', text)
      else report.found('haraka-version', text)
    }

    const running = await scene.running()
    if (running.state === 'unknown')
      report.unknown('haraka-stopped', 'this system does not list its processes in /proc')
    else if (running.ours.length === 0)
      report.found('haraka-stopped', `no process of Haraka for ${scene.install} is seen`)
    else
      report.ok(
        'haraka-stopped',
        `Haraka runs, process ids ${running.ours
          .map(({ pid }) => pid)
          .sort((a, b) => a - b)
          .join(', ')}`,
      )

    const smtp = scene.config.ini('smtp.ini')
    if (smtp.source.state === 'unreadable')
      report.unknown('haraka-user', `${smtp.source.path} cannot be read: ${smtp.source.why}`)
    const account = await scene.account()
    if (account.state === 'unknown') report.found('haraka-user', account.why, account.evidence ?? undefined)
    else report.ok('haraka-user', `rights are looked at for ${account.name}`)
    if (smtp.isTrue('ignore_bad_plugins', false)) {
      report.found('haraka-skips-plugins', 'ignore_bad_plugins is on', smtp.evidence('ignore_bad_plugins'))
    }
    const ports = smtp.list('listen').map((address) => /:(\d+)$/.exec(address)?.[1] ?? '25')
    if (ports.length > 0 && ports.every((port) => submissionPorts.has(port))) {
      report.found(
        'submission-ports-only',
        `Haraka listens on ${smtp.text('listen')} alone`,
        smtp.evidence('listen'),
      )
    }
  },
)
