import type { Fault } from './fault'
import { faultsOfLmdb } from './faults-of-lmdb'
import { faultsOfRedis } from './faults-of-redis'
import { faultsOfTheHost } from './faults-of-the-host'

/** Everything that the suite makes go wrong, in the order in which it does. */
export const faults: readonly Fault[] = [...faultsOfRedis, ...faultsOfLmdb, ...faultsOfTheHost]
