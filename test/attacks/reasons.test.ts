/**
 * A refusal tells the operator its own cause, and nothing that the request carried.
 * @module
 */

import cookie from '@fastify/cookie'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import cognito, {
  CognitoError,
  fromCookie,
  fromHeader,
  type PluginOptions,
  type ReasonCode,
} from '../../src/index.js'
import { createApp, startIssuer } from '../support/app.js'

const { eu } = await startIssuer(t)
const token = eu.accessToken()
const withoutIssue = eu.accessToken({ iat: undefined })

type Case = readonly [
  headers: Readonly<Record<string, string>>,
  code: string,
  reasonCode: ReasonCode,
  reason: string,
]

async function createReasons(test: Test, options: Omit<PluginOptions, 'pools'> = {}) {
  const app = Fastify()
  test.teardown(() => app.close())
  await app.register(cookie)
  await app.register(cognito, { pools: { eu: eu.options() }, ...options, keys: { prefetch: false } })
  app.setErrorHandler((error, _request, reply) =>
    reply
      .code(418)
      .send(error instanceof CognitoError ? [error.code, error.reasonCode, error.reason] : error),
  )
  app.get('/', { onRequest: app.authRequired('eu') }, async () => 'in')
  return async (headers: Readonly<Record<string, string>>) => {
    const { statusCode, body } = await app.inject({ url: '/', headers })
    return statusCode === 200 ? body : JSON.parse(body)
  }
}

const MISSING = 'COGNITO_ERR_TOKEN_MISSING'
const MALFORMED = 'COGNITO_ERR_REQUEST_INVALID'
const INVALID = 'COGNITO_ERR_TOKEN_INVALID'
const WORD = 'a word such as undefined or null stands in place of the token: the client has none'
const authorization = (value: string) => ({ authorization: value })

const CASES: readonly Case[] = [
  [{}, MISSING, 'BEARER_TOKEN_MISSING', 'the request carries no bearer token'],
  [
    authorization(token),
    MISSING,
    'SCHEME_MISSING',
    'the header authorization has the token without its scheme: expected "Bearer" and a space before the token',
  ],
  [
    authorization('Basic eDp5'),
    MISSING,
    'SCHEME_NOT_ACCEPTED',
    'the header authorization has another scheme: expected "Bearer" and a space before the token',
  ],
  [
    authorization(`Token ${token}`),
    MISSING,
    'SCHEME_NOT_ACCEPTED',
    'the header authorization has another scheme: expected "Bearer" and a space before the token',
  ],
  [authorization(' '), MISSING, 'HEADER_EMPTY', 'the header authorization is empty'],
  [authorization('Bearer'), MALFORMED, 'CREDENTIALS_EMPTY', 'the credentials are empty'],
  [
    authorization(`Bearer Bearer ${token}`),
    MALFORMED,
    'SCHEME_IN_TOKEN',
    'the scheme Bearer stands before the token: expected the token alone',
  ],
  [
    authorization(`Bearer "${token}"`),
    MALFORMED,
    'TOKEN_IN_QUOTES',
    'the token is in quotes: expected the token alone',
  ],
  [
    authorization(`Bearer ${token} x`),
    MALFORMED,
    'SPACE_IN_CREDENTIALS',
    'there is a space or a line break in the credentials: expected one token alone',
  ],
  [
    authorization(`Bearer ${token},${token}`),
    MALFORMED,
    'CREDENTIALS_MALFORMED',
    'the credentials are not one bearer token',
  ],
  ...['undefined', 'null', 'NaN', 'true', 'false'].map(
    (word): Case => [authorization(`Bearer ${word}`), INVALID, 'WORD_INSTEAD_OF_TOKEN', WORD],
  ),
  [authorization('Bearer [object Object]'), MALFORMED, 'OBJECT_INSTEAD_OF_TOKEN', WORD],
  [authorization(`Bearer ${withoutIssue}`), INVALID, 'IAT_MISSING', 'iat is missing'],
]

t.test('each cause has a reason of its own', async (t) => {
  const reasonOf = await createReasons(t)
  t.equal(await reasonOf(authorization(`Bearer ${token}`)), 'in')
  for (const [headers, ...expected] of CASES) t.strictSame(await reasonOf(headers), expected)
})

t.test('a reason names the header and the scheme that are configured', async (t) => {
  const reasonOf = await createReasons(t, {
    tokenFrom: [fromHeader({ name: 'X-Access-Token', scheme: 'JWT' }), fromCookie('t')],
  })
  t.equal(await reasonOf({ 'x-access-token': `JWT ${token}` }), 'in')
  t.strictSame(await reasonOf({ 'x-access-token': token }), [
    MISSING,
    'SCHEME_MISSING',
    'the header x-access-token has the token without its scheme: expected "JWT" and a space before the token',
  ])
  t.strictSame(await reasonOf({ cookie: `t=Bearer%20${token}` }), [
    MALFORMED,
    'SCHEME_IN_TOKEN',
    'the scheme Bearer stands before the token: expected the token alone',
  ])
  t.strictSame(await reasonOf({}), [MISSING, 'BEARER_TOKEN_MISSING', 'the request carries no bearer token'])
  const two = await createReasons(t, { tokenFrom: [fromHeader(), fromHeader({ name: 'x-token' })] })
  t.strictSame(await two({ 'x-token': 'Basic eDp5' }), [
    MISSING,
    'SCHEME_NOT_ACCEPTED',
    'the header x-token has another scheme: expected "Bearer" and a space before the token',
  ])
  const bare = await createReasons(t, { tokenFrom: fromHeader({ name: 'x-token', scheme: null }) })
  t.strictSame(await bare({ 'x-token': '' }), [MISSING, 'HEADER_EMPTY', 'the header x-token is empty'])
  t.strictSame(await bare({ 'x-token': `bearer ${token}` }), [
    MALFORMED,
    'SCHEME_IN_TOKEN',
    'the scheme Bearer stands before the token: expected the token alone',
  ])
  const own = await createReasons(t, { tokenFrom: { kind: 'custom', read: () => null } })
  t.strictSame(await own({}), [
    MISSING,
    'CREDENTIALS_OF_ANOTHER_KIND',
    'the request carries credentials of another kind, and no bearer token',
  ])
})

t.test('a token that is given to verify with its scheme', async (t) => {
  const app = await createApp(t, { eu: eu.options() })
  t.equal((await app.cognito.verify(token)).pool, 'eu')
  await t.rejects(app.cognito.verify(`Bearer ${token}`), {
    code: MALFORMED,
    reasonCode: 'SCHEME_IN_TOKEN',
    reason: 'the scheme Bearer stands before the token: expected the token alone',
  })
  await t.rejects(app.cognito.verify(`${token}\n`), {
    code: MALFORMED,
    reasonCode: 'SPACE_IN_CREDENTIALS',
    reason: 'there is a space or a line break in the credentials: expected one token alone',
  })
})

t.test('a user in a hundred groups, with a token as long as Node lets through', async (t) => {
  const groups = Array.from({ length: 100 }, (_, index) => `${'department-'.repeat(6)}${index}`)
  const long = eu.accessToken({ 'cognito:groups': groups })
  t.ok(long.length > 8192 && long.length < 16_000)
  t.equal(await (await createReasons(t))(authorization(`Bearer ${long}`)), 'in')
  const short = await createReasons(t, { maxTokenLength: long.length - 1 })
  t.strictSame(await short(authorization(`Bearer ${long}`)), [
    INVALID,
    'TOKEN_TOO_LONG',
    'the token is longer than maxTokenLength: raise that option, or put fewer groups and claims into the token',
  ])
})

t.test(
  'a longer one takes a higher limit of Node and of the plugin, and meets each where it is not raised',
  async (t) => {
    const long = eu.accessToken({ padding: 'x'.repeat(30_000) })
    const ask = async (maxHeaderSize: number | undefined, maxTokenLength: number | undefined) => {
      const app = Fastify(maxHeaderSize === undefined ? {} : { http: { maxHeaderSize } })
      t.teardown(() => app.close())
      const limit = maxTokenLength === undefined ? {} : { maxTokenLength }
      await app.register(cognito, { pools: { eu: eu.options() }, ...limit, keys: { prefetch: false } })
      app.get('/', { onRequest: app.authRequired('eu') }, async () => 'in')
      const url = await app.listen({ port: 0, host: '127.0.0.1' })
      const { status } = await fetch(url, { headers: authorization(`Bearer ${long}`) })
      return status
    }
    t.equal(await ask(65_536, 65_536), 200)
    t.equal(await ask(undefined, 65_536), 431)
    t.equal(await ask(65_536, undefined), 401)
  },
)
