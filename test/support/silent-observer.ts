import type { Observer } from '../../src/enforcement/observer'

/** For those who measure or show the plugin without its metrics. */
export const silentObserver: Observer = {
  count: () => undefined,
  decisionTook: () => undefined,
  storeTook: () => undefined,
}
