import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { languages } from '../../src/config/language'
import { renderHtml } from '../../src/notify/html'
import { documentFor } from '../../src/notify/letter'
import { sampleNotice, sampleRules } from '../../src/notify/sample'
import { noticeKinds } from '../../src/rules/notice/record'
import { accessibilityFaults, openBrowser, strangeRequests } from '../support/browser'
import { now, rules, settings } from './given'

/** Where pictures go; not set: none are taken. */
const pictures = process.env['NOTICE_PICTURES'] ?? ''

describe('The HTML of a notice, in a browser', function () {
  this.timeout(180_000)
  let browser: Browser
  before(async () => {
    browser = await openBrowser()
    if (pictures !== '') mkdirSync(pictures, { recursive: true })
  })
  after(() => browser.close())

  const given = settings()
  const sampled = sampleRules(rules(given))
  for (const language of languages) {
    it(`shows every kind in ${language}: readable, light and dark, narrow and wide, without loading anything`, async () => {
      const page = await browser.newPage()
      const strange = strangeRequests(page, () => false)
      for (const kind of noticeKinds) {
        const notice = sampleNotice(kind, sampled, now)
        assert.ok(notice)
        const contact = { contact: 'it@contoso.com', address: 'it@contoso.com', language }
        const document = documentFor([notice], 'contoso', contact, given, sampled, now)
        await page.setContent(renderHtml(document, language))
        assert.equal(await page.getAttribute('html', 'lang'), language)
        assert.equal(await page.title(), document.subject)
        for (const [colorScheme, width] of [
          ['light', 800],
          ['dark', 360],
        ] as const) {
          await page.emulateMedia({ colorScheme })
          await page.setViewportSize({ width, height: 900 })
          const wider = await page.evaluate('document.documentElement.scrollWidth > window.innerWidth')
          assert.equal(wider, false, `${kind} in ${language} does not fit into ${width} pixels`)
          if (pictures === '') continue
          await page.screenshot({
            path: join(pictures, `${language}-${kind}-${colorScheme}.png`),
            fullPage: true,
          })
        }
      }
      // It takes every page without a background for a white one.
      await page.emulateMedia({ colorScheme: 'light' })
      assert.deepEqual(await accessibilityFaults(page), [])
      assert.deepEqual(strange, [])
      await page.close()
    })
  }
})
