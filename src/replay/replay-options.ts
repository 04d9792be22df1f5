import type { Settings } from '../config/settings'
import type { Catalogue } from '../rules/verdict/catalogue'
import type { OwnHosts } from './own-hosts'

export interface ReplayOptions {
  /** As they would have been (`settingsUnder`). */
  readonly settings: Settings
  readonly catalogue: Catalogue
  readonly own: OwnHosts
  /** Messages that arrived before or, from this instant on, later are left out. */
  readonly from: number | null
  readonly until: number | null
  /** Before it everything is only reported; clocks run all the same. */
  readonly enforceFrom: number | null
}

/** What was read, message by message. */
export interface ReadCounts {
  messages: number
  /** Nothing in them tells when they arrived. */
  undated: number
  /** Arrived before or after the time asked for. */
  outside: number
  /** Nobody's, like the three below: not judged. */
  unattributed: number
  ambiguous: number
  authenticated: number
  /** Their connector is off. */
  off: number
  /** Judged, by what they were attributed by. */
  certificate: number
  address: number
  internet: number
}
