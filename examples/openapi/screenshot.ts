/**
 * The command `npm run screenshot`: takes `docs/openapi.png`, the Authorize dialog of the shop.
 * @module
 */
import { fileURLToPath } from 'node:url'
import { TestIssuer } from '../../src/testing/index.js'
import { launchChromium } from '../../test/support/chromium.js'
import { createApp } from './app.js'

const path = fileURLToPath(new URL('../../docs/openapi.png', import.meta.url))

await using issuer = await TestIssuer.start()
const staff = issuer.createPool()
const app = await createApp({
  customers: issuer.createPool().options({ domain: 'shop.auth.eu-west-1.amazoncognito.com' }),
  staff: staff.options({ tokenUse: 'id' }),
})
const browser = await launchChromium()
try {
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const page = await browser.newPage({ viewport: { width: 900, height: 1100 } })
  await page.goto(`${origin}/documentation/`)
  // The whole dialog, which would scroll.
  await page.addStyleTag({ content: '.modal-ux-content { max-height: none !important }' })
  await page.locator('.auth-wrapper .btn.authorize').click()
  await page.locator('.auth-container').last().waitFor()
  await page.locator('.modal-ux').screenshot({ path })
} finally {
  await browser.close()
  await app.close()
}
