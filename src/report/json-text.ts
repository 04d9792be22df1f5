/** S7: as in text, but for what JSON escapes itself. */
const unprintableInJson = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu

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
