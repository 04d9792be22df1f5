import type { Store } from '../../src/store/store'
import type { RunningHaraka } from '../support/haraka'
import type { RedisCluster, RedisServer, SentinelGroup } from '../support/redis'
import type { Cast } from './cast'
import type { FaultyNetwork } from './proxy'

/** Where memory lives, and how the suite itself gets at it, past everything that is made to fail. */
export type Home = {
  /** Of `exchange-enforcement.ini`. */
  readonly lines: string
  readonly open: () => Promise<Store>
  readonly stop: () => Promise<void>
} & (
  | { readonly kind: 'redis'; readonly redis: RedisServer; readonly network: FaultyNetwork }
  | { readonly kind: 'sentinel'; readonly group: SentinelGroup }
  | { readonly kind: 'cluster'; readonly cluster: RedisCluster }
  | { readonly kind: 'lmdb'; readonly folder: string }
)
export type HomeKind = Home['kind']

export interface Scene<H extends Home = Home> {
  readonly home: H
  readonly haraka: RunningHaraka
  readonly cast: Cast
  /** Sets the clock of Haraka's processes ahead or back, until it is called with 0. */
  readonly shiftClock: (byMs: number) => void
}

interface Common {
  /** Names it on the command line and in the page. */
  readonly name: string
  readonly title: string
  /** How long it lasts; default 3 s. */
  readonly forMs?: number
  /**
   * `workers`: some end, as the fault wants, and sessions are cut; `all`: Haraka itself ends and is started again. Default:
   * nobody ends.
   */
  readonly ends?: 'workers' | 'all'
  /**
   * Connections may be lost, and messages be put off by the queue, for reasons that are not ours, as where a process has no
   * descriptor left.
   */
  readonly cutsSessions?: boolean
  /** Haraka is down from when it is inflicted until it is mended: nobody can send. */
  readonly isDown?: boolean
  /** Nothing may change at all: not even F1 is needed. */
  readonly unnoticed?: boolean
  /** What memory held is gone, by the fault itself; it is written anew before all is to be well again. */
  readonly losesMemory?: boolean
  /** Further environment of Haraka, from the start. */
  readonly env?: Readonly<Record<string, string>>
}

type At<K extends HomeKind> = Scene<Extract<Home, { kind: K }>>

/** One thing that goes wrong, and how it ends. */
export type Fault = Common &
  {
    readonly [K in HomeKind]: {
      readonly home: K
      readonly inflict: (scene: At<K>) => Promise<void> | void
      readonly mend: (scene: At<K>) => Promise<void> | void
    }
  }[HomeKind]

export async function inflict(fault: Fault, scene: Scene): Promise<void> {
  await act(fault, scene, 'inflict')
}

export async function mend(fault: Fault, scene: Scene): Promise<void> {
  await act(fault, scene, 'mend')
}

async function act(fault: Fault, scene: Scene, what: 'inflict' | 'mend'): Promise<void> {
  const { home } = scene
  if (fault.home === 'redis' && home.kind === 'redis') return fault[what]({ ...scene, home })
  if (fault.home === 'sentinel' && home.kind === 'sentinel') return fault[what]({ ...scene, home })
  if (fault.home === 'cluster' && home.kind === 'cluster') return fault[what]({ ...scene, home })
  if (fault.home === 'lmdb' && home.kind === 'lmdb') return fault[what]({ ...scene, home })
  throw new Error(`${fault.name} needs ${fault.home}, not ${home.kind}`)
}
