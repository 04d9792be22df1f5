import type { Language } from '../config/language'
import type { Block, Document, Fact } from './document'

const font =
  "-apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'Hiragino Sans', 'Yu Gothic', Meiryo, sans-serif"
const mono = "Consolas, Menlo, 'DejaVu Sans Mono', monospace"

/**
 * The document as a page of its own. No colours but those of the reader's program, so that it is as good in the dark; nothing is
 * loaded, and styles stand with the elements, since many programs drop all others.
 */
export function renderHtml({ subject, blocks }: Document, language: Language): string {
  return `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title>
<style>:root { color-scheme: light dark }</style>
</head>
<body style="margin: 0; padding: 16px">
<div style="max-width: 44em; margin: 0 auto; font: 16px/1.5 ${font}; overflow-wrap: anywhere">
${blocks.map(renderBlock).join('\n')}
</div>
</body>
</html>
`
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return block.level === 1
        ? `<h1 style="font-size: 20px; line-height: 1.3; margin: 28px 0 8px">${escapeHtml(block.text)}</h1>`
        : `<h2 style="font-size: 17px; line-height: 1.3; margin: 20px 0 6px; padding-top: 12px; border-top: 1px solid rgba(128, 128, 128, 0.5)">${escapeHtml(block.text)}</h2>`
    case 'paragraph':
      return `<p style="margin: 8px 0">${escapeHtml(block.text)}</p>`
    case 'list':
      return list(block.items, '')
    case 'facts':
      return `<dl style="margin: 8px 0">\n${block.facts.map(renderFact).join('\n')}\n</dl>`
    case 'link': {
      const address = escapeHtml(block.address)
      return `<p style="margin: 8px 0">${escapeHtml(block.label)} <a href="${address}">${address}</a></p>`
    }
  }
}

function renderFact({ label, values, verbatim = false }: Fact): string {
  const style = verbatim ? `font: 13px/1.5 ${mono}` : ''
  const [only] = values
  const value = values.length === 1 ? span(only ?? '', style) : list(values, style)
  return `<dt style="margin: 8px 0 0; font-weight: 600">${escapeHtml(label)}</dt>\n<dd style="margin: 0">${value}</dd>`
}

function list(items: readonly string[], style: string): string {
  const lines = items.map((item) => `<li style="margin: 2px 0">${span(item, style)}</li>`)
  return `<ul style="margin: 4px 0; padding-left: 22px">\n${lines.join('\n')}\n</ul>`
}

function span(text: string, style: string): string {
  return style === '' ? escapeHtml(text) : `<span style="${style}">${escapeHtml(text)}</span>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
