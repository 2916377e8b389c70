// Where do keys and tokens come from? A local issuer in a process of its own, with tokens minted in advance.
import { createPublicKey, randomUUID, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { TestIssuer } from '../dist/testing/index.js'
import { answer } from './answer.mjs'

const DAY = 86_400
/** Tokens signed at once, in Node's thread pool. */
const BATCH = 64

const signInThreads = promisify(sign)
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (segment) => JSON.parse(Buffer.from(segment, 'base64url').toString())

/**
 * @typedef {object} Pool - all that a peer has to know of the user pool
 * @property {object} options - of fastify-cognito
 * @property {string} issuer
 * @property {string} userPoolId
 * @property {string} clientId
 * @property {string} origin - of the issuer, on loopback
 * @property {string} jwksUrl
 * @property {{ keys: object[] }} keySet
 * @property {string} pem - the key of the access tokens
 */

/** @returns {Pool} */
function describe(pool, origin) {
  const keySet = pool.keySet()
  const jwk = keySet.keys.find(({ kid }) => kid === pool.kid())
  return {
    options: pool.options(),
    issuer: pool.issuers.original,
    userPoolId: pool.userPoolId,
    clientId: pool.appClientId,
    origin,
    jwksUrl: pool.jwksUrl,
    keySet,
    pem: createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
  }
}

/** Like the pool's own tokens, but signed in several threads, and valid for as long as a benchmark may take. */
async function mint(pool, header, claims) {
  const sub = randomUUID()
  const user = { sub, username: sub, jti: randomUUID(), origin_jti: randomUUID(), event_id: randomUUID() }
  const text = `${header}.${encode({ ...claims, ...user, exp: claims.iat + DAY })}`
  const signature = await signInThreads('sha256', Buffer.from(text), pool.privateKey())
  return `${text}.${signature.toString('base64url')}`
}

async function mintMany(pool, count) {
  const [header, payload] = pool.accessToken().split('.')
  const claims = decode(payload)
  const tokens = []
  while (tokens.length < count) {
    const batch = Array.from({ length: Math.min(BATCH, count - tokens.length) }, () =>
      mint(pool, header, claims),
    )
    tokens.push(...(await Promise.all(batch)))
  }
  return tokens
}

answer({
  async open({ tokenFile, count }) {
    const issuer = await TestIssuer.start()
    const pool = issuer.createPool()
    const tokens = await mintMany(pool, count)
    writeFileSync(tokenFile, tokens.join('\n'))
    return describe(pool, issuer.origin)
  },
})
