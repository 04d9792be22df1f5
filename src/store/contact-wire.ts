import type { ContactRecord, LetterState } from '../rules/notice/record'
import { schemaNumber, type ContactWire, type LetterStateWire } from './wire-shape'

/** A notice names its letter by place, since hundreds may stand in one. */
export function packContact(value: ContactRecord): ContactWire {
  const places = new Map(value.letters.map(({ id }, place) => [id, place]))
  const told = value.notices.map((notice): NonNullable<ContactWire['told']>[number] => [
    notice.kind,
    notice.server,
    notice.mark,
    notice.until,
    // A letter that is not there has no place: the shape refuses the record.
    places.get(notice.letter) ?? value.letters.length,
  ])
  return {
    s: schemaNumber,
    t: value.tenant,
    c: value.contact,
    ...(value.letters.length > 0 && {
      letters: value.letters.map((letter) => ({
        id: letter.id,
        made: letter.madeAt,
        now: packState(letter),
      })),
    }),
    ...(told.length > 0 && { told }),
  }
}

export function unpackContact({ t, c, letters = [], told = [] }: ContactWire): ContactRecord {
  return {
    tenant: t,
    contact: c,
    letters: letters.map(({ id, made, now }) => ({ id, madeAt: made, ...unpackState(now) })),
    notices: told.map(([kind, server, mark, until, place]) => ({
      kind,
      server,
      mark,
      until,
      letter: letters[place]?.id ?? '',
    })),
  }
}

function packState(letter: LetterState): LetterStateWire {
  const { at } = letter
  switch (letter.state) {
    case 'claimed':
    case 'sending':
      return { is: letter.state, at, by: letter.by, tries: letter.attempts, doubts: letter.doubts }
    case 'failed':
      return {
        is: letter.state,
        at,
        tries: letter.attempts,
        doubts: letter.doubts,
        why: letter.error,
        again: letter.retryAt,
      }
    case 'queued':
      return { is: letter.state, at, ...(letter.error !== null && { why: letter.error }) }
    case 'sent':
    case 'doubtful':
      return { is: letter.state, at }
    case 'undelivered':
      return { is: letter.state, at, why: letter.error }
  }
}

function unpackState(wire: LetterStateWire): LetterState {
  const { at } = wire
  switch (wire.is) {
    case 'claimed':
    case 'sending':
      return { state: wire.is, at, by: wire.by, attempts: wire.tries, doubts: wire.doubts }
    case 'failed':
      return {
        state: wire.is,
        at,
        attempts: wire.tries,
        doubts: wire.doubts,
        error: wire.why,
        retryAt: wire.again,
      }
    case 'queued':
      return { state: wire.is, at, error: wire.why ?? null }
    case 'sent':
    case 'doubtful':
      return { state: wire.is, at }
    case 'undelivered':
      return { state: wire.is, at, error: wire.why }
  }
}
