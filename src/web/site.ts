import type { ListenAddress, Settings } from '../config/settings'
import type { SettingsSource } from '../config/source'
import type { TokenFile } from '../config/token-file'
import type { Notice } from '../report/page/page'
import type { Catalogue } from '../rules/verdict/catalogue'
import type { Journal } from './journal'
import type { LoginThrottle } from './login-throttle'
import type { OrderDesk } from './order-desk'
import type { Sessions } from './sessions'
import type { Snapshots } from './snapshots'
import type { StoreLink } from './store-link'

/** What the pages are made of; everything from outside comes in here. */
export interface Site {
  readonly listen: ListenAddress
  readonly settings: () => Settings
  readonly source: SettingsSource
  readonly catalogue: () => Catalogue
  readonly link: StoreLink
  readonly snapshots: Snapshots
  readonly desk: OrderDesk
  readonly token: TokenFile
  readonly sessions: Sessions
  readonly throttle: LoginThrottle
  readonly journal: Journal
  /** What is wrong around the page itself: files that are refused. */
  readonly troubles: () => readonly Notice[]
  readonly now: () => number
  /** A new unique id. */
  readonly newId: () => string
}
