/**
 * Calls the router with tokens of every kind by tRPC's own client, over HTTP and over WebSockets.
 * @module
 */
import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpLink,
  TRPCClientError,
  type TRPCLink,
  wsLink,
} from '@trpc/client'
import { TestIssuer, type TestPool } from 'fastify-cognito/testing'
import { WebSocket } from 'ws'
import { createApp, type Router } from './app.js'

/** Starts the application in front of a local issuer, makes the calls, and ends both. */
export async function check(): Promise<void> {
  await using issuer = await TestIssuer.start()
  const [pool, foreign] = [issuer.createPool(), issuer.createPool()]
  const app = await createApp(pool.options())
  try {
    await app.listen({ host: '127.0.0.1', port: 0 })
    const host = `127.0.0.1:${(app.server.address() as AddressInfo).port}`
    await checkAnswers(`http://${host}/trpc`, pool, foreign)
    await checkClient(`http://${host}/trpc`, pool, foreign)
    await checkSubscriptions(`ws://${host}/trpc`, pool, foreign)
  } finally {
    await app.close()
  }
}

const SCOPE = { sub: 'ada', scope: 'orders/read' }

/** The tokens that are refused: token, status, code of tRPC, challenge. */
const refusals = (pool: TestPool, foreign: TestPool) =>
  [
    [undefined, 401, 'UNAUTHORIZED', /^Bearer realm="orders"$/],
    ['a b', 400, 'BAD_REQUEST', /error="invalid_request"/],
    [`${pool.accessToken(SCOPE).slice(0, -4)}AAAA`, 401, 'UNAUTHORIZED', /error="invalid_token"/],
    [foreign.accessToken(SCOPE), 401, 'UNAUTHORIZED', /error="invalid_token"/],
    [pool.accessToken({ scope: 'orders/write' }), 403, 'FORBIDDEN', /scope="orders\/read"/],
  ] as const

const headersOf = (token: string | undefined) =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

/** The answers, as another client sees them. */
async function checkAnswers(url: string, pool: TestPool, foreign: TestPool): Promise<void> {
  const ask = (procedure: string, token?: string) =>
    fetch(`${url}/${procedure}`, { headers: headersOf(token) })
  assert.equal((await ask('health')).status, 200)
  assert.equal((await ask('orders', pool.accessToken(SCOPE))).status, 200)
  for (const [token, status, , challenge] of refusals(pool, foreign)) {
    const answer = await ask('orders', token)
    assert.equal(answer.status, status)
    assert.match(answer.headers.get('www-authenticate') ?? '', challenge)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.doesNotMatch(await answer.text(), /reason/)
  }
  assert.match(await (await ask('greet')).text(), /Hello, stranger/)
  assert.match(await (await ask('greet', pool.accessToken(SCOPE))).text(), /Hello, ada/)
  assert.equal((await ask('greet', foreign.accessToken(SCOPE))).status, 401)
}

/** One call at a time, and two in one request, where one of them needs no token. */
async function checkClient(url: string, pool: TestPool, foreign: TestPool): Promise<void> {
  const connect = (link: (token?: string) => TRPCLink<Router>, token?: string) =>
    createTRPCClient<Router>({ links: [link(token)] })
  const one = (token?: string) => httpLink<Router>({ url, headers: headersOf(token) })
  const batch = (token?: string) => httpBatchLink<Router>({ url, headers: headersOf(token) })
  for (const link of [one, batch]) {
    assert.deepEqual(await connect(link, pool.accessToken(SCOPE)).orders.query(), ['an order of ada'])
    for (const [token, , code] of refusals(pool, foreign)) {
      const client = connect(link, token)
      const [health, orders] = await Promise.allSettled([client.health.query(), client.orders.query()])
      assert.equal(health.status, 'fulfilled')
      assert.equal(codeOf(orders), code)
    }
  }
}

function codeOf(result: PromiseSettledResult<unknown>): unknown {
  const { reason }: { readonly reason?: unknown } = result.status === 'rejected' ? result : {}
  return reason instanceof TRPCClientError ? reason.data?.code : reason
}

/** The token is in the header of the upgrade, as a client outside of a browser sends it. */
async function checkSubscriptions(url: string, pool: TestPool, foreign: TestPool): Promise<void> {
  const heard = await subscribe(url, pool.accessToken(SCOPE))
  assert.deepEqual(heard, ['tick 1 for ada', 'tick 2 for ada'])
  for (const [token, , code] of refusals(pool, foreign)) assert.equal(await subscribe(url, token), code)
}

/** What a subscription hears, or the code of its refusal. */
async function subscribe(url: string, token: string | undefined): Promise<unknown> {
  class Socket extends WebSocket {
    constructor(address: string) {
      super(address, { headers: headersOf(token) })
    }
  }
  const client = createWSClient({ url, WebSocket: Socket as unknown as typeof globalThis.WebSocket })
  const trpc = createTRPCClient<Router>({ links: [wsLink<Router>({ client })] })
  const heard: string[] = []
  try {
    return await new Promise((resolve) => {
      trpc.ticks.subscribe(undefined, {
        onData: (tick) => void heard.push(tick),
        onComplete: () => resolve(heard),
        onError: ({ data }) => resolve(data?.code),
      })
    })
  } finally {
    await client.close()
  }
}
