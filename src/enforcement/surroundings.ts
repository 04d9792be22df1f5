import type { Catalogue } from '../rules/verdict/catalogue'
import type { Memory } from './memory'
import type { Observer } from './observer'
import type { Ruleset } from './ruleset'

/** What enforcement works with; everything from outside comes in here. */
export interface Surroundings {
  readonly ruleset: () => Ruleset
  readonly catalogue: () => Catalogue
  readonly memory: Memory
  readonly now: () => number
  /** False while this host's clock and the store's differ too much: then nothing is enforced or written (F5). */
  readonly clockIsTrusted: () => boolean
  readonly observer: Observer
}
