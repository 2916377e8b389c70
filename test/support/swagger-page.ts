/**
 * What a person does on a page of Swagger UI.
 * @module
 */
import type { Page } from 'playwright-core'

/** Presses the buttons of "Try it out", and returns the status that Swagger UI shows. */
export async function tryOut(page: Page, path: string): Promise<string | null> {
  const block = page.locator('.opblock', { has: page.locator(`[data-path="${path}"]`) })
  await block.locator('.opblock-summary-control').click()
  await block.locator('.try-out__btn').click()
  await block.locator('.execute').click()
  return await block.locator('.live-responses-table .response-col_status').last().textContent()
}
