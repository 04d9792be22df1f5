import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfigFolder } from './config-folder'
import { readText } from './config-folder'
import { area, type Evidence, type Report } from './finding'
import { findHaraka } from './haraka-package'
import { listedPlugins, type ListedPlugin } from './listed-plugins'
import { isQueuePlugin, parsePluginList, type PluginLine } from './plugin-list'
import { pluginName } from './plugin-place'
import type { Scene } from './scene'

/** What src/haraka/plugin.ts registers with: lower ones of others come before. */
const ownPriority = { data_post: -50, deny: -100, mail: 0 } as const

const checks = {
  'plugin-unlisted': {
    severity: 'error',
    about: 'config/plugins does not name the plugin, so Haraka does not load it.',
    remedy:
      'Add a line exchange-enforcement to config/plugins, after tls and before plugins that queue mail, and restart Haraka.',
  },
  'plugin-commented-out': {
    severity: 'error',
    about: 'The line of the plugin in config/plugins is commented out, so Haraka does not load it.',
    remedy: 'Take the # in front of it away, and restart Haraka.',
  },
  'plugin-misspelt': {
    severity: 'error',
    about:
      'A line of config/plugins looks like the plugin, but is not its name: Haraka does not start with it.',
    remedy: 'Write exchange-enforcement, with nothing else on the line; comments go on a line of their own.',
  },
  'plugin-elsewhere': {
    severity: 'error',
    about: 'Another file of the config folder lists the plugin, but Haraka reads config/plugins alone.',
    remedy: 'Move the line to config/plugins, and restart Haraka.',
  },
  'plugin-twice': {
    severity: 'warning',
    about:
      'The plugin is listed more than once, so that every message is looked at and counted more than once.',
    remedy: 'Keep one of the lines, and restart Haraka.',
  },
  'plugin-after-queue': {
    severity: 'warning',
    about:
      'The plugin is listed behind a plugin that queues mail, which may act at MAIL before this one has spoken.',
    remedy: 'Move the line exchange-enforcement in front of the plugins that queue, and restart Haraka.',
  },
  'plugin-before-tls': {
    severity: 'hint',
    about: 'The plugin is listed in front of tls; the documented order is behind it.',
    remedy: 'Move the line exchange-enforcement behind tls. The plugin works either way today.',
  },
  'plugin-behind-another': {
    severity: 'hint',
    about:
      'A plugin in front of this one may answer OK at MAIL, and Haraka then does not ask this one there.',
    remedy:
      'Move the line exchange-enforcement in front of it. What is passed over at MAIL is judged at the end of DATA all the same.',
  },
  'plugin-overtaken': {
    severity: 'hint',
    about:
      'Another plugin hooks the end of DATA, or deny, before this one: it may add or change what this one reads, or undo its replies.',
    remedy: 'Give it a higher priority in register_hook: above -50 for data_post, above -100 for deny.',
  },
  'plugin-missing': {
    severity: 'error',
    about: 'config/plugins names a plugin that is installed nowhere, so that Haraka does not start.',
    remedy: 'Install it, or take it out of config/plugins.',
  },
  'deny-overridden': {
    severity: 'hint',
    about:
      'karma or delay_deny is listed, which turn replies of other plugins into 250. Those of this plugin stand, since it hooks deny in front of them; only what a future version does is not sure.',
    remedy:
      'To be sure, add exchange-enforcement to plugins in [deny_excludes] of karma.ini, or to excluded_plugins in delay_deny.ini.',
  },
} as const

type Id = keyof typeof checks

export const pluginsArea = area('Plugins', checks, async (scene, report) => {
  if (!scene.config) return
  const list = scene.config.text('plugins')
  if (list.state === 'unreadable') {
    report.unknown('plugin-unlisted', `${list.path} cannot be read: ${list.why}`)
    return
  }
  const { plugins, commented, misspelt } = parsePluginList(list.state === 'read' ? list.text : '')
  const at = ({ line }: PluginLine): Evidence => ({ file: list.path, line })
  const own = plugins.filter(({ name }) => name === pluginName)
  for (const line of misspelt) report.found('plugin-misspelt', `config/plugins says ${line.name}`, at(line))
  const [first, second] = own
  if (!first) {
    const [inComment] = commented
    const elsewhere = listElsewhere(scene.config)
    if (inComment) report.found('plugin-commented-out', 'the plugin is commented out', at(inComment))
    else if (elsewhere)
      report.found(
        'plugin-elsewhere',
        `${elsewhere.file} lists the plugin, config/plugins does not`,
        elsewhere,
      )
    else if (misspelt.length === 0) {
      report.found(
        'plugin-unlisted',
        list.state === 'read' ? 'config/plugins does not name the plugin' : 'there is no config/plugins',
        {
          file: list.path,
          line: null,
        },
      )
    }
    return
  }
  report.ok('plugin-unlisted', `config/plugins names the plugin in line ${first.line}`)
  if (second) report.found('plugin-twice', `the plugin is listed again, after line ${first.line}`, at(second))
  const others = await listedPlugins(scene)
  tellOrder(first, others, at, report)
  await tellMissing(others, at, scene, report)
  tellOvertaking(first, others, report)
  tellDenyPlugins(others, at, scene.config, report)
})

function tellOrder(
  own: PluginLine,
  others: readonly ListedPlugin[],
  at: (line: PluginLine) => Evidence,
  report: Report<Id>,
): void {
  const queue = others.find(({ name, line }) => isQueuePlugin(name) && line < own.line)
  if (queue)
    report.found(
      'plugin-after-queue',
      `the plugin stands behind ${queue.name} of line ${queue.line}`,
      at(own),
    )
  else report.ok('plugin-after-queue', 'no plugin that queues stands in front of the plugin')
  const tls = others.find(({ name }) => name === 'tls')
  if (tls && tls.line > own.line)
    report.found('plugin-before-tls', `tls follows in line ${tls.line}`, at(own))
}

async function tellMissing(
  others: readonly ListedPlugin[],
  at: (line: PluginLine) => Evidence,
  scene: Scene,
  report: Report<Id>,
): Promise<void> {
  const missing = others.filter(({ place }) => place === null)
  if (missing.length === 0) return
  const haraka = await findHaraka(scene)
  if (!haraka) {
    report.unknown(
      'plugin-missing',
      `${missing.map(({ name }) => name).join(', ')}: without a Haraka it is not known whether it brings them`,
    )
    return
  }
  // Names of former times, which Haraka translates.
  const core = readText(join(haraka.folder, 'plugins.js'))
  const translated = core.state === 'read' ? core.text : ''
  for (const line of missing) {
    if (new RegExp(`^\\s*'?${line.name.replace(/[^\w-]/g, '\\$&')}'?: '`, 'm').test(translated)) continue
    report.found('plugin-missing', `the plugin ${line.name} is found nowhere`, at(line))
  }
}

function tellOvertaking(own: PluginLine, others: readonly ListedPlugin[], report: Report<Id>): void {
  for (const { name, file, hooks, line } of others) {
    if (file === null) continue
    for (const use of hooks) {
      const isInFront = line < own.line
      const evidence = { file, line: use.line }
      if (
        use.hook === 'mail' &&
        use.mayEndChain &&
        (use.priority < ownPriority.mail || (use.priority === ownPriority.mail && isInFront))
      ) {
        report.found('plugin-behind-another', `${name} may answer OK at MAIL`, evidence)
      }
      if (use.hook === 'data_post' && use.priority < ownPriority.data_post) {
        report.found('plugin-overtaken', `${name} hooks data_post with priority ${use.priority}`, evidence)
      }
      if (use.hook === 'deny' && use.priority <= ownPriority.deny && isInFront) {
        report.found(
          'plugin-overtaken',
          `${name} hooks deny with priority ${use.priority}, in front`,
          evidence,
        )
      }
    }
  }
}

function tellDenyPlugins(
  others: readonly ListedPlugin[],
  at: (line: PluginLine) => Evidence,
  config: ConfigFolder,
  report: Report<Id>,
): void {
  const karma = others.find(({ name }) => name === 'karma')
  if (karma && !config.ini('karma.ini').list('plugins', 'deny_excludes').includes(pluginName)) {
    report.found('deny-overridden', 'karma is listed, and karma.ini does not exclude the plugin', at(karma))
  }
  const delaying = others.find(({ name }) => name === 'delay_deny')
  if (!delaying) return
  const ini = config.ini('delay_deny.ini')
  const included = ini.list('included_plugins')
  const isExcluded =
    included.length > 0 ? !included.includes(pluginName) : ini.list('excluded_plugins').includes(pluginName)
  if (!isExcluded)
    report.found(
      'deny-overridden',
      'delay_deny is listed, and delay_deny.ini does not exclude the plugin',
      at(delaying),
    )
}

/** Another file that lists plugins, as some keep one aside. */
function listElsewhere(config: ConfigFolder): Evidence | null {
  const names = readdirSync(config.path, { withFileTypes: true }).filter((entry) =>
    /^plugins./.test(entry.name),
  )
  for (const entry of names) {
    const files = entry.isDirectory()
      ? readdirSync(join(config.path, entry.name)).map((name) => join(entry.name, name))
      : [entry.name]
    for (const name of files) {
      const file = config.text(name)
      if (file.state !== 'read') continue
      const own = parsePluginList(file.text).plugins.find((line) => line.name === pluginName)
      if (own) return { file: file.path, line: own.line }
    }
  }
  return null
}
