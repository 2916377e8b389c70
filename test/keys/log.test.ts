/**
 * What the log says of a pool's keys, and how often.
 * @module
 */
import t from 'tap'
import type { KeyRingStatus } from '../../src/index.js'
import { createKeysLog } from '../../src/keys/log.js'
import { resolveOptions } from '../../src/options.js'
import type { ResolvedPool } from '../../src/pool/pool.js'
import { startIssuer } from '../support/app.js'
import { createLoggedApp } from '../support/logged-app.js'
import { until } from '../support/revocations.js'
import { startServer } from '../support/server.js'
import { TestClock } from '../support/test-clock.js'

const { eu } = await startIssuer(t)

/** Longest wait for what has to happen; milliseconds. */
const WAIT_MS = 20_000
const MINUTE = 60_000

interface Line {
  readonly level: 'warn' | 'info'
  readonly details: object
  readonly message: string
}

/** A log on a clock that stands still. */
function createLog() {
  const clock = new TestClock()
  const lines: Line[] = []
  const at = (level: Line['level']) => (details: object, message: string) => {
    lines.push({ level, details, message })
  }
  const { pools } = resolveOptions({ pools: { eu: { ...POOL, userPoolId: 'eu-west-1_AbCdEf123' } } }, {})
  const pool = pools.get('eu') as ResolvedPool
  const log = createKeysLog(pool, { warn: at('warn'), info: at('info') }, clock)
  const tell = (state: KeyRingStatus['state'], lastFailure: KeyRingStatus['lastFailure'] = FAILURE) =>
    log.onStatus({ state, keys: [], source: undefined, lastSuccessSeconds: undefined, lastFailure })
  /** The lines that have come since. */
  const news = () =>
    lines.splice(0).map(({ level, message }) => `${level} ${WORDS.find((word) => message.includes(word))}`)
  return { clock, lines, log, pool, tell, news }
}

const POOL = { appClientId: null }
const FAILURE = { seconds: 0, reason: 'network', code: 'ECONNREFUSED' } as const
const WORDS = ['held keys', '503', 'answers again', 'keys.store']

t.test('a pool that fails is one warning, with its URLs, the reason and the code', async (t) => {
  const { clock, lines, pool, tell } = createLog()
  tell('degraded')
  const jwksUrls = [...pool.jwksUrls.values()]
  t.equal(jwksUrls.length, 2)
  t.match(lines, [
    { level: 'warn', details: { pool: 'eu', jwksUrls, reason: 'network', code: 'ECONNREFUSED' } },
  ])
  for (let times = 0; times < 100; times += 1) {
    tell('degraded')
    await clock.advance(MINUTE)
  }
  t.equal(lines.length, 1)
  const other = createLog()
  other.tell('down', { seconds: 0, reason: 'timeout', code: undefined })
  t.strictSame(other.lines[0]?.details, { pool: 'eu', jwksUrls, reason: 'timeout' })
})

t.test('each URL is named once', (t) => {
  const lines: object[] = []
  const jwksUrl = 'https://keys.example/jwks.json'
  const { pools } = resolveOptions(
    { pools: { eu: { ...POOL, userPoolId: 'eu-west-1_AbCdEf123', jwksUrl } } },
    {},
  )
  const logger = { warn: (details: object) => void lines.push(details), info() {} }
  createKeysLog(pools.get('eu') as ResolvedPool, logger).onStatus({
    state: 'down',
    keys: [],
    source: undefined,
    lastSuccessSeconds: undefined,
    lastFailure: FAILURE,
  })
  t.strictSame(lines, [{ pool: 'eu', jwksUrls: [jwksUrl], reason: 'network', code: 'ECONNREFUSED' }])
  t.end()
})

t.test('a pool that was never in trouble is no line', (t) => {
  const { tell, news } = createLog()
  for (const state of ['cold', 'ok', 'ok', 'cold'] as const) tell(state)
  t.strictSame(news(), [])
  t.end()
})

t.test('its recovery is one line, too, whether or not a minute has passed', (t) => {
  const { lines, pool, tell, news } = createLog()
  tell('down')
  t.strictSame(news(), ['warn 503'])
  tell('ok')
  t.strictSame(lines[0]?.details, { pool: 'eu', jwksUrls: [...pool.jwksUrls.values()] })
  t.strictSame(news(), ['info answers again'])
  tell('ok')
  t.strictSame(news(), [])
  t.end()
})

t.test(
  'a pool that gets worse is another line; one that gets better without an answer is none',
  async (t) => {
    const { clock, tell, news } = createLog()
    tell('degraded')
    t.strictSame(news(), ['warn held keys'])
    await clock.advance(MINUTE - 1)
    tell('down')
    t.strictSame(news(), [], 'not in the same minute')
    await clock.advance(1)
    tell('down')
    t.strictSame(news(), ['warn 503'])
    await clock.advance(10 * MINUTE)
    tell('down')
    tell('degraded')
    t.strictSame(news(), [])
    tell('ok')
    t.strictSame(news(), ['info answers again'])
  },
)

t.test('a pool that goes up and down is a pair of lines a minute', async (t) => {
  const { clock, tell, news } = createLog()
  for (let second = 0; second < 120; second += 2) {
    tell('degraded')
    await clock.advance(1000)
    tell('ok')
    await clock.advance(1000)
  }
  t.strictSame(news(), ['warn held keys', 'info answers again', 'warn held keys', 'info answers again'])
  tell('down')
  t.strictSame(news(), ['warn 503'])
})

t.test(
  'an outage that begins in a quiet minute is told when that is over, and its end with it',
  async (t) => {
    const { clock, tell, news } = createLog()
    tell('down')
    tell('ok')
    t.strictSame(news(), ['warn 503', 'info answers again'])
    await clock.advance(1000)
    tell('down')
    tell('ok')
    t.strictSame(news(), [], 'a trouble that was not told has no end either')
    tell('degraded')
    await clock.advance(MINUTE)
    tell('degraded')
    t.strictSame(news(), ['warn held keys'])
  },
)

t.test('a fault of the store is told once for each code', (t) => {
  const { lines, log } = createLog()
  for (const code of ['MALFORMED', 'MALFORMED', 'TIMEOUT', 'MALFORMED']) log.onStoreFailure(code)
  t.match(lines, [
    { level: 'warn', details: { pool: 'eu', code: 'MALFORMED' }, message: /keys\.store/ },
    { level: 'warn', details: { pool: 'eu', code: 'TIMEOUT' } },
  ])
  t.equal(lines.length, 2)
  t.end()
})

t.test('in an application: an outage under traffic is one warning, and its end one line', async (t) => {
  let isUp = true
  const origin = await startServer(t, (_request, response) => {
    response.writeHead(isUp ? 200 : 404).end(JSON.stringify(eu.keySet()))
  })
  const jwksUrl = `${origin}/jwks.json`
  const { app, lines, ask } = createLoggedApp(t, {
    pools: { eu: eu.options({ jwksUrl }) },
    keys: { prefetch: 'require', refreshAfter: 1 },
  })
  await app.ready()
  isUp = false
  const token = eu.accessToken()
  const state = async () => {
    t.equal((await ask(token)).status, 200)
    return app.cognito.status()['eu']?.state
  }
  t.ok(await until(async () => (await state()) === 'degraded', WAIT_MS))
  t.match(lines, [{ level: 40, pool: 'eu', jwksUrls: [jwksUrl], reason: 'status', code: '404' }])
  t.match(await ask(eu.accessToken({}, { kid: 'nobody' })), { status: 503 })
  isUp = true
  t.ok(await until(async () => (await state()) === 'ok', WAIT_MS))
  t.match(lines.slice(1), [{ level: 30, pool: 'eu', jwksUrls: [jwksUrl] }])
  t.equal(lines.length, 2)
})
