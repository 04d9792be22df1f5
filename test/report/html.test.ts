import assert from 'node:assert/strict'
import { html } from '../../src/report/page/html'
import { idOf, servedLinks } from '../../src/report/page/links'
import { breakable } from '../../src/report/page/words'

describe('HTML', () => {
  const table: readonly (readonly [text: string, shown: string, reason: string])[] = [
    ['ex01', 'ex01', 'plain'],
    ['<script>', '&lt;script&gt;', 'a tag'],
    ['" onload="x', '&quot; onload=&quot;x', 'the end of an attribute'],
    ["' x='", '&#39; x=&#39;', 'the other quote'],
    ['&lt;', '&amp;lt;', 'what is escaped already stays as it was written'],
    ['a\u202eb', 'a\\u{202e}b', 'a turn of the direction'],
    ['a\u0000b\u001b[31m\n', 'a\\u{0}b\\u{1b}[31m\\u{a}', 'control characters'],
    ['\ud800', '\\u{d800}', 'half a character'],
    ['Zürich 東京', 'Zürich 東京', 'letters of any language'],
    ['</title>', '&lt;/title&gt;', 'the end of an element whose content is text'],
  ]
  for (const [text, shown, reason] of table) {
    it(`shows ${JSON.stringify(text)} as text: ${reason}`, () => {
      assert.equal(html`<p>${text}</p>`.toString(), `<p>${shown}</p>`)
      assert.equal(html`<p title="${[text]}"></p>`.toString(), `<p title="${shown}"></p>`)
    })
  }

  it('leaves out what is nothing, and keeps what is HTML already', () => {
    assert.equal(html`${null}${undefined}${false}${0}${''}`.toString(), '0')
    assert.equal(html`${[html`<b>${'<'}</b>`, 'a']}`.toString(), '<b>&lt;</b>a')
  })

  it('does not send the indentation of its templates', () =>
    assert.equal(
      html`<ul>
        <li>${'a\n    b'}</li>
      </ul>`.toString(),
      '<ul>\n<li>a\\u{a}    b</li>\n</ul>',
    ))

  it('leads to a server whatever its name is', () => {
    assert.equal(servedLinks.server('a/b', '..%2f<x>?#'), '/servers/a%2Fb/..%252f%3Cx%3E%3F%23')
    assert.equal(servedLinks.tenant('\ud800x'), '/tenants/%EF%BF%BDx')
    assert.match(idOf('server', '"<', '\ud800'), /^server-[0-9a-f]{12}$/)
    assert.notEqual(idOf('server', 'a', 'b'), idOf('server', 'a b'))
  })

  it('breaks names behind their dots, and what is long anywhere', () => {
    assert.equal(breakable('a.b.example').toString(), 'a.<wbr />b.<wbr />example')
    assert.match(breakable('x'.repeat(40)).toString(), /^<span class="long">x{40}<\/span>$/)
  })
})
