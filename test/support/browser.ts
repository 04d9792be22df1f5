import { readFileSync } from 'node:fs'
import type { AxeResults } from 'axe-core'
import { chromium, type Browser, type Page } from 'playwright-core'
import { browserProgram } from './tools'

/** So that it stays where it is told to, and asks nobody for anything. */
const quietly = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A headless Chromium of the system, with a profile that is gone when it is closed. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = browserProgram()
  if (executablePath === null) throw new Error('There is no Chromium on the PATH')
  return chromium.launch({ executablePath, headless: true, args: quietly })
}

/** Notes every request that a page makes and that is not for one of its own addresses. Gives the growing list. */
export function strangeRequests(page: Page, isOwn: (address: string) => boolean): readonly string[] {
  const strange: string[] = []
  page.on('request', (request) => {
    if (!isOwn(request.url())) strange.push(request.url())
  })
  return strange
}

/** Notes what a page says on the console, and what its scripts throw: under a strict policy each refusal is told there. */
export function consoleMessages(page: Page): readonly string[] {
  const messages: string[] = []
  page.on('console', (message) => messages.push(message.text()))
  page.on('pageerror', (error) => messages.push(error.message))
  return messages
}

const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

/**
 * What axe-core finds on a page as it is shown now, of serious or critical impact: rule, where, and what to do, in a line
 * each. The page's own policy does not hold for it, since it comes through the debugger.
 */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeSource)
  const { violations }: AxeResults = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
    )
}
