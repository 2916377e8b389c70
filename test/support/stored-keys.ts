/**
 * Applications whose keys are in a store, in front of an endpoint that is down unless a test says otherwise.
 * @module
 */
import t, { type Test } from 'tap'
import type { KeyStore, KeysOptions, StoredKeySet } from '../../src/index.js'
import { readKeySet } from '../../src/keys/key-set.js'
import type { TestPool } from '../../src/testing/index.js'
import { startIssuer } from './app.js'
import { createLoggedApp, type LogLine } from './logged-app.js'
import { startServer } from './server.js'

export const { issuer, eu, us } = await startIssuer(t)

/** Longest wait for what has to happen; milliseconds. */
export const WAIT_MS = 20_000
export const ACCEPTED = { status: 200, code: undefined, retryAfter: undefined }
export const UNAVAILABLE = { status: 503, code: 'COGNITO_ERR_KEYS_UNAVAILABLE', retryAfter: '1' }
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** An endpoint that fails at once and without a second attempt, unless it is up. */
export const endpoint = { isUp: false, asked: 0 }
const origin = await startServer(t, (_request, response) => {
  endpoint.asked += 1
  response.writeHead(endpoint.isUp ? 200 : 404).end(JSON.stringify(endpoint.isUp ? eu.keySet() : {}))
})
export const downUrl = `${origin}/jwks.json`

/** The usable keys of a pool. */
export const keysOf = (pool: TestPool) => readKeySet(pool.keySet()) ?? new Map()

/** A set as a store has it. */
export function setOf(pool: TestPool, part: Partial<StoredKeySet> = {}): StoredKeySet {
  return { url: downUrl, askedAt: Date.now() - MINUTE, document: JSON.stringify(pool.keySet()), ...part }
}

export function boot(test: Test, store: KeyStore, jwksUrl = downUrl, keys: KeysOptions = {}) {
  const pools = { eu: eu.options({ jwksUrl }) }
  return createLoggedApp(test, { pools, keys: { prefetch: false, store, ...keys } })
}

/** Lines that tell of a store: those of an outage have a reason. */
export const ofStore = (lines: readonly LogLine[]) => lines.filter((line) => line['reason'] === undefined)
export const codesOf = (lines: readonly LogLine[]) =>
  ofStore(lines).map(({ pool, level, code }) => ({ pool, level, code }))
export const warning = (code: string) => [{ pool: 'eu', level: 40, code }]

/** A store in memory, which counts. */
export function createOwnStore(set?: StoredKeySet) {
  const loaded: string[] = []
  const saved: StoredKeySet[] = []
  const store: KeyStore = {
    async load(url) {
      loaded.push(url)
      return set
    },
    async save(given) {
      saved.push(given)
    },
  }
  return { store, loaded, saved }
}

export const coded = (code: string) => Object.assign(new Error('a secret of the store'), { code })
