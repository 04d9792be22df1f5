import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { area } from './finding'
import { findHaraka, readPackage } from './haraka-package'
import { locatePlugin, pluginName } from './plugin-place'

export const packageArea = area(
  'Package',
  {
    'package-missing': {
      severity: 'error',
      about: 'The package is not installed where Haraka looks for plugins.',
      remedy:
        "Run npm install haraka-plugin-exchange-enforcement in Haraka's own folder, the one that holds config.",
    },
    'package-broken': {
      severity: 'error',
      about: 'The package that Haraka finds is incomplete.',
      remedy: "Install it anew: npm install haraka-plugin-exchange-enforcement in Haraka's own folder.",
    },
    'package-shadowed': {
      severity: 'error',
      about:
        'A file or folder in plugins has the name of this plugin, and Haraka takes it in place of the package.',
      remedy: 'Remove or rename it.',
    },
    'package-version': {
      severity: 'warning',
      about:
        "The package that Haraka loads and this command are of different versions, so that the command may not understand the plugin's files and memory.",
      remedy: "Use the command of that package: npx exchange-enforcement in Haraka's own folder.",
    },
  },
  async (scene, report) => {
    const { install, given } = scene
    if (install === null) return
    const place = locatePlugin(pluginName, install, (await findHaraka(scene))?.folder ?? null)
    if (place === null) {
      report.found(
        'package-missing',
        `haraka-plugin-${pluginName} is neither in ${join(install, 'node_modules')} nor beside Haraka`,
      )
      return
    }
    if (place.kind === 'file' || place.isOwn) {
      report.found('package-shadowed', `Haraka takes ${place.file} for this plugin`, {
        file: place.file,
        line: null,
      })
      return
    }
    const found = readPackage(place.folder)
    if (!found) {
      report.found('package-broken', `${place.file} cannot be used`, { file: place.file, line: null })
      return
    }
    const main = resolve(place.folder, found.main)
    if (!existsSync(main)) {
      report.found('package-broken', `${main}, which package.json names, is missing`, {
        file: place.file,
        line: null,
      })
      return
    }
    report.ok('package-missing', `Haraka finds the package in ${place.folder}`)
    if (found.version === given.version) report.ok('package-version', `both are of version ${found.version}`)
    else {
      report.found(
        'package-version',
        `Haraka finds version ${found.version}, this command is of version ${given.version}`,
        {
          file: place.file,
          line: null,
        },
      )
    }
  },
)
