import assert from 'node:assert/strict'
import { obeyedByTerminals } from '../cli/support'
import { payloads } from './payloads'

/** Every text in a value, at any depth. */
export function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([, each]) => strings(each))
}

/** A text that must never stand in a page as it is: with markup in it, or what ends the markup around it. */
const markup = payloads
  .map(([text]) => text.toLowerCase())
  .filter((text) => /[<>"']/.test(text) || text.includes('&lt;'))

/** Whatever is in it from outside is text: no markup, nothing that runs, nothing that a terminal would obey. */
export function assertHarmlessPage(page: string, where: string): void {
  const shown = page.replaceAll(/\r?\n/g, '\n')
  assert.doesNotMatch(shown, obeyedByTerminals, where)
  const lower = shown.toLowerCase()
  for (const text of markup) assert.ok(!lower.includes(text), `${where}: ${text}`)
  for (const [tag] of lower.matchAll(/<[a-z](?:[^>"']|"[^"]*"|'[^']*')*>/g)) {
    assert.doesNotMatch(tag, /(?:href|src|action)="\s*javascript:/, where)
    const names = tag.replaceAll(/"[^"]*"|'[^']*'/g, '""')
    assert.doesNotMatch(names, /^<script(?! src="")|^<img|\son[a-z]+\s*=/, where)
  }
}
