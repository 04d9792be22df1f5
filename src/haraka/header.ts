import { headerName, isReportingField } from '../rules/decision/header'
import type { Transaction } from './types'

/** Removes every field of our name that came from outside, in any spelling (R1). */
export function stripReportingFields(transaction: Transaction): number {
  const list = transaction.header.header_list
  let kept = 0
  // In place, since Haraka shares the list with the message; each field is moved once, however many are taken out.
  for (const field of list) {
    if (isReportingField(field)) continue
    list[kept] = field
    kept += 1
  }
  const removed = list.length - kept
  list.length = kept
  // Haraka keeps a second, parsed copy.
  if (removed > 0) transaction.remove_header(headerName)
  return removed
}

export function addReportingField(transaction: Transaction, value: string): void {
  transaction.add_header(headerName, value)
}

/** The raw fields as the peer sent them: without the Received field that this Haraka has put on top. */
export function fieldsOfPeer(transaction: Transaction): readonly string[] {
  const list = transaction.header.header_list
  const own = list.findIndex((field) => isReceived(field))
  return own >= 0 && bearsId(list[own] ?? '', transaction.uuid)
    ? [...list.slice(0, own), ...list.slice(own + 1)]
    : list
}

/** Ids of a session's messages count up, so that one may be the beginning of another: `….1`, `….10`. */
function bearsId(field: string, id: string): boolean {
  const at = field.indexOf(` id ${id}`)
  return at >= 0 && !/^[\w.-]/.test(field.slice(at + 4 + id.length))
}

function isReceived(field: string): boolean {
  return /^received[ \t]*:/i.test(field)
}
