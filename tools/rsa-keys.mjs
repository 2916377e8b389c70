/**
 * The RSA keys of `npm test`, made once and kept, because a key of 2,048 bits takes 100 ms and most test files need four.
 *
 * The keys are genuine. The first key of every process is the same one, the second is the same, and so on. A process that
 * a test starts makes keys of its own, because a key that is the same in both could hide a fault.
 */
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
// biome-ignore lint/correctness/useImportExtensions: no TypeScript here, so the name is the file's
import { keep } from './test-cache.mjs'

const { generateKeyPairSync } = crypto
/** How `src/testing/` asks for a key. */
const USUAL = JSON.stringify({
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
// A process that a test starts inherits the variable.
const isStartedByTest = process.env.KEPT_RSA_KEYS !== undefined
process.env.KEPT_RSA_KEYS = 'true'
let count = 0

function generate(type, options) {
  const make = () => generateKeyPairSync(type, options)
  if (isStartedByTest || type !== 'rsa' || JSON.stringify(options) !== USUAL) return make()
  count += 1
  return JSON.parse(keep(`rsa-${count}.json`, () => JSON.stringify(make())))
}

crypto.generateKeyPairSync = generate
syncBuiltinESMExports()
