// What does a request cost with 10,000 tenants, over a fixed pool? Guards in turns, in one process.
import { anyTenant, tenant } from '../../dist/index.js'
import { answer } from '../answer.mjs'
import { BATCH, medians, timeInTurns } from '../in-process/harness.mjs'
import { createGuard } from '../in-process/own.mjs'
import { median } from '../statistics.mjs'
import { makeRows, toUserPoolId } from './rows.mjs'

const TENANTS = 10_000
const CALLS = 15 * BATCH
const FIXED = 'a fixed pool'
const HOST = 'tenant0.example.test'

async function createSubjects(clientId, first, common) {
  const pools = { eu: { userPoolId: toUserPoolId(0), appClientId: clientId } }
  const tenants = { load: () => makeRows(0, TENANTS, clientId) }
  const selectors = {
    'tenant(name)': tenant('tenant0'),
    'tenant.host(suffix)': tenant.host('.example.test'),
    anyTenant,
  }
  const subjects = { [FIXED]: await createGuard({ pools, ...common }, 'eu', first, HOST) }
  for (const [name, selector] of Object.entries(selectors)) {
    subjects[name] = await createGuard({ tenants, ...common }, selector, first, HOST)
  }
  return subjects
}

/** Nanoseconds a request, and how many more than with a fixed pool: the median of the turns' differences. */
function compare(times) {
  const nanoseconds = Object.entries(medians(times)).map(([name, value]) => [name, 1000 * value])
  const more = Object.keys(times).map((name) => [
    name,
    1000 * median(times[name].map((value, turn) => value - times[FIXED][turn])),
  ])
  return { nanoseconds: Object.fromEntries(nanoseconds), more: Object.fromEntries(more) }
}

answer({
  async measure({ keysUrl, clientId, tokens, turns }) {
    process.env.AWS_COGNITO_KEYS_URL = keysUrl
    const time = async (common, token) => {
      const subjects = await createSubjects(clientId, tokens[0], common)
      return compare(await timeInTurns({ subjects, token, turns, calls: CALLS, refused: 0 }))
    }
    // Without a cache each token is seen for the first time.
    return {
      remembered: await time({}, () => tokens[0]),
      'first sight': await time(
        { tokenCache: false },
        (at, turn) => tokens[(turn * CALLS + at) % tokens.length],
      ),
    }
  },
})
