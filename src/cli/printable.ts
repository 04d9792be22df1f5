/** S7: what a terminal would obey instead of show, or show in another order than it stands. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
const unprintableInJson = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu

/** Text for a terminal, in one line, whatever bytes it came from. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** JSON that means the same and holds nothing that a terminal obeys. */
export function safeJson(json: string): string {
  return json.replace(unprintableInJson, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

/** `pretty`: for people, over several lines. */
export function jsonText(value: unknown, pretty = false): string {
  return safeJson(JSON.stringify(value, null, pretty ? 2 : undefined))
}
