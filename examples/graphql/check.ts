/**
 * Sends queries and subscriptions with tokens of every kind.
 * @module
 */
import assert from 'node:assert/strict'
import { on } from 'node:events'
import type { AddressInfo } from 'node:net'
import { CognitoError } from 'fastify-cognito'
import { TestIssuer, type TestPool } from 'fastify-cognito/testing'
import { WebSocket } from 'ws'
import { createApp } from './app.js'

/** Starts the application in front of a local issuer, makes the calls, and ends both. */
export async function check(): Promise<void> {
  await using issuer = await TestIssuer.start()
  const [pool, foreign] = [issuer.createPool(), issuer.createPool()]
  const app = await createApp(pool.options())
  try {
    await app.listen({ host: '127.0.0.1', port: 0 })
    const host = `127.0.0.1:${(app.server.address() as AddressInfo).port}`
    await checkQueries(`http://${host}/graphql`, pool, foreign)
    await checkSubscriptions(`ws://${host}/graphql`, pool, foreign)
  } finally {
    await app.close()
  }
}

const SCOPE = { sub: 'ada', scope: 'orders/read' }

/** The tokens that are refused: token, status, code, challenge. */
const refusals = (pool: TestPool, foreign: TestPool) =>
  [
    [undefined, 401, 'COGNITO_ERR_TOKEN_MISSING', /^Bearer realm="orders"$/],
    ['a b', 400, 'COGNITO_ERR_REQUEST_INVALID', /error="invalid_request"/],
    [
      `${pool.accessToken(SCOPE).slice(0, -4)}AAAA`,
      401,
      'COGNITO_ERR_TOKEN_INVALID',
      /error="invalid_token"/,
    ],
    [foreign.accessToken(SCOPE), 401, 'COGNITO_ERR_TOKEN_INVALID', /error="invalid_token"/],
    [
      pool.accessToken({ scope: 'orders/write' }),
      403,
      'COGNITO_ERR_SCOPE_INSUFFICIENT',
      /scope="orders\/read"/,
    ],
  ] as const

const headersOf = (token: string | undefined): Readonly<Record<string, string>> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

interface Answer {
  readonly data: unknown
  readonly errors: readonly [{ readonly extensions: unknown }]
}

async function checkQueries(url: string, pool: TestPool, foreign: TestPool): Promise<void> {
  async function ask(query: string, token?: string) {
    const headers = { 'content-type': 'application/json', ...headersOf(token) }
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answer }
  }

  const good = await ask('{ health orders greeting }', pool.accessToken(SCOPE))
  const data = { health: 'up', orders: ['an order of ada'], greeting: 'Hello, ada' }
  assert.deepEqual([good.status, good.body], [200, { data }])
  assert.deepEqual((await ask('{ greeting }')).body, { data: { greeting: 'Hello, stranger' } })
  assert.equal((await ask('{ greeting }', foreign.accessToken(SCOPE))).status, 401)
  assert.equal((await ask('{ nonsense }')).status, 400)

  for (const [token, status, code, challenge] of refusals(pool, foreign)) {
    const { status: seen, headers, body } = await ask('{ health orders }', token)
    assert.equal(seen, status)
    assert.match(headers.get('www-authenticate') ?? '', challenge)
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.equal(body.data, null)
    assert.deepEqual(body.errors[0].extensions, { code })
    assert.doesNotMatch(JSON.stringify(body), /reason/)
  }
}

/** The token is in the header of the upgrade, as a client outside of a browser sends it. */
async function checkSubscriptions(url: string, pool: TestPool, foreign: TestPool): Promise<void> {
  const heard = await subscribe(url, pool.accessToken(SCOPE))
  assert.deepEqual(heard, ['tick 1 for ada', 'tick 2 for ada'])
  for (const [token, , code] of refusals(pool, foreign)) {
    const refused = await subscribe(url, token)
    assert.match(JSON.stringify(refused), new RegExp(new CognitoError(code, { reason: '' }).message))
    assert.doesNotMatch(JSON.stringify(refused), /tick/)
  }
}

/** What a subscription hears until it ends, or its refusal. */
async function subscribe(url: string, token: string | undefined): Promise<unknown> {
  const socket = new WebSocket(url, 'graphql-transport-ws', { headers: headersOf(token) })
  const send = (message: object) => socket.send(JSON.stringify(message))
  socket.once('open', () => send({ type: 'connection_init' }))
  const heard: unknown[] = []
  const answers: Readonly<Record<string, (payload: Message) => unknown>> = {
    connection_ack: () => send({ id: '1', type: 'subscribe', payload: { query: 'subscription { ticks }' } }),
    next: ({ data, errors }) => errors ?? void heard.push(data?.ticks),
    error: (payload) => payload,
    complete: () => heard,
  }
  try {
    for await (const [data] of on(socket, 'message')) {
      const { type, payload } = JSON.parse(String(data))
      const end = answers[type]?.(payload)
      if (end !== undefined) return end
    }
    return heard
  } finally {
    socket.close()
  }
}

interface Message {
  readonly data?: { readonly ticks: string }
  readonly errors?: unknown
}
