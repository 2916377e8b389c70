// Which verifications are compared in process?
import { createPublicKey, verify } from 'node:crypto'
import { CACHED } from '../tokens.mjs'
import { createVerifier } from '../variants/aws.mjs'
import { createStaticVerifier } from '../variants/fast-jwt.mjs'
import { createVerify } from '../variants/jose.mjs'
import { createGuard, createVerification, passes } from './own.mjs'

export const LIMIT = 'crypto.verify'
export const VERIFICATION = 'fastify-cognito, no cache'
export const GUARD = 'fastify-cognito, guard'
export const FAST_JWT_CACHE = 'fast-jwt, cache'

const asItIs = (token) => token

const synchronous = (check) => ({ prepare: asItIs, run: (token) => passes(() => check(token)) })

const asynchronous = (check) => ({
  prepare: asItIs,
  isAsync: true,
  run: (token) =>
    check(token).then(
      () => true,
      () => false,
    ),
})

/** The signature alone. What it takes is at hand, or is taken out of the token within the time. */
function* bare({ pem }) {
  const key = createPublicKey(pem)
  const run = ({ text, signature }) => verify('sha256', text, key, signature)
  yield { prepare: takeApart, run }
  yield { prepare: asItIs, run: (token) => run(takeApart(token)) }
}

function takeApart(token) {
  const end = token.lastIndexOf('.')
  return { text: Buffer.from(token.slice(0, end)), signature: Buffer.from(token.slice(end + 1), 'base64url') }
}

async function hono({ keySet, issuer }) {
  const { verifyWithJwks } = await import('hono/jwt')
  const rules = { keys: keySet.keys, allowedAlgorithms: ['RS256'], verification: { iss: issuer } }
  return (token) => verifyWithJwks(token, rules)
}

/**
 * @param {import('../issuer.mjs').Pool} pool
 * @param {string} token - a good one
 * @returns {Promise<Record<string, import('./harness.mjs').Subject<unknown>>>}
 */
export async function createSubjects(pool, token) {
  const [limit, fromText] = bare(pool)
  const aws = createVerifier(pool)
  const pools = { eu: pool.options }
  return {
    [LIMIT]: limit,
    'crypto.verify, from the text': fromText,
    [VERIFICATION]: await createVerification({ pools, tokenCache: false }, 'eu', token),
    [GUARD]: await createGuard({ pools }, 'eu', token),
    'fast-jwt': synchronous(createStaticVerifier(pool, false)),
    [FAST_JWT_CACHE]: synchronous(createStaticVerifier(pool, CACHED)),
    'aws-jwt-verify, sync': synchronous((text) => aws.verifySync(text)),
    'jose, 64 at once': asynchronous(createVerify(pool)),
    'hono jwk, 64 at once': asynchronous(await hono(pool)),
  }
}
