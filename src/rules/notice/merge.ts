import { isOpen, noticeText } from './ledger'
import type { ContactRecord, Letter, WrittenNotice } from './record'

/** What a contact was told by either of two records that were kept apart for a while: nothing that one of them sent is due again. */
export function mergeContacts(one: ContactRecord, other: ContactRecord): ContactRecord {
  const letters = new Map<string, Letter>()
  for (const letter of [...one.letters, ...other.letters]) {
    const known = letters.get(letter.id)
    if (known === undefined || known.at <= letter.at) letters.set(letter.id, letter)
  }
  const notices = new Map<string, WrittenNotice>()
  for (const notice of [...one.notices, ...other.notices]) {
    const known = notices.get(noticeText(notice))
    const letter = known && letters.get(known.letter)
    // Of two letters that tell the same, the one that may go out again gives way.
    if (letter === undefined || isOpen(letter)) notices.set(noticeText(notice), notice)
  }
  return {
    tenant: other.tenant,
    contact: other.contact,
    letters: [...letters.values()].sort((a, b) => a.madeAt - b.madeAt),
    notices: [...notices.values()],
  }
}
