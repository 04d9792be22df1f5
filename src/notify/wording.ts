import { languageOf, type Language } from '../config/language'
import type { Day } from '../rules/time'
import { de } from './texts/de'
import { en } from './texts/en'
import { fr } from './texts/fr'
import { ja } from './texts/ja'
import { nl } from './texts/nl'
import type { Forms, Texts } from './texts/texts'

const all: { readonly [L in Language]: Texts } = { en, de, fr, nl, ja }

/** The texts of a language, and its ways to write dates, numbers and counted words. */
export class Wording {
  readonly texts: Texts
  readonly #instant: Intl.DateTimeFormat
  readonly #day: Intl.DateTimeFormat
  readonly #number: Intl.NumberFormat
  readonly #plural: Intl.PluralRules

  constructor(language: Language) {
    this.texts = all[language]
    const { locale } = this.texts
    const day = { year: 'numeric', month: 'long', day: 'numeric', timeZone: 'UTC' } as const
    const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' } as const
    this.#day = new Intl.DateTimeFormat(locale, day)
    this.#instant = new Intl.DateTimeFormat(locale, { ...day, ...time })
    this.#number = new Intl.NumberFormat(locale)
    this.#plural = new Intl.PluralRules(locale)
  }

  /** `27 December 2026 at 10:15 UTC`; always UTC, and says so. */
  instant(at: number): string {
    return this.#date(this.#instant, at)
  }

  day(day: Day): string {
    return this.#date(this.#day, Date.parse(`${day}T00:00:00Z`))
  }

  #date(format: Intl.DateTimeFormat, at: number): string {
    const { firstDay } = this.texts
    const parts = format.formatToParts(at)
    return parts.map(({ type, value }) => (type === 'day' && value === '1' ? firstDay : value)).join('')
  }

  number(value: number): string {
    return this.#number.format(value)
  }

  /** `1 minute`, `5 minutes`. */
  counted(value: number, forms: Forms): string {
    return (forms[this.#plural.select(value)] ?? forms.other).replace('#', this.number(value))
  }
}

/** Of several tags the first whose language has texts; else English. */
export function wordingFor(...tags: readonly (string | null)[]): Wording {
  const found = tags.map((tag) => (tag === null ? null : languageOf(tag))).find((each) => each !== null)
  return new Wording(found ?? 'en')
}
