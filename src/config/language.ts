/** Languages in which notices are written. */
export const languages = ['en', 'de', 'fr', 'nl', 'ja'] as const
export type Language = (typeof languages)[number]

/** The language that a tag names, whatever its region (`de-CH`); `null`: notices are not written in it. */
export function languageOf(tag: string): Language | null {
  const primary = tag.split('-', 1)[0]?.toLowerCase()
  return languages.find((language) => language === primary) ?? null
}

export const notALanguage = `notices are not written in it, only in ${languages.join(', ')}`
