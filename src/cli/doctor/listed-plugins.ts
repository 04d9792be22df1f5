import { readText } from './config-folder'
import { findHaraka } from './haraka-package'
import { hookUses, type HookUse } from './hook-use'
import type { PluginLine } from './plugin-list'
import { parsePluginList } from './plugin-list'
import { codeOf, locatePlugin, pluginName, type PluginPlace } from './plugin-place'
import type { Scene } from './scene'

/** A plugin beside ours, with what its text shows. */
export interface ListedPlugin extends PluginLine {
  /** `null`: Haraka finds it nowhere. */
  readonly place: PluginPlace | null
  readonly file: string | null
  readonly code: string
  readonly hooks: readonly HookUse[]
}

/** Every other plugin of config/plugins, in order. */
export async function listedPlugins(scene: Scene): Promise<readonly ListedPlugin[]> {
  const list = scene.config?.text('plugins')
  const { install } = scene
  if (list?.state !== 'read' || install === null) return []
  const haraka = (await findHaraka(scene))?.folder ?? null
  return parsePluginList(list.text)
    .plugins.filter(({ name }) => name !== pluginName)
    .map((line): ListedPlugin => {
      const place = locatePlugin(line.name, install, haraka)
      const file = place && codeOf(place)
      const read = file === null ? null : readText(file)
      const code = read?.state === 'read' ? read.text : ''
      return { ...line, place, file, code, hooks: hookUses(code) }
    })
}
