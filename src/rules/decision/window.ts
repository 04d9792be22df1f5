import { hourMs, minuteMs } from '../time'
import type { Stage } from '../clock/schedule'
import type { Action } from './decision'

/** The place of a server's windows in every UTC hour, in ms; 0 for all where they are not spread (W1, W2). */
export function windowOffsetMs(tenant: string, server: string, spread: boolean): number {
  return spread ? (hash32(`${tenant}\n${server}`) % 3600) * 1000 : 0
}

/** FNV-1a over UTF-16 code units with the finaliser of MurmurHash3, so that alike names lie apart. */
function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

export interface WindowState {
  readonly action: Action
  /** When this part of the hour ends. */
  readonly until: number
}

/** Defer minutes first, refuse minutes right after, cyclic (W1). */
export function windowAt(stage: Stage, offsetMs: number, at: number): WindowState {
  const position = (((at - offsetMs) % hourMs) + hourMs) % hourMs
  const deferEnd = stage.deferMinutes * minuteMs
  const refuseEnd = deferEnd + stage.refuseMinutes * minuteMs
  const until = (end: number) => at + (end - position)
  if (position < deferEnd) return { action: 'defer', until: until(deferEnd) }
  if (position < refuseEnd) return { action: 'refuse', until: until(refuseEnd) }
  return { action: 'accept', until: until(hourMs) }
}
