/**
 * What `test-runtimes.mjs` runs on each runtime: the built package in an application, before the endpoint of
 * `runtime-endpoint.mjs`. Prints the outcome of each case as a line of JSON.
 */
import { ok, deepStrictEqual as same } from 'node:assert'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Fastify from 'fastify'
import cognito from '../dist/index.js'
import { fileKeyStore } from '../dist/keys/index.js'

/** @typedef {{ name: string, isGreen: boolean, ms: number, note?: string, error?: string }} Outcome */

const { origin, closedOrigin, pool, keySet, tokens, hasProxy } = JSON.parse(process.argv[2])
const CASE_TIMEOUT_MS = 15_000
const FOLDER = mkdtempSync(join(tmpdir(), 'runtime-'))
/** Memory that a bomb may take besides what any request takes. */
const NOTABLE_MEBIBYTES = 64
const MEBIBYTE = 1024 * 1024

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const urlOf = (path) => `${origin}/${path}/jwks.json`

/** What the endpoint saw of a path. */
const seen = async (path) => await (await fetch(`${origin}/${path}/seen`)).json()

async function until(condition) {
  const end = performance.now() + 5000
  while (performance.now() < end) {
    if (await condition()) return true
    await pause(20)
  }
  return false
}

async function createApp(options, keys) {
  const app = Fastify()
  await app.register(cognito, {
    pools: { eu: { ...pool, ...options } },
    keys: { prefetch: false, timeout: 5, ...keys },
  })
  app.get('/', { onRequest: app.authRequired('eu') }, async () => 'in')
  return app
}

/** Statuses of a token of either key, one after the other, and how the pool is then. */
async function ask(options, keys, which = [tokens.access, tokens.id]) {
  const app = await createApp(options, keys)
  const statuses = []
  for (const token of which) {
    const headers = { authorization: `Bearer ${token}` }
    statuses.push((await app.inject({ url: '/', headers })).statusCode)
  }
  const [{ state, source, lastFailure, keys: held }] = Object.values(app.cognito.status())
  await app.close()
  const { reason, code } = lastFailure ?? {}
  return { statuses, state, source, reason, code, held: held.length }
}

/** Both keys by one request. */
async function learnsBoth(path, source = 'network') {
  const { statuses, state, source: from, held } = await ask({ jwksUrl: urlOf(path) })
  same({ statuses, state, from, held }, { statuses: [200, 200], state: 'ok', from: source, held: 2 })
  same((await seen(path)).requests, 1)
}

/** No key, for this reason, after so many requests. */
async function learnsNothing(path, reason, code, requests, keys) {
  const { held, ...outcome } = await ask({ jwksUrl: urlOf(path) }, keys, [tokens.access])
  same(outcome, { statuses: [503], state: 'down', source: undefined, reason, code })
  same(held, 0)
  same((await seen(path)).requests, requests)
}

/** The growth of the memory, where it is worth a word. */
async function watchMemory(action) {
  const before = process.memoryUsage().rss
  let most = before
  const look = () => {
    most = Math.max(most, process.memoryUsage().rss)
  }
  const timer = setInterval(look, 10)
  const start = performance.now()
  await action()
  const ms = Math.round(performance.now() - start)
  look()
  clearInterval(timer)
  const grown = Math.round((most - before) / MEBIBYTE)
  return grown > NOTABLE_MEBIBYTES ? `+${grown} MB, ${ms} ms` : undefined
}

async function isEnded(path) {
  ok(await until(async () => (await seen(path)).brokenOff === 1), 'the endpoint saw the connection close')
}

/** A set is stored while its requests go on. */
const isStored = (folder) => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.json'))

const bomb = (path) => async () => {
  return await watchMemory(() => learnsNothing(path, 'not a key set', 'TOO_LARGE', 1))
}

const hang = (path) => async () => {
  await learnsNothing(path, 'timeout', undefined, 1, { timeout: 0.3 })
  await isEnded(path)
}

const CASES = {
  'both keys by one request': () => learnsBoth('plain'),
  async 'served over a socket; forged and unknown: 401'() {
    const app = await createApp({ jwksUrl: urlOf('plain') })
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    const statuses = []
    for (const token of [tokens.access, tokens.id, tokens.forged, tokens.unknown]) {
      const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } })
      await response.arrayBuffer()
      statuses.push(response.status)
    }
    await app.close()
    same(statuses, [200, 200, 401, 401])
  },
  gzip: () => learnsBoth('gzip'),
  brotli: () => learnsBoth('br'),
  async deflate() {
    const asked = (await seen('plain')).encodings
    if (/deflate/.test(asked)) return await learnsBoth('deflate')
    // An endpoint sends what a client says that it reads.
    return `not asked for ("${asked}")`
  },
  'byte order mark': () => learnsBoth('bom'),
  'null, number, list; EC before RSA of one kid': () => learnsBoth('mixed'),
  async 'two RSA keys of one kid: that kid is unusable'() {
    const { statuses, held } = await ask({ jwksUrl: urlOf('ambiguous') })
    same({ statuses, held }, { statuses: [200, 401], held: 1 })
  },
  'only EC: no usable key': () => learnsNothing('no-keys', 'not a key set', 'NO_USABLE_KEY', 1),
  HTML: () => learnsNothing('html', 'not a key set', 'NOT_JSON', 2),
  async 'redirect: refused, asked once'() {
    await learnsNothing('redirect', 'status', 'REDIRECT', 1)
    same((await seen('target')).requests, 0)
  },
  'gzip bomb of 128 MB: too large': bomb('gzip-bomb'),
  'brotli bomb of 128 MB: too large': bomb('br-bomb'),
  async 'endless body: too large, connection closed'() {
    await learnsNothing('endless', 'not a key set', 'TOO_LARGE', 1)
    await isEnded('endless')
  },
  'no headers: timeout, connection closed': hang('silent'),
  'no body: timeout, connection closed': hang('silent-after-headers'),
  'dripping body: timeout, connection closed': hang('drip'),
  'a reset connection is tried again': async () => {
    const { statuses, state } = await ask({ jwksUrl: urlOf('reset-first') })
    same({ statuses, state }, { statuses: [200, 200], state: 'ok' })
    same((await seen('reset-first')).requests, 2)
  },
  async 'nobody listens: a code'() {
    const { statuses, state, reason, code } = await ask({ jwksUrl: `${closedOrigin}/jwks.json` })
    same({ statuses, state, reason }, { statuses: [503, 503], state: 'down', reason: 'network' })
    // An error of Deno's `fetch` has no code, only a message.
    if (globalThis.Deno !== undefined && code === undefined) return 'reason "network" alone, no code'
    return same(code, 'ECONNREFUSED')
  },
  async 'file: URL'() {
    const path = join(FOLDER, 'jwks.json')
    writeFileSync(path, JSON.stringify(keySet), { mode: 0o600 })
    const outcome = await ask({ jwksUrl: pathToFileURL(path).href })
    same(outcome, {
      statuses: [200, 200],
      state: 'ok',
      source: 'file',
      reason: undefined,
      code: undefined,
      held: 2,
    })
    const { statuses, code } = await ask({ jwksUrl: pathToFileURL(join(FOLDER, 'none.json')).href })
    same({ statuses, code }, { statuses: [503, 503], code: 'ENOENT' })
  },
  async 'inline jwks'() {
    const outcome = await ask({ jwks: keySet })
    same(outcome, {
      statuses: [200, 200],
      state: 'ok',
      source: 'inline',
      reason: undefined,
      code: undefined,
      held: 2,
    })
  },
  async 'file store: a restart in an outage'() {
    const folder = join(FOLDER, 'store')
    const restart = (keys) => ask({ jwksUrl: urlOf('once-then-refuse') }, keys)
    const store = () => ({ store: fileKeyStore(folder) })
    same((await restart(store())).source, 'network')
    ok(await until(() => isStored(folder)), 'the set is stored')
    const { statuses, source } = await restart(store())
    same({ statuses, source }, { statuses: [200, 200], source: 'store' })
    same((await seen('once-then-refuse')).requests, 1)
    const { statuses: without, code } = await restart()
    same({ without, code }, { without: [503, 503], code: '503' })
  },
}

/** They run in a process whose environment names a proxy. */
const PROXY_CASES = {
  async 'proxy of the environment: both keys by one request'() {
    const { statuses, held } = await ask({
      jwksUrl: 'http://keys.invalid/plain/jwks.json',
      insecureHttp: true,
    })
    same({ statuses, held }, { statuses: [200, 200], held: 2 })
    same((await seen('plain')).requests, 1)
  },
}

/** @returns {Promise<Outcome>} */
async function run(name, action) {
  const start = performance.now()
  const tooLong = pause(CASE_TIMEOUT_MS).then(() => Promise.reject(new Error('takes too long')))
  try {
    const note = await Promise.race([action(), tooLong])
    return { name, isGreen: true, ms: performance.now() - start, note }
  } catch (error) {
    return { name, isGreen: false, ms: performance.now() - start, error: String(error?.stack ?? error) }
  }
}

// Timers of the plugin do not keep a process alive.
setInterval(() => {}, 1000)
for (const [name, action] of Object.entries(hasProxy ? PROXY_CASES : CASES)) {
  process.stdout.write(`${JSON.stringify(await run(name, action))}\n`)
}
rmSync(FOLDER, { recursive: true, force: true })
process.stdout.write('\n', () => process.exit(0))
