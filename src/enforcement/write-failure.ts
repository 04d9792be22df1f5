import type { UpdateFailure } from '../store/recollection'

/** Whether trying again later is of no use: the record itself is in the way, not the store. */
export function isLasting(reason: UpdateFailure): boolean {
  return reason === 'unreadable' || reason === 'fault'
}
