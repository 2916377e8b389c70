// How often are the keys of a tenant fetched again, in use and out of use?
import { setTimeout as pause } from 'node:timers/promises'
import { answer } from '../answer.mjs'
import { createApp, visit } from './app.mjs'
import { makeRows } from './rows.mjs'

answer({
  /** Uses some tenants without a pause, for as many seconds. */
  async use({ keysUrl, clientId, tokens, seconds, keysRefreshAfter, count }) {
    process.env.AWS_COGNITO_KEYS_URL = keysUrl
    const app = await createApp(() => makeRows(0, count, clientId), { tenants: { keysRefreshAfter } })
    const end = performance.now() + 1000 * seconds
    while (performance.now() < end) {
      await visit(app, tokens)
      await pause(50)
    }
    await app.close()
  },
})
