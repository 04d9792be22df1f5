import type { Block, Document, Fact } from './document'
import type { Texts } from './texts/texts'

/** The document as plain text. Lines are not broken: the reader's program does that, in every language. */
export function renderText({ blocks }: Document, { colon }: Pick<Texts, 'colon'>): string {
  return `${blocks.map((block) => renderBlock(block, colon)).join('\n\n')}\n`
}

function renderBlock(block: Block, colon: string): string {
  switch (block.kind) {
    case 'heading':
      return block.level === 1 ? `\n=== ${block.text} ===` : `--- ${block.text}`
    case 'paragraph':
      return block.text
    case 'list':
      return block.items.map((item) => `- ${item}`).join('\n')
    case 'facts':
      return block.facts.map((fact) => renderFact(fact, colon)).join('\n')
    case 'link':
      return `${block.label} ${block.address}`
  }
}

function renderFact({ label, values }: Fact, colon: string): string {
  const [only] = values
  return values.length === 1
    ? `${label}${colon}${only}`
    : `${label}${colon.trimEnd()}\n${values.map((each) => `  - ${each}`).join('\n')}`
}
