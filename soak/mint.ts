/**
 * The process that makes keys and mints tokens. It is one of its own because making a key stops a process for a while,
 * and an endpoint that stops would be a fault that nobody ordered.
 * @module
 */
import { TestIssuer, type TestPool } from '../src/testing/index.js'
import { toParent } from './child.js'
import type { Edition, FromMint, Token, ToMint } from './messages.js'

const TOKENS = 4
const MISFITS = 2

const issuer = await TestIssuer.start()
const eu = issuer.createPool({ region: 'eu-west-1' })
const us = issuer.createPool({ region: 'us-east-1' })

const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index))

let subjects = 0
function mint(pool: TestPool, claims: Readonly<Record<string, unknown>> = {}): Token {
  const subject = `user-${++subjects}`
  return { text: pool.accessToken({ sub: subject, ...claims }), subject }
}

function mintEdition(): Edition {
  eu.rotateKeys({ keepOld: false })
  const seconds = Math.floor(Date.now() / 1000)
  return {
    kid: eu.kid(),
    keys: eu.keySet().keys,
    tokens: times(TOKENS, () => mint(eu)),
    misfits: {
      expired: times(MISFITS, (index) => mint(eu, { iat: seconds - 900, exp: seconds - 60 - index })),
      'other client': times(MISFITS, (index) => mint(eu, { client_id: `${us.appClientId}${index}` })),
      'other pool': times(MISFITS, () => mint(us)),
      'ID token': times(MISFITS, () => ({ text: eu.idToken(), subject: '' })),
    },
    us: times(TOKENS, () => mint(us)),
  }
}

const tell = toParent<ToMint, FromMint>(() => tell({ what: 'edition', edition: mintEdition() }))
tell({
  what: 'pools',
  pools: { eu: eu.options(), us: us.options() },
  us: { kid: us.kid(), keys: us.keySet().keys },
})
