// How much memory does a pool take, before and after its first token?
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import Fastify from 'fastify'
import cognito from '../../dist/index.js'
import { TestIssuer } from '../../dist/testing/index.js'
import { answer } from '../answer.mjs'
import { heapAfterGc } from './heap.mjs'

/** Pools of an application that warms the process up, so that what is made once is not counted. */
const WARM_UP = 200
/** The cache of tokens has room for every pool. */
const TOKEN_CACHE = { max: 20_000 }

const toUserPoolId = (index) => `eu-west-1_Pool${String(index).padStart(5, '0')}`
const issuerOf = (index) => `https://cognito-idp.eu-west-1.amazonaws.com/${toUserPoolId(index)}`
const indexOf = (url) => Number(/_Pool(\d+)/.exec(url)?.[1])

/** A key whose private key nobody has: its modulus is random. It stands for the key of the tokens that nobody sends. */
function makeUnusedKey(index) {
  const bytes = randomBytes(256)
  bytes[0] |= 0x80
  bytes[255] |= 1
  const n = bytes.toString('base64url')
  return { kty: 'RSA', use: 'sig', alg: 'RS256', kid: `unused-${index}`, n, e: 'AQAB' }
}

/**
 * Publishes two keys for each pool, as Cognito does, without a server, whose memory would count. Every pool has the same
 * signing key under an id of its own: to make thousands of RSA keys would take minutes.
 */
function publish(signer) {
  const used = signer.keySet().keys.find(({ kid }) => kid === signer.kid('access'))
  const { fetch } = globalThis
  globalThis.fetch = async (url, init) => {
    // The second reader of keys fetches `data:` URLs.
    if (!String(url).startsWith('https:')) return fetch(url, init)
    const index = indexOf(url)
    return Response.json({ keys: [{ ...used, kid: `used-${index}` }, makeUnusedKey(index)] })
  }
}

async function register(first, count, appClientId) {
  const pools = Array.from({ length: count }, (_, index) => [
    `pool${first + index}`,
    { userPoolId: toUserPoolId(first + index), appClientId },
  ])
  const app = Fastify()
  const options = { pools: Object.fromEntries(pools), tokenCache: TOKEN_CACHE, keys: { prefetch: false } }
  await app.register(cognito, options)
  await app.ready()
  return app
}

/** Verifies a token of each pool three times: from the second time on it is remembered. */
async function warm(app, signer, first, count) {
  for (let index = first; index < first + count; index += 1) {
    const token = signer.accessToken({ iss: issuerOf(index) }, { kid: `used-${index}` })
    for (let time = 0; time < 3; time += 1) await app.cognito.verify(token, `pool${index}`)
  }
}

/** Checks that each pool holds what was measured. The calls after the measurement keep the applications alive, too. */
function assertState(app, keys) {
  const isAsMeasured = Object.values(app.cognito.status()).every((status) => status.keys.length === keys)
  if (!isAsMeasured) throw new Error(`a pool does not hold ${keys} keys`)
}

/** Bytes. A few turns of the loop let go what the fetches left: streams are freed by their finalizers. */
async function measure() {
  for (let turn = 0; turn < 5; turn += 1) {
    heapAfterGc()
    await pause(20)
  }
  return { heap: heapAfterGc(), rss: process.memoryUsage.rss() }
}

answer({
  /** Bytes of a pool, of its heap and of the process. */
  async pools({ count, isWarm }) {
    const issuer = await TestIssuer.start()
    const signer = issuer.createPool()
    publish(signer)
    const others = await register(0, WARM_UP, signer.appClientId)
    await warm(others, signer, 0, WARM_UP)
    const before = await measure()
    const app = await register(WARM_UP, count, signer.appClientId)
    if (isWarm) await warm(app, signer, WARM_UP, count)
    const after = await measure()
    assertState(app, isWarm ? 2 : 0)
    assertState(others, 2)
    return {
      heap: (after.heap - before.heap) / count,
      rss: (after.rss - before.rss) / count,
    }
  },
})
