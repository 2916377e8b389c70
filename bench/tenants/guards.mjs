// What does a request cost with 10,000 tenants, over a fixed pool? Guards in turns, in one process.
import { anyTenant, tenant } from '../../dist/index.js'
import { answer } from '../answer.mjs'
import { BATCH } from '../in-process/harness.mjs'
import { createGuard } from '../in-process/own.mjs'
import { median, rotate } from '../statistics.mjs'
import { makeRows, toUserPoolId } from './rows.mjs'

const TENANTS = 10_000
/** Batches of a turn. The fastest one counts, because a difference of 100 ns is less than what other processes cost. */
const BATCHES = 15
const WARM_UP = 4
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

/** Nanoseconds a call of the fastest batch. */
function timeTurn({ prepare, run }, token) {
  let fastest = Number.POSITIVE_INFINITY
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const requests = Array.from({ length: BATCH }, (_, at) => prepare(token(batch * BATCH + at)))
    const start = process.hrtime.bigint()
    for (const request of requests) if (!run(request)) throw new Error('a good token is refused')
    fastest = Math.min(fastest, Number(process.hrtime.bigint() - start) / BATCH)
  }
  return fastest
}

function timeInTurns(subjects, token, turns) {
  const times = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]))
  for (let turn = 0; turn < WARM_UP + turns; turn += 1) {
    for (const name of rotate(Object.keys(subjects), turn)) {
      const nanoseconds = timeTurn(subjects[name], token)
      if (turn >= WARM_UP) times[name].push(nanoseconds)
    }
  }
  return times
}

/** Nanoseconds a request, and how many more than with a fixed pool: the median of the turns, and of their differences. */
function compare(times) {
  const each = (toFigure) =>
    Object.fromEntries(Object.entries(times).map(([name, series]) => [name, median(series.map(toFigure))]))
  return { nanoseconds: each((value) => value), more: each((value, turn) => value - times[FIXED][turn]) }
}

answer({
  async measure({ keysUrl, clientId, tokens, turns }) {
    process.env.AWS_COGNITO_KEYS_URL = keysUrl
    const time = async (common, token) => {
      const subjects = await createSubjects(clientId, tokens[0], common)
      return compare(timeInTurns(subjects, token, turns))
    }
    // Without a cache each token is seen for the first time.
    return {
      remembered: await time({}, () => tokens[0]),
      'first sight': await time({ tokenCache: false }, (at) => tokens[at % tokens.length]),
    }
  },
})
