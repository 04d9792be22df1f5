import { nearest } from '../../config/problem'
import { pluginName } from './plugin-place'

/** One line of config/plugins. */
export interface PluginLine {
  /** As Haraka takes it, without `haraka-plugin-`. */
  readonly name: string
  readonly line: number
}

export interface PluginList {
  /** In the order in which Haraka loads them. */
  readonly plugins: readonly PluginLine[]
  /** Lines that name this plugin behind a `#`. */
  readonly commented: readonly PluginLine[]
  /** Lines that are meant for this plugin and say something else. */
  readonly misspelt: readonly PluginLine[]
}

const packagePrefix = 'haraka-plugin-'

export function parsePluginList(text: string): PluginList {
  const lines = text.split(/\r\n|\r|\n/).map((each, at) => ({ text: each.trim(), line: at + 1 }))
  const written = lines.filter(({ text: each }) => each !== '' && !/^[;#]/.test(each))
  const plugins = written.map(({ text: each, line }) => ({ name: shortName(each), line }))
  const commented = lines
    .map(({ text: each, line }) => ({ name: shortName(/^[;#]+\s*(\S+)\s*$/.exec(each)?.[1] ?? ''), line }))
    .filter(({ name }) => name === pluginName)
  return { plugins, commented, misspelt: plugins.filter(({ name }) => isMeant(name)) }
}

function shortName(text: string): string {
  return text.startsWith(packagePrefix) ? text.slice(packagePrefix.length) : text
}

function isMeant(name: string): boolean {
  if (name === pluginName) return false
  const [first = ''] = name.split(/[\s#;,]/, 1)
  return first === pluginName || nearest(first.replace(/^.*\//, ''), [pluginName]) !== null
}

/** Whether it takes mail away: what is listed behind it still runs, but later than it could. */
export function isQueuePlugin(name: string): boolean {
  return name.startsWith('queue/') || /(?:^|[-_./])queue$/.test(name)
}
