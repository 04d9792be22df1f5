import { CatalogueError, loadCatalogue, packagedCataloguePath } from '../../config/catalogue-file'
import { dayMs } from '../../rules/time'
import { area } from './finding'

const oldDays = 90

export const catalogueArea = area(
  'Catalogue',
  {
    'catalogue-invalid': {
      severity: 'error',
      about:
        'The catalogue of builds cannot be used: at start the plugin stays off, later the last good one stays.',
      remedy:
        "Put a good file in its place, or remove it, so that the packaged one holds; 'exchange-enforcement catalogue check' lists everything.",
    },
    'catalogue-old': {
      severity: 'warning',
      about:
        'The catalogue in force is older than 90 days: floors, updates and vulnerabilities since then are missing, and outdated servers pass.',
      remedy:
        'Update the package, or put a newer exchange-enforcement.catalogue.json into the config folder.',
    },
    'catalogue-overridden': {
      severity: 'warning',
      about: 'The catalogue in the config folder goes before the one of the package, and is older.',
      remedy: 'Remove exchange-enforcement.catalogue.json from the config folder, or bring it up to date.',
    },
    'clock-before-catalogue': {
      severity: 'error',
      about:
        'The clock of this host is before the day on which the catalogue was made: it is wrong, and so are all stages.',
      remedy: 'Set the clock, and keep it so with chrony or systemd-timesyncd.',
    },
  },
  (scene, report) => {
    const own = scene.catalogue()
    if (own instanceof CatalogueError) {
      const [{ field, problem }] = own.problems
      const more = own.problems.length > 1 ? ` (and ${own.problems.length - 1} more)` : ''
      const message = `${field === '' ? 'it' : field} ${problem}${more}`
      report.found('catalogue-invalid', message, { file: own.file, line: null })
      return
    }
    const { current, path } = own
    const { now } = scene.given
    const evidence = { file: path, line: null }
    const clock = `the clock says ${new Date(now).toISOString()}`
    const age = Math.floor((now - Date.parse(current.asOf)) / dayMs)
    if (age < 0)
      report.found('clock-before-catalogue', `${clock}, the catalogue is of ${current.asOf}`, evidence)
    else report.ok('clock-before-catalogue', clock)
    if (age > oldDays) report.found('catalogue-old', `it is of ${current.asOf}, ${age} days ago`, evidence)
    else report.ok('catalogue-old', `the catalogue is of ${current.asOf}`)
    const packaged = packagedCataloguePath()
    if (path === packaged) return
    const { asOf } = loadCatalogue(packaged)
    if (asOf > current.asOf) {
      report.found('catalogue-overridden', `it is of ${current.asOf}, the packaged one of ${asOf}`, evidence)
    }
  },
)
