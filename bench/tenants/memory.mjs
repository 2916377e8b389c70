// How much memory does a tenant take, and does it stay the same when tenants come and go? Needs --expose-gc.
import { queryObjects } from 'node:v8'
import { KeyRing } from '../../dist/keys/key-ring.js'
import { answer } from '../answer.mjs'
import { heapAfterGc } from '../scale/heap.mjs'
import { createApp, visit } from './app.mjs'
import { makeRows } from './rows.mjs'

/** Bytes: of the heap, and of the whole process. */
const measureBoth = () => ({ heap: heapAfterGc(), rss: process.memoryUsage.rss() })

const perItem = (after, before, count) => ({
  heap: (after.heap - before.heap) / count,
  rss: (after.rss - before.rss) / count,
})

answer({
  /** Bytes of a tenant without a request: of the list alone. The rows are made by each reading, and let go. */
  async cold({ count, clientId, warmUp }) {
    let [from, size] = [0, warmUp]
    const app = await createApp(() => makeRows(from, size, clientId))
    await app.cognito.tenants.reload()
    const before = measureBoth()
    ;[from, size] = [warmUp, count + warmUp]
    await app.cognito.tenants.reload()
    await app.cognito.tenants.reload()
    return { ...perItem(measureBoth(), before, count), alive: app.cognito.tenants.size }
  },
  /** Bytes that a tenant takes besides, with one key in use and one remembered token. */
  async warm({ keysUrl, clientId, tokens, count }) {
    process.env.AWS_COGNITO_KEYS_URL = keysUrl
    const app = await createApp(() => makeRows(0, 10_000, clientId))
    const first = tokens.length - count
    await visit(app, tokens.slice(0, first))
    const before = measureBoth()
    await visit(app, tokens.slice(first))
    return { ...perItem(measureBoth(), before, count), alive: app.cognito.tenants.size }
  },
  /** The heap while tenants are replaced, each in use. The token cache has room for some of the rounds. */
  async churn({ keysUrl, clientId, tokens, size, replaced }) {
    process.env.AWS_COGNITO_KEYS_URL = keysUrl
    let from = 0
    const app = await createApp(() => makeRows(from, size, clientId), { tokenCache: { max: size } })
    const series = []
    await visit(app, tokens.slice(0, size))
    for (from = replaced; from + size <= tokens.length; from += replaced) {
      await app.cognito.tenants.reload()
      await visit(app, tokens.slice(from + size - replaced, from + size))
      series.push({ ...measureBoth(), seen: from + size, rings: queryObjects(KeyRing, { format: 'count' }) })
    }
    return series
  },
})
