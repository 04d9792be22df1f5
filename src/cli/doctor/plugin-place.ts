import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readPackage } from './haraka-package'

/** As config/plugins names it. */
export const pluginName = 'exchange-enforcement'

/** Where Haraka finds a plugin. */
export type PluginPlace =
  | { readonly kind: 'file'; readonly file: string }
  | {
      readonly kind: 'package'
      readonly folder: string
      /** Its package.json. */
      readonly file: string
      /** It lies in the folder `plugins`, as the operator's own. */
      readonly isOwn: boolean
    }

/** Haraka's own order, `plugins.js`: first hit wins. `null`: it is found nowhere, and Haraka does not start. */
export function locatePlugin(name: string, install: string, haraka: string | null): PluginPlace | null {
  const packaged = (folder: string, isOwn = false): PluginPlace => ({
    kind: 'package',
    folder,
    file: join(folder, 'package.json'),
    isOwn,
  })
  const usual = (base: string): readonly PluginPlace[] => [
    { kind: 'file', file: join(base, 'plugins', `${name}.js`) },
    packaged(join(base, 'node_modules', `haraka-plugin-${name}`)),
    packaged(resolve(base, '..', `haraka-plugin-${name}`)),
  ]
  const places = [
    ...usual(install),
    packaged(join(install, 'plugins', name), true),
    packaged(join(install, 'node_modules', name)),
    ...(haraka === null ? [] : usual(haraka)),
  ]
  return places.find(({ file }) => statSync(file, { throwIfNoEntry: false }) !== undefined) ?? null
}

/** The file with the plugin's hooks; `null` where the package does not say. */
export function codeOf(place: PluginPlace): string | null {
  if (place.kind === 'file') return place.file
  const found = readPackage(place.folder)
  return found && resolve(place.folder, found.main)
}
