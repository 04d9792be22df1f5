import { statSync } from 'node:fs'
import { mainFile } from '../../config/schema'
import { readText } from './config-folder'
import { area } from './finding'

export const webArea = area(
  'Page',
  {
    'web-token-unusable': {
      severity: 'warning',
      about:
        "The file with the token of the operator's page cannot be used, so that the page does not start.",
      remedy: 'Make it with openssl rand -hex 32 > FILE, readable for the user of the page alone.',
    },
    'web-token-exposed': {
      severity: 'warning',
      about: "Others may read the token of the operator's page, and so pause and exempt.",
      remedy: 'Run chmod 600 on it, and write another token into it if others had access.',
    },
  },
  (scene, report) => {
    const file = scene.settings()?.web.tokenFile
    if (!scene.config || file === null || file === undefined) return
    const evidence = scene.config.ini(mainFile).evidence('token_file', 'web')
    const read = readText(file)
    // One that is not there is told with the configuration.
    if (read.state === 'absent') return
    if (read.state === 'unreadable')
      report.unknown('web-token-unusable', `${file} cannot be read (${read.why})`)
    else if (read.text.trim() === '') report.found('web-token-unusable', `${file} is empty`, evidence)
    else {
      report.ok('web-token-unusable', `${file} holds a token`)
      const mode = statSync(file).mode & 0o777
      if ((mode & 0o077) !== 0)
        report.found('web-token-exposed', `${file} has mode 0${mode.toString(8)}`, { file, line: null })
    }
  },
)
