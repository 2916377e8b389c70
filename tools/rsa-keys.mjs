/**
 * The RSA keys of `npm test`, made once: a key of 2,048 bits takes 100 ms, and most test files ask for four.
 *
 * The keys are genuine, and no process gets one twice. The second key of each process is the same, and so on: what is made
 * depends on the number alone.
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
let count = 0

function generate(type, options) {
  const make = () => generateKeyPairSync(type, options)
  if (type !== 'rsa' || JSON.stringify(options) !== USUAL) return make()
  count += 1
  return JSON.parse(keep(`rsa-${count}.json`, () => JSON.stringify(make())))
}

crypto.generateKeyPairSync = generate
syncBuiltinESMExports()
