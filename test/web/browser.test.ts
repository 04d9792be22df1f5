import assert from 'node:assert/strict'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { dayMs } from '../../src/rules/time'
import { json, lastEvidence, runningServer } from '../cli/support'
import { accessibilityFaults, consoleMessages, openBrowser, strangeRequests } from '../support/browser'
import { Office } from './office'

const script = '<script>alert(1)</script>'
const hostile = [
  `${script}.contoso.com`,
  '"><img src=x onerror=alert(1)>',
  "'-alert(1)-'.contoso.com",
  'ex\u202emoc.osotnoc.contoso.com',
  '${alert(1)}{{1+1}}.contoso.com',
  `${'very-long-'.repeat(24)}.contoso.com`,
]

describe('The page in a browser', function () {
  this.timeout(60_000)
  let office: Office
  let browser: Browser
  const now = Date.now()
  const until = new Date(now + 30 * dayMs).toISOString().slice(0, 10)

  before(async () => {
    office = new Office()
    const stages = [5, 33, 43, 53, 63, 73, 83, 93]
    await office.place.put(
      ...stages.map((days, at) => runningServer(`ex0${at + 1}.contoso.com`, days, now)),
      ...hostile.map((name, at) =>
        runningServer(name, 20 + at, now, {
          lastEvidence: lastEvidence({
            ehlo: name,
            header: `Received: ${name}`,
            messageId: name,
            mimeOle: script,
          }),
          events: [{ at: now - dayMs, kind: 'paused', reason: `${script} "quoted"` }],
        }),
      ),
      runningServer('ex01.fabrikam.com', 12, now, { tenant: 'fabrikam' }),
      runningServer('ex01.example.com', 12, now, { tenant: script }),
      {
        tenant: script,
        pauses: [
          { id: 'p', from: now - dayMs, until: now + dayMs, days: 2, reason: script, createdAt: now - dayMs },
        ],
        exemptions: [
          {
            id: 'e',
            target: { kind: 'server', server: script },
            until: now + dayMs,
            reason: script,
            createdAt: now,
          },
          {
            id: 'f',
            target: { kind: 'connector', connector: script },
            until: now + dayMs,
            reason: script,
            createdAt: now,
          },
        ],
      },
    )
    await office.open()
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    await office.remove()
  })

  /** With what it asked for elsewhere and what it complained about, to be empty in the end. */
  async function session(
    options: Parameters<Browser['newContext']>[0],
    work: (page: Page, context: BrowserContext) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext(options)
    try {
      const page = await context.newPage()
      const strange = strangeRequests(page, (address) => address.startsWith(`${office.origin}/`))
      const said = consoleMessages(page)
      page.on('dialog', (dialog) => void dialog.dismiss().then(() => assert.fail('a script ran')))
      await page.goto(office.origin)
      await page.getByLabel('Token').fill(office.token)
      await page.getByRole('button', { name: 'Log in' }).click()
      await work(page, context)
      assert.deepEqual(strange, [], 'nothing is loaded from elsewhere')
      const own = /^Failed to load resource: the server responded with a status of 4(04|22) /
      assert.deepEqual(
        said.filter((message) => !own.test(message)),
        [],
        'the browser refuses and reports nothing',
      )
    } finally {
      await context.close()
    }
  }

  const go = (page: Page, path: string) => page.goto(`${office.origin}${path}`)
  const heading = (page: Page) => page.getByRole('heading', { level: 1 }).innerText()

  const pages = [
    '/',
    '/servers',
    '/servers?status=paused&text=nothing',
    '/servers/contoso/ex06.contoso.com',
    '/tenants',
    '/tenants/contoso',
    '/tenants/contoso/pause',
    '/tenants/contoso/resume',
    '/tenants/contoso/exempt?target=server&server=ex06.contoso.com',
    '/tenants/contoso/unexempt',
    '/catalogue',
    '/configuration',
    '/nowhere',
    ...hostile.map((name) => `/servers/contoso/${encodeURIComponent(name)}`),
    `/tenants/${encodeURIComponent(script)}`,
    `/servers?text=${encodeURIComponent(script)}`,
  ]

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has no fault that axe-core finds grave on any page, ${colorScheme}`, async () => {
      await session({ colorScheme }, async (page) => {
        const faults: string[] = []
        const look = async (path: string) => {
          for (const fault of await accessibilityFaults(page)) faults.push(`${path} ${fault}`)
        }
        for (const path of pages.slice(0, 14)) {
          await go(page, path)
          await look(path)
        }
        // A form with mistakes, and what an order will do.
        await go(page, '/tenants/contoso/pause')
        await page.getByLabel('Days').fill('9999')
        await page.getByLabel('Reason').fill('x')
        await page.getByRole('button', { name: 'Go on' }).click()
        assert.equal(await page.getByLabel('Days').getAttribute('aria-invalid'), 'true')
        await look('mistakes')
        await page.getByLabel('Days').fill('1')
        await page.getByRole('button', { name: 'Go on' }).click()
        await look('review')
        await page.getByRole('button', { name: 'Log out' }).click()
        await page.getByRole('button', { name: 'Log in' }).waitFor()
        await look('login')
        assert.deepEqual(faults, [])
      })
    })
  }

  it('shows hostile names as text, wherever they stand', async () => {
    await session({}, async (page) => {
      for (const path of pages) {
        await go(page, path)
        assert.equal(await page.locator('script, img, iframe, [onerror], [style]').count(), 0, path)
        const text = await page.locator('body').innerText()
        assert.doesNotMatch(text, /[\u202a-\u202e\u2066-\u2069\0]/, path)
      }
      await go(page, '/servers')
      const list = (await page.locator('main').innerText()).replaceAll('\u200b', '')
      for (const name of hostile) {
        assert.ok(list.replaceAll('\n', '').includes(name.replace('\u202e', '\\u{202e}')), name)
      }
      await page.getByRole('link', { name: script }).first().click()
      assert.ok((await heading(page)).includes(script))
    })
  })

  it('fits a small screen, and wide tables scroll by themselves', async () => {
    await session({ viewport: { width: 360, height: 700 } }, async (page) => {
      for (const path of pages) {
        await go(page, path)
        const overflow = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        )
        assert.equal(overflow, 0, path)
      }
    })
  })

  it('prints what is known, without what can be pressed', async () => {
    await session({}, async (page) => {
      await page.emulateMedia({ media: 'print' })
      for (const path of ['/', '/servers', '/servers/contoso/ex06.contoso.com', '/tenants/contoso']) {
        await go(page, path)
        assert.equal(await page.getByRole('navigation', { name: 'Pages' }).isVisible(), false)
        for (const button of await page.locator('button, .button').all())
          assert.equal(await button.isVisible(), false)
        assert.ok(await page.getByRole('heading', { level: 1 }).isVisible())
      }
      assert.ok((await page.pdf({ format: 'A4' })).length > 10_000)
    })
  })

  it('works without JavaScript: every order from its page to its effect', async () => {
    await session({ javaScriptEnabled: false }, async (page) => {
      const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
      const follow = (name: string | RegExp) => page.getByRole('link', { name }).first().click()
      const status = async (): Promise<string | undefined> => {
        const rows = await json<{ server: string; status: string }[]>([
          'servers',
          'contoso',
          '--config',
          office.place.config,
        ])
        return rows.find(({ server }) => server === 'ex06.contoso.com')?.status
      }
      await follow('Tenants')
      await follow('contoso')
      await follow('Pause')
      await page.getByLabel('Days').fill('2')
      await page.getByLabel('Reason').fill(`migration ${script}`)
      await press('Go on')
      assert.equal(await heading(page), 'Pause contoso for 2 days?')
      assert.ok((await page.locator('main').innerText()).includes(`migration ${script}`))
      await press('Pause')
      assert.match(await page.getByRole('status').first().innerText(), /^contoso is paused from/)
      assert.equal(await status(), 'paused')
      assert.ok((await page.locator('main').innerText()).includes(`migration ${script}`))

      await follow('Resume')
      await page.getByLabel('Reason').fill('done')
      await press('Go on')
      await press('Resume')
      assert.match(await page.getByRole('status').first().innerText(), /^contoso is enforced again/)
      assert.equal(await status(), 'outdated')

      await follow('ex06.contoso.com')
      await follow('Exempt this server')
      assert.equal(await page.getByLabel('Server').inputValue(), 'ex06.contoso.com')
      await page.getByLabel('Until').fill(until)
      await page.getByLabel('Reason').fill('plant')
      await press('Go on')
      await press('Exempt')
      assert.match(await heading(page), /^ex06\.contoso\.com\s+exempt/)
      assert.equal(await status(), 'exempt')

      await follow('End its exemption')
      await page.getByLabel('Reason').fill('over')
      await press('Go on')
      await press('End the exemption')
      assert.match(await heading(page), /^ex06\.contoso\.com\s+outdated/)
      assert.equal(await status(), 'outdated')

      await follow('Servers')
      await page.getByLabel('Search').fill('ex06')
      await press('Show')
      assert.equal(await page.locator('tbody tr').count(), 1)
      await press('Log out')
      assert.equal(await heading(page), 'Log in')
      await page.goBack()
      assert.equal(await heading(page), 'Log in', 'nothing is kept by the browser')
    })
  })

  it('can be used by keyboard alone, and shows where one is', async () => {
    const context = await browser.newContext()
    try {
      const page = await context.newPage()
      const tab = async (): Promise<string> => {
        await page.keyboard.press('Tab')
        return page.evaluate(
          "(at => at.tagName + ' ' + (at.textContent || at.id).trim().replace(/\\u200b/g, ''))(document.activeElement)",
        )
      }
      const tabTo = async (wanted: string): Promise<void> => {
        for (let step = 0; step < 60; step += 1) if ((await tab()) === wanted) return
        assert.fail(`the tab key does not lead to ${wanted}`)
      }
      const outline = (): Promise<string> =>
        page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
      await go(page, '/tenants/contoso')
      assert.equal(await tab(), 'A Skip to content')
      await tabTo('INPUT token')
      assert.equal(await outline(), 'solid')
      await page.keyboard.type(office.token)
      await page.keyboard.press('Enter')
      await page.waitForURL('**/tenants/contoso')
      assert.equal(await tab(), 'A Skip to content')
      assert.ok(await page.getByRole('link', { name: 'Skip to content' }).isVisible())
      for (const entry of ['Overview', 'Servers', 'Tenants', 'Catalogue', 'Configuration']) {
        assert.equal(await tab(), `A ${entry}`)
        assert.equal(await outline(), 'solid')
      }
      await page.reload()
      await tab()
      await page.keyboard.press('Enter')
      assert.equal(await tab(), 'A Tenants', 'the skip link has passed over the navigation')
      await tabTo('A Exempt')
      await page.keyboard.press('Enter')
      await page.waitForURL('**/exempt?target=tenant')
      await tabTo('INPUT until')
      await page.keyboard.type(until.replace(/(\d+)-(\d+)-(\d+)/, '$2$3$1'))
      await tabTo('INPUT reason')
      await page.keyboard.type('by keyboard')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Exempt tenant contoso?' }).waitFor()
      await tabTo('BUTTON Exempt')
      await page.keyboard.press('Enter')
      await page.getByRole('status').first().waitFor()
      assert.match(await page.getByRole('status').first().innerText(), /^The tenant contoso is exempt until/)
    } finally {
      await context.close()
    }
  })
})
