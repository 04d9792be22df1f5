import { printable } from '../rules/decision/printable'
import { iso } from '../rules/instant'

type Fact = string | number | boolean | null

/** Where the page says what it did: one line an event, `key=value`, on standard error. */
export interface Journal {
  /** @param event one word; `null` facts are left out */
  tell(event: string, facts: Readonly<Record<string, Fact>>): void
}

/** Texts are quoted, and what a terminal would obey or a log reader take for the next line is escaped (S7). */
export function journalTo(write: (line: string) => void, now: () => number): Journal {
  return {
    tell: (event, facts) => {
      const words = Object.entries(facts).flatMap(([key, fact]) =>
        fact === null ? [] : `${key}=${factText(fact)}`,
      )
      write([iso(now()), `event=${event}`, ...words].join(' '))
    },
  }
}

function factText(fact: NonNullable<Fact>): string {
  if (typeof fact !== 'string') return String(fact)
  if (/^[\w.:/@+-]+$/.test(fact)) return fact
  return `"${printable(fact.replace(/["\\]/g, '\\$&'))}"`
}
