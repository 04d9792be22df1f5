import { area } from './finding'
import { linesRemoving } from './hook-use'
import { listedPlugins } from './listed-plugins'
import { pluginName } from './plugin-place'

/** Decisions that turn mail away are logged at this level; accepted ones one below. */
const neededLevels: ReadonlySet<string> = new Set(['data', 'protocol', 'debug', 'info', 'notice'])
const fieldName = 'X-Exchange-Enforcement'
/** Of the start of a header, where the `Received` fields stand. */
const leastHeaderLines = 100

export const mailArea = area(
  'Mail flow',
  {
    'log-level': {
      severity: 'hint',
      about: "Haraka's log level hides the plugin's lines: what it turns away, and why, is not logged.",
      remedy: 'Set level = notice or info in log.ini.',
    },
    'header-removed': {
      severity: 'hint',
      about: 'Another plugin removes the field X-Exchange-Enforcement from messages.',
      remedy:
        'Nobody but this plugin has to: it removes fields from outside itself. Take that out of the other plugin.',
    },
    'header-lines': {
      severity: 'warning',
      about: 'Haraka parses so few header lines that the Received fields may not be among them.',
      remedy: 'Raise max_lines in [headers] of connection.ini; 1000 is the default.',
    },
    'reply-prefixed': {
      severity: 'hint',
      about:
        'Haraka puts a part of its transaction id in front of replies, and so in front of the code 4.7.230 or 5.7.230, which senders then cannot read.',
      remedy: 'Set deny_chars in [uuid] of connection.ini to 0.',
    },
    'hide-ignored': {
      severity: 'hint',
      about:
        "results.ini is to hide parts of the plugin's results. What is decided of a message is shown in full all the same: the plugin puts that line together itself.",
      remedy: 'Take hide out of [exchange-enforcement] in results.ini.',
    },
  },
  async (scene, report) => {
    const { config } = scene
    if (!config) return
    const log = config.ini('log.ini')
    const written = config.text('loglevel')
    const level = (written.state === 'read' && written.text.trim()) || log.text('level')
    const evidence =
      written.state === 'read' && written.text.trim() !== ''
        ? { file: written.path, line: null }
        : log.evidence('level')
    const name = level.toLowerCase().replace(/^log/, '')
    // Numbers are those of syslog, and notice is 5.
    const isEnough = name === '' || neededLevels.has(name) || Number(name) >= 5
    if (isEnough) report.ok('log-level', `the log level is ${level || 'the default'}`)
    else report.found('log-level', `the log level is ${level}`, evidence)

    for (const { name: plugin, file, code } of await listedPlugins(scene)) {
      for (const line of file === null ? [] : linesRemoving(code, fieldName)) {
        report.found('header-removed', `${plugin} removes ${fieldName}`, { file: file ?? plugin, line })
      }
    }
    const connection = config.ini('connection.ini')
    const lines = connection.text('max_lines', 'headers')
    if (lines !== '' && Number(lines) < leastHeaderLines) {
      report.found('header-lines', `max_lines is ${lines}`, connection.evidence('max_lines', 'headers'))
    }
    if (Number(connection.text('deny_chars', 'uuid')) > 0) {
      report.found(
        'reply-prefixed',
        `deny_chars is ${connection.text('deny_chars', 'uuid')}`,
        connection.evidence('deny_chars', 'uuid'),
      )
    }
    const results = config.ini('results.ini')
    if (results.text('hide', pluginName) !== '') {
      report.found(
        'hide-ignored',
        `hide is ${results.text('hide', pluginName)}`,
        results.evidence('hide', pluginName),
      )
    }
  },
)
