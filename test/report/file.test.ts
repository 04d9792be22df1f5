import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { collect } from '../../src/report/collect'
import { explain } from '../../src/report/explanation'
import { fileReport, type FileReport } from '../../src/report/page/file'
import { accessibilityFaults, consoleMessages, openBrowser, strangeRequests } from '../support/browser'
import { filled, fleetAt, fleetRules, hostileText, richServers, richTenants } from '../support/fleet'
import { tenantRecord } from '../support/records'

async function written(change: Partial<FileReport> = {}): Promise<string> {
  let text = ''
  const report: FileReport = {
    fleet: await collect(await filled(), fleetRules, fleetAt),
    catalogue: fleetRules.catalogue,
    policy: fleetRules.policy,
    configuration: [
      {
        name: 'x.ini',
        sections: [{ name: 'main', entries: [{ key: 'mode', value: hostileText, isDefault: false }] }],
      },
    ],
    configurationFolder: '/etc/haraka/config',
    details: 100,
    explain: async ({ tenant, server }) => {
      const record = richServers.find((each) => each.tenant === tenant && each.server === server)
      const owner = richTenants.find((each) => each.tenant === tenant) ?? tenantRecord(tenant)
      return record ? explain(record, owner, fleetRules, fleetAt) : null
    },
    ...change,
  }
  for await (const piece of fileReport(report)) text += piece
  return text
}

describe('The report in one file', () => {
  it('has pages for as many servers and tenants as are asked for, and says how many it leaves out', async () => {
    const text = await written({ details: 2 })
    assert.equal([...text.matchAll(/class="page" id="server-/g)].length, 2)
    assert.equal([...text.matchAll(/class="page" id="tenant-/g)].length, 2)
    assert.match(text, /2 servers\s+have a page of their\s+own in this file.*?;\s+12 others\s+have none/s)
    const targets = new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))
    for (const [, to = ''] of text.matchAll(/href="#([^"]*)"/g))
      assert.ok(targets.has(to), `#${to} leads nowhere`)
  })

  it('says so where a record has gone meanwhile', async () =>
    assert.match(await written({ explain: async () => null }), /could not be read any more/))

  it('has ids that stand once', async () => {
    const ids = [...(await written()).matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)
    assert.equal(ids.length, new Set(ids).size)
  })
})

describe('The report in one file, in Chromium', function () {
  this.timeout(120_000)
  const folder = mkdtempSync(join(tmpdir(), 'exchange-enforcement-report-'))
  const address = pathToFileURL(join(folder, 'report.html')).href
  let browser: Browser

  before(async () => {
    writeFileSync(join(folder, 'report.html'), await written())
    // axe-core looks at hidden pages as well.
    writeFileSync(join(folder, 'small.html'), await written({ details: 1 }))
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function opened(options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    return browser.newPage(options)
  }
  const heading = (page: Page) => page.locator('h1:visible').allInnerTexts()

  it('opens from the disk without a script, asks for nothing else, and leads to every page', async () => {
    const page = await opened({ javaScriptEnabled: false })
    const strange = strangeRequests(page, (to) => to.split('#')[0] === address)
    const messages = consoleMessages(page)
    await page.goto(address)
    assert.deepEqual(await heading(page), ['Overview'])
    for (const name of ['Servers', 'Tenants', 'Catalogue', 'Configuration', 'Overview']) {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
      assert.deepEqual(await heading(page), [name])
    }
    await page.getByRole('link', { name: 'ex05.contoso.com' }).first().click()
    assert.match((await heading(page)).join(), /ex05\.contoso\.com/)
    await page.getByRole('link', { name: 'contoso', exact: true }).first().click()
    assert.deepEqual(await heading(page), ['contoso'])
    assert.deepEqual(strange, [])
    assert.deepEqual(messages, [], 'its own policy lets through all it needs')
    await page.close()
  })

  it('cuts the list down to a status or a stage without a script', async () => {
    const page = await opened({ javaScriptEnabled: false })
    await page.goto(address)
    await page.getByRole('link', { name: 'paused' }).first().click()
    const rows = page.locator('tr.row:visible')
    assert.deepEqual(await rows.locator('th').allInnerTexts(), ['mail.fabrikam.com'])
    await page
      .getByRole('navigation', { name: 'Which servers' })
      .getByRole('link', { name: 'stage 8' })
      .click()
    assert.deepEqual(await rows.locator('th').allInnerTexts(), ['ex08.contoso.com'])
    await page.close()
  })

  it('shows what strangers call themselves as text', async () => {
    const page = await opened()
    const dialogs: string[] = []
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    await page.goto(address)
    await page.locator('nav').getByRole('link', { name: 'Servers' }).click()
    await page
      .locator('tr.row:visible')
      .getByRole('link', { name: '<script>alert(1)</script>' })
      .first()
      .click()
    const text = await page.locator('.page:visible').innerText()
    for (const part of ['EHLO <script>alert(1)</script>', 'exempted', '\\u{202e}gpj.exe']) {
      assert.ok(text.includes(part), part)
    }
    assert.doesNotMatch(text, /\u202e/)
    assert.deepEqual(dialogs, [])
    await page.close()
  })

  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 390],
  ] as const) {
    it(`has no serious fault of accessibility, ${colorScheme}, ${width} wide, and is not wider than the screen`, async () => {
      const page = await opened({ colorScheme, viewport: { width, height: 900 } })
      const small = pathToFileURL(join(folder, 'small.html')).href
      await page.goto(small)
      const ids =
        width > 1000 ? ['overview', 'servers', 'tenants', 'catalogue', 'configuration'] : ['servers']
      const [server] = await page.locator('.page[id^=server-]').all()
      const [tenant] = await page.locator('.page[id^=tenant-]').all()
      for (const id of [...ids, await server?.getAttribute('id'), await tenant?.getAttribute('id')]) {
        await page.goto(`${small}#${id ?? ''}`)
        assert.deepEqual(await accessibilityFaults(page), [], id ?? '')
        const beyond: number = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
        assert.ok(beyond <= 0, `${id ?? ''} is ${beyond} px too wide`)
      }
      await page.close()
    })
  }

  it('prints dark on white, without what can only be clicked', async () => {
    const page = await opened({ colorScheme: 'dark' })
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    await page.goto(address)
    assert.equal(await page.locator('.top nav').isVisible(), false)
    const ground: string = await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    assert.equal(ground, 'rgb(255, 255, 255)')
    await page.close()
  })
})
