/**
 * Bodies of the account routes: the longest that fit are read, and longer ones are not.
 * @module
 */
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { bodyLimitOf } from '../../src/user-routes/body.js'
import { createAccounts, headersOf } from '../support/accounts.js'

/** Member → the characters that it may have at the most. */
type Members = Readonly<Record<string, number>>

const BODIES: Readonly<Record<string, Members>> = {
  signup: { username: 128, password: 256 },
  confirm: { username: 128, code: 2048 },
  resend: { username: 128 },
  signin: { username: 128, password: 256 },
  refresh: { refresh_token: 8192, username: 128 },
  signout: { refresh_token: 8192 },
  'password/forgot': { username: 128 },
  'password/reset': { username: 128, code: 2048, password: 256 },
  'password/change': { password: 256, new_password: 256 },
}

const send = (
  app: FastifyInstance,
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
) =>
  app.inject({
    method: 'POST',
    url: `/users/${path}`,
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })

/** As clients write JSON that keep to ASCII. */
const toAscii = (text: string) =>
  text.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

t.test('the longest body that fits is read, also with every character escaped', async (t) => {
  const { app, pool } = await createAccounts(t)
  const headers = headersOf(pool.accessToken({ scope: 'aws.cognito.signin.user.admin' }))
  for (const [path, members] of Object.entries(BODIES)) {
    const texts = Object.entries(members).map(([name, length]) => [name, 'é'.repeat(length)])
    const body = toAscii(JSON.stringify(Object.fromEntries(texts), null, 2))
    const { statusCode } = await send(app, path, body, headers)
    t.not(statusCode, 413, path)
    const [first] = Object.entries(members)
    const long = JSON.stringify({
      ...Object.fromEntries(texts),
      [String(first?.[0])]: 'é'.repeat((first?.[1] ?? 0) + 1),
    })
    const refused = await send(app, path, long, headers)
    t.match(refused.json(), { statusCode: 400, message: new RegExp(String(first?.[0])) }, path)
  }
})

t.test('a sign-up with long attributes, and the answer of a long challenge, are read', async (t) => {
  const { app } = await createAccounts(t)
  const attributes = Object.fromEntries(
    ['name', 'given_name', 'family_name', 'address', 'profile'].map((name) => [name, 'é'.repeat(2048)]),
  )
  const signUp = toAscii(JSON.stringify({ username: 'ada', password: 'Correct-horse-1', attributes }))
  t.ok(signUp.length > 60_000)
  t.not((await send(app, 'signup', signUp)).statusCode, 413)
  const answer = {
    challenge: 'PASSWORD',
    session: 's'.repeat(2048),
    username: 'ada',
    answer: 'a'.repeat(16_384),
  }
  t.not((await send(app, 'challenge', JSON.stringify({ ...answer, attributes }))).statusCode, 413)
})

t.test('a longer body is refused before it is read', async (t) => {
  const { app, wire } = await createAccounts(t)
  for (const path of Object.keys(BODIES)) {
    const { statusCode } = await send(app, path, `{"username":"ada"${' '.repeat(100_000)}`)
    t.ok(statusCode === 413 || (statusCode === 401 && /^(?:signout|password\/change)$/.test(path)), path)
  }
  const names = Array.from({ length: 12_500 }, (_, index) => `"name-${index}":1`).join()
  for (const path of ['signin', 'signup'])
    t.equal((await send(app, path, `{${names}}`)).statusCode, 413, path)
  t.strictSame(wire.calls, [])
})

const CLOSED = { additionalProperties: false }

t.test('the limit of a route follows from its schema', async (t) => {
  const text = (maxLength: number) => bodyLimitOf(Type.Object({ a: Type.String({ maxLength }) }, CLOSED))
  t.equal(bodyLimitOf(undefined), 4096)
  t.equal(text(100) - text(10), 6 * 90)
  t.equal(text(20_000), 4096 + 65_536, 'a member takes no more than 64 KiB')
  t.equal(
    bodyLimitOf(Type.Object({ a: Type.Object({ b: Type.String({ maxLength: 10 }) }, CLOSED) }, CLOSED)),
    4096 + 'a'.length + 'b'.length + 60,
  )
  // As long as the text that it is stored as.
  for (const schema of [Type.Integer(), Type.String(), Type.Object({}), Type.Object({ b: Type.Null() })]) {
    t.equal(bodyLimitOf(Type.Object({ a: schema }, CLOSED)), 4096 + 'a'.length + 6 * 2048)
  }
})
