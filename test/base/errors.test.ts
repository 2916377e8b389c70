/**
 * Refusals: their codes, their challenge, and that it cannot be broken out of.
 * @module
 */
import { inspect } from 'node:util'
import t from 'tap'
import { CHALLENGE_VALUE, DEFAULT_REALM, toChallenge } from '../../src/base/challenge.js'
import { CognitoError, refuse } from '../../src/base/errors.js'
import { REASONS } from '../../src/base/reasons.js'
import { cognitoErrorCodes } from '../../src/base/refusal-codes.js'

// RFC 6750 §3, RFC 9110 §11.6.1: one challenge, every value quoted.
const CHALLENGE =
  /^Bearer realm="[\x20\x21\x23-\x5B\x5D-\x7E]+"(?:, [a-z_]+="[\x20\x21\x23-\x5B\x5D-\x7E]+")*$/

t.test(
  'every code has a status and a static message, and a challenge unless the server is to blame',
  async (t) => {
    for (const code of cognitoErrorCodes) {
      const error = new CognitoError(code, { reason: 'because' })
      t.match(code, /^COGNITO_ERR_[A-Z_]+$/)
      t.ok([400, 401, 403, 500, 503].includes(error.statusCode))
      t.equal(error.challenge === undefined, error.statusCode >= 500, code)
      t.match(error, {
        name: 'CognitoError',
        code,
        reason: 'because',
        pool: undefined,
        retryAfter: undefined,
      })
      if (error.challenge) t.match(toChallenge(DEFAULT_REALM, error.challenge), CHALLENGE)
    }
    t.ok(Object.isFrozen(cognitoErrorCodes))
  },
)

const ORDERS = { realm: 'orders api', metadataUrl: undefined }

t.test('the parameters stand in one order', async (t) => {
  t.equal(toChallenge(DEFAULT_REALM, {}), 'Bearer realm="api"')
  t.equal(
    toChallenge(ORDERS, {
      max_age: '300',
      scope: 'a b',
      error_description: 'x',
      error: 'insufficient_scope',
    }),
    'Bearer realm="orders api", error="insufficient_scope", error_description="x", scope="a b", max_age="300"',
  )
})

t.test('a value cannot break out of its quotes', async (t) => {
  for (const value of ['', '"', 'a"b', '\\', 'a\\"', 'é', '\n', 'a\r\nset-cookie: x', '\t', '\x7f', '\0']) {
    t.notOk(CHALLENGE_VALUE.test(value), JSON.stringify(value))
  }
  t.ok(CHALLENGE_VALUE.test(" !#$%&'()*+,-./:;<=>?@[]^_`{|}~azAZ09"))
})

t.test('details are for the operator: a refusal of one request says nothing of another', async (t) => {
  const first = new CognitoError('COGNITO_ERR_SCOPE_INSUFFICIENT', {
    reason: 'a',
    pool: 'eu',
    challenge: { scope: 'a' },
  })
  const second = new CognitoError('COGNITO_ERR_SCOPE_INSUFFICIENT', { reason: 'b' })
  t.strictSame(first.challenge, { error: 'insufficient_scope', scope: 'a' })
  t.strictSame(second.challenge, { error: 'insufficient_scope' })
})

t.test('a refusal is an error without a stack trace, a fault has one', async (t) => {
  const refusal = new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason: 'x', pool: 'eu' })
  const fault = new CognitoError('COGNITO_ERR_INTERNAL', { reason: 'x' })
  for (const error of [refusal, fault]) t.ok(error instanceof Error && error instanceof CognitoError)
  t.equal(refusal.stack, 'CognitoError: The access token is invalid')
  t.equal(String(refusal), refusal.stack)
  t.match(inspect(refusal), /^\[CognitoError: The access token is invalid\] \{.* pool: 'eu'/s)
  for (const error of [refusal, fault]) t.ok(Object.hasOwn(error, 'stack'), 'Node asks for one of its own')
  t.match(fault.stack, /^CognitoError: Internal Server Error\n +at .*errors\.test\.ts/)
})

t.test('an application may add to a refusal, and change what it says', async (t) => {
  const refuse = () => new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason: 'x' })
  const error = Object.assign(refuse(), { message: 'Ungültig', requestId: 7, cause: refuse() })
  t.equal(String(error), 'CognitoError: Ungültig')
  error.stack = 'elsewhere'
  t.match(error, { stack: 'elsewhere', message: 'Ungültig', requestId: 7 })
  t.match(refuse(), {
    message: 'The access token is invalid',
    stack: 'CognitoError: The access token is invalid',
  })
})

t.test('a refusal is made by the code of its reason, and may have details in its words', async (t) => {
  const refusal = refuse('IAT_MISSING', { pool: 'eu', retryAfter: 1, challenge: { max_age: '1' } })
  t.match(refusal, {
    code: 'COGNITO_ERR_TOKEN_INVALID',
    reasonCode: 'IAT_MISSING',
    reason: 'iat is missing',
    pool: 'eu',
    retryAfter: 1,
    challenge: { error: 'invalid_token', max_age: '1' },
  })
  const { reason } = refuse('SCHEME_MISSING', {}, { header: 'x-{scheme}', scheme: '$&' })
  t.equal(
    reason,
    'the header x-{scheme} has the token without its scheme: expected "$&" and a space before the token',
  )
  t.ok(Object.keys(refusal).includes('reasonCode'), 'a logger writes it')
  t.equal(new CognitoError('COGNITO_ERR_INTERNAL', { reason: 'x' }).reasonCode, undefined)
  t.equal(
    new CognitoError('COGNITO_ERR_INTERNAL', { reason: 'x', reasonCode: 'NO_ERROR_THROWN' }).reasonCode,
    'NO_ERROR_THROWN',
  )
})

t.test('every reason belongs to a code, and no code is without a reason', async (t) => {
  const codes = new Set(Object.values(REASONS).map(({ code }) => code))
  t.strictSame([...codes].sort(), [...cognitoErrorCodes].sort())
  for (const reason of Object.values(REASONS)) {
    t.ok(Object.isFrozen(reason) && Object.isFrozen(reason.parts))
    t.match(reason.text, /^[\w:][^\n]{8,}$/)
  }
})

t.test('what the refusals of a code share cannot be changed', async (t) => {
  for (const code of cognitoErrorCodes) {
    const { challenge } = new CognitoError(code, { reason: 'x' })
    t.ok(challenge === undefined || Object.isFrozen(challenge), code)
  }
})
