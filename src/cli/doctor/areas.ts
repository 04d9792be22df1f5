import { catalogueArea } from './catalogue'
import { clockArea } from './clock'
import { configurationArea } from './configuration'
import type { Area } from './finding'
import { harakaArea } from './haraka'
import { mailArea } from './mail'
import { metricsArea } from './metrics'
import { packageArea } from './package'
import { pluginsArea } from './plugins'
import { redisArea } from './redis'
import { storeArea } from './store'
import { tlsArea } from './tls'
import { webArea } from './web'

/** Everything that is looked at, in the order in which it is told. */
export const areas: readonly Area[] = [
  harakaArea,
  packageArea,
  pluginsArea,
  configurationArea,
  tlsArea,
  catalogueArea,
  storeArea,
  redisArea,
  clockArea,
  metricsArea,
  mailArea,
  webArea,
]
