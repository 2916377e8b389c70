// What one fresh verification costs, as a multiple of the bare RSA check of the same tokens in the same run.
// Run it after a build: npm run bench
import { createPublicKey, verify as rsaVerify } from 'node:crypto'
import { admit, createAuthenticator } from '../dist/authenticator.js'
import { resolveOptions } from '../dist/options.js'
import { TestIssuer } from '../dist/testing.js'

const TOKENS = 500
const ROUNDS = 21

const issuer = await TestIssuer.start()
const pool = issuer.createPool()
const authenticator = createAuthenticator(
  resolveOptions({ pools: { eu: pool.options() }, tokenCache: false }, {}),
)
const plan = authenticator.plan(['eu'], {}, 'bench')
const tokens = Array.from({ length: TOKENS }, () => pool.accessToken())
await authenticator.verify(tokens[0], plan)

const key = createPublicKey({ key: pool.keySet().keys[1], format: 'jwk' })
const variants = {
  'crypto.verify': (token) => {
    const end = token.lastIndexOf('.')
    const isValid = rsaVerify(
      'sha256',
      Buffer.from(token.slice(0, end)),
      key,
      Buffer.from(token.slice(end + 1), 'base64url'),
    )
    if (!isValid) throw new Error('the benchmark compares valid tokens only')
  },
  'fastify-cognito': (token) => admit(authenticator.verify(token, plan), plan),
}

/** Microseconds a token. */
function time(run) {
  const start = process.hrtime.bigint()
  for (const token of tokens) run(token)
  return Number(process.hrtime.bigint() - start) / 1000 / TOKENS
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]

const times = Object.fromEntries(Object.keys(variants).map((name) => [name, []]))
for (let round = -3; round < ROUNDS; round += 1) {
  for (const [name, run] of Object.entries(variants)) {
    const microseconds = time(run)
    if (round >= 0) times[name].push(microseconds)
  }
}
for (const [name, values] of Object.entries(times))
  console.log(`${name.padEnd(16)} ${median(values).toFixed(1)} µs a token`)
const ratio = median(times['fastify-cognito']) / median(times['crypto.verify'])
console.log(
  `ratio            ${ratio.toFixed(2)} (Node ${process.version}, ${TOKENS} tokens, median of ${ROUNDS} rounds)`,
)
await issuer.close()
