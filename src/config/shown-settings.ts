import { defaultSettings } from './load'
import { printSettings } from './print-settings'
import { describedConnectorKeys } from './sample'
import { connectorsFile, mainFile } from './schema'
import type { Settings } from './settings'
import type { SettingsSource } from './source'

/**
 * The two files as they would have to be written to say what holds, for the report's page; secrets are masked. `isDefault`: it
 * would be the same if the file did not say it. `source`: where the settings were read.
 */
export function showSettings(settings: Settings, source: SettingsSource) {
  const printed = printSettings(settings, 'masked')
  const { main: defaults } = printSettings(defaultSettings(source), 'masked')
  const connectorDefaults = new Map(describedConnectorKeys().map(({ name, facts }) => [name, facts.default]))
  return [
    {
      name: mainFile,
      sections: Object.entries(printed.main).map(([name, entries]) => ({
        name,
        entries: Object.entries(entries).map(([key, value]) => ({
          key,
          value,
          isDefault: value === defaults[name]?.[key],
        })),
      })),
    },
    {
      name: connectorsFile,
      sections: printed.connectors.map(({ id, keys }) => ({
        name: id,
        entries: Object.entries(keys).map(([key, value]) => ({
          key,
          value,
          // A tenant that is not named is called like its connector.
          isDefault: value === (key === 'tenant' ? id : connectorDefaults.get(key)),
        })),
      })),
    },
  ]
}
