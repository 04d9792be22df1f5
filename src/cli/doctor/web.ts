import { mainFile } from '../../config/schema'
import { howToMake, readToken } from '../../config/token-file'
import { readText } from './config-folder'
import { area } from './finding'

export const webArea = area(
  'Page',
  {
    'web-token': {
      severity: 'warning',
      about:
        "The file with the token of the operator's page is open to others or cannot be used, so that the page lets nobody in.",
      remedy: "Close it with chmod 600, or make another with 'exchange-enforcement serve --make-token'.",
    },
  },
  (scene, report) => {
    const file = scene.settings()?.web.tokenFile
    if (!scene.config || file === null || file === undefined) return
    const written = readText(file)
    // One that is not there is told with the configuration.
    if (written.state === 'absent') return
    if (written.state === 'unreadable') {
      report.unknown('web-token', `${file} cannot be looked at (${written.why})`)
      return
    }
    const token = readToken(file, howToMake.page)
    if (token.ok) report.ok('web-token', `${file} holds a token`)
    else report.found('web-token', token.why, scene.config.ini(mainFile).evidence('token_file', 'web'))
  },
)
