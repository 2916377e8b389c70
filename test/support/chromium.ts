/**
 * A real Chromium, where the machine has one.
 * @module
 */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where Chromium is; `undefined` where there is none. */
export function findChromium(): string | undefined {
  return PATHS.find((path) => existsSync(path))
}

/**
 * Starts it without a window, and without the services it would call at home.
 *
 * @throws {Error} when there is none
 */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('chromium: expected it at /usr/bin/chromium')
  return await chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
