import { connectorsFile, mainFile, redisFile } from '../../config/schema'
import { problemText } from '../../config/problem'
import type { ConfigProblem } from '../../config/problem'
import { catalogueFileName } from '../../config/catalogue-file'
import { whyDenied } from './account'
import { area, type Evidence } from './finding'

export const configurationArea = area(
  'Configuration',
  {
    'configuration-invalid': {
      severity: 'error',
      about:
        'The configuration is refused: at start the plugin stays off, at a reload the last good one stays.',
      remedy: "Mend what is named; 'exchange-enforcement config check' lists everything that is wrong.",
    },
    'configuration-odd': {
      severity: 'warning',
      about: 'Something in the configuration has no effect, or looks like a slip.',
      remedy: "Look whether it is what you mean; 'exchange-enforcement config check' lists all warnings.",
    },
    'configuration-denied': {
      severity: 'error',
      about: 'A file of the configuration is not readable for the user of Haraka.',
      remedy: 'Give it to the user or group of Haraka, readable: chown and chmod.',
    },
    'mode-off': {
      severity: 'hint',
      about: 'The plugin is switched off: nothing is looked at.',
      remedy: 'Write mode = report in [main] to begin; it accepts everything and reports.',
    },
    'contacts-missing': {
      severity: 'warning',
      about: 'Notices by mail are on, but a tenant has no contact to whom they could go.',
      remedy: 'Write contacts in a connector of that tenant.',
    },
    'header-off': {
      severity: 'hint',
      about:
        'Accepted messages get no X-Exchange-Enforcement field, so that nothing behind Haraka can see the verdict.',
      remedy: 'Take add_header = no out, unless you mean it.',
    },
  },
  async (scene, report) => {
    const { config } = scene
    // Then there is none that could be wrong.
    if (!config) return
    const parsed = scene.parsed()
    const about = ({ file, line }: ConfigProblem): Evidence => ({ file, line })
    for (const problem of parsed.ok ? [] : parsed.problems)
      report.found('configuration-invalid', problemText(problem), about(problem))
    for (const warning of parsed.warnings)
      report.found('configuration-odd', problemText(warning), about(warning))
    const account = await scene.account()
    for (const name of [mainFile, connectorsFile, catalogueFileName, redisFile, 'plugins']) {
      const file = config.file(name)
      const denied = config.text(name).state === 'absent' ? null : whyDenied(account, file, ['read'])
      if (denied !== null) {
        report.found('configuration-denied', `${name} cannot be read (${denied})`, { file, line: null })
      }
    }
    if (!parsed.ok) return
    report.ok('configuration-invalid', 'the configuration is valid')
    const { mode, connectors, notices, addHeader } = parsed.settings
    const main = config.ini(mainFile)
    const lineOf = (key: string): Evidence => main.evidence(key)
    if (mode === 'off') report.found('mode-off', 'the mode is off', lineOf('mode'))
    if (!addHeader) report.found('header-off', 'add_header is off', lineOf('add_header'))
    // To a webhook alone no contact is needed.
    if (!notices.enabled || notices.from === null) return
    const reached = new Set(
      connectors.filter(({ contacts }) => contacts.length > 0).map(({ tenant }) => tenant),
    )
    const unreached = new Map(
      connectors.filter(({ tenant }) => !reached.has(tenant)).map(({ id, tenant }) => [tenant, id]),
    )
    for (const [tenant, id] of unreached) {
      report.found(
        'contacts-missing',
        `tenant ${tenant} has no contact`,
        config.sectionEvidence(connectorsFile, id),
      )
    }
  },
)
