import { mainFile } from '../../config/schema'
import { howToMake } from '../../config/token-file'
import { area } from './finding'
import { lookAtToken } from './token'

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
    const look = lookAtToken(file, howToMake.page)
    switch (look.state) {
      case 'usable':
        report.ok('web-token', `${file} holds a token`)
        return
      case 'useless':
        report.found('web-token', look.why, scene.config.ini(mainFile).evidence('token_file', 'web'))
        return
      case 'unreadable':
        report.unknown('web-token', look.why)
        return
      case 'absent':
        return
    }
  },
)
