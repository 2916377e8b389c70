/**
 * A headless Chromium of the operating system, for tests in a real browser.
 * @module
 */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** Nothing of these asks anybody but the test: no updates, no first-run pages, no HTTP/3. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const folders = (process.env['PATH'] ?? '').split(delimiter)

/** Path of the browser; `undefined` where none is installed. */
export const chromiumPath = folders
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find(isExecutable)

/** Option of a test that needs the browser: `t.test(name, inChromium, …)` is left out where there is none. */
export const inChromium = {
  skip: chromiumPath === undefined && 'Chromium is not installed (Debian: apt-get install chromium)',
}

/** Starts the browser. Who starts it closes it. */
export async function launchChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error(String(inChromium.skip))
  return await chromium.launch({ executablePath: chromiumPath, headless: true, args: ARGUMENTS })
}

let shared: Promise<BrowserContext> | undefined

/** Starts the browser for all tests of a file; it is closed with the file. */
async function share(): Promise<BrowserContext> {
  const browser = await launchChromium()
  t.teardown(() => browser.close())
  const context = await browser.newContext()
  // The time limit of the test is the only one.
  context.setDefaultTimeout(0)
  return context
}

/** Opens a page for a test, closed with it. Pages of one file share their cookies, but no origin. */
export async function openPage(test: Test): Promise<Page> {
  shared ??= share()
  const page = await (await shared).newPage()
  test.teardown(() => page.close())
  return page
}
