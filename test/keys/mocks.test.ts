/**
 * One request brings both keys of a pool also where a test has put something in the place of the network: nock, msw, a
 * `MockAgent` of undici, or a `fetch` of its own. Each of them is taken away again at the end of its test.
 *
 * A second library reads each key out of a `data:` URL. Whatever the mock makes of that, the key is used.
 * @module
 */
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import nock from 'nock'
import t, { type Test } from 'tap'
import { getGlobalDispatcher, MockAgent, setGlobalDispatcher } from 'undici'
import { bearer, createApp, startIssuer } from '../support/app.js'

// It patches what asks the network as soon as it is imported.
nock.restore()

const { issuer, eu } = await startIssuer(t)
/** RFC 6761 §6.4: no such host exists. */
const ORIGIN = 'https://keys.invalid'
const PATH = '/jwks.json'
const JWKS_URL = `${ORIGIN}${PATH}`

/** Statuses of a token of either key of the pool, and how the pool is then. */
async function askWithBothKeys(test: Test, jwksUrl = JWKS_URL) {
  const pools = { eu: eu.options({ tokenUse: ['access', 'id'], jwksUrl }) }
  const app = await createApp(test, pools)
  app.get('/', { onRequest: app.authRequired('eu') }, async () => 'in')
  const statuses: number[] = []
  for (const token of [eu.accessToken(), eu.idToken()]) {
    const { statusCode } = await app.inject({ url: '/', headers: bearer(token) })
    statuses.push(statusCode)
  }
  return { statuses, status: app.cognito.status()['eu'] }
}

type Outcome = Awaited<ReturnType<typeof askWithBothKeys>>

function assertBothKeys(test: Test, { statuses, status }: Outcome): void {
  test.strictSame(statuses, [200, 200])
  test.match(status, { state: 'ok', source: 'network', lastFailure: undefined })
  test.equal(status?.keys.length, 2)
}

function assertNoKeys(test: Test, { statuses, status }: Outcome, reason: string, code?: string): void {
  test.strictSame(statuses, [503, 503])
  test.match(status, { state: 'down', keys: [], lastFailure: { reason } })
  test.equal(status?.lastFailure?.code, code)
}

const genuineFetch = globalThis.fetch
const genuineDispatcher = getGlobalDispatcher()

/** What one test has put in the place of the network is not there for the next one. */
function testThatNothingIsLeft(test: Test, name: string): void {
  test.test(`after ${name} the network is asked again`, async (t) => {
    t.equal(globalThis.fetch, genuineFetch)
    t.equal(getGlobalDispatcher(), genuineDispatcher)
    const before = issuer.fetches.get(eu.userPoolId) ?? 0
    assertBothKeys(t, await askWithBothKeys(t, eu.jwksUrl))
    t.equal(issuer.fetches.get(eu.userPoolId), before + 1)
  })
}

t.test('nock', async (t) => {
  for (const isNetClosed of [false, true]) {
    const where = isNetClosed ? 'with disableNetConnect()' : 'with an open network'

    /** @returns what answers the requests of the JWKS URL, and counts them */
    const patch = (test: Test) => {
      const state = { requests: 0 }
      nock.activate()
      if (isNetClosed) nock.disableNetConnect()
      test.teardown(() => {
        nock.cleanAll()
        nock.enableNetConnect()
        nock.restore()
      })
      const answer = (status: number, body: () => nock.Body) =>
        nock(ORIGIN)
          .persist()
          .get(PATH)
          .reply(status, () => {
            state.requests += 1
            return body()
          })
      return { state, answer }
    }

    t.test(`${where} one request brings both keys`, async (t) => {
      const { state, answer } = patch(t)
      answer(200, () => eu.keySet())
      assertBothKeys(t, await askWithBothKeys(t))
      t.equal(state.requests, 1)
    })

    t.test(`${where} the status that it answers is told`, async (t) => {
      const { state, answer } = patch(t)
      answer(403, () => 'no')
      assertNoKeys(t, await askWithBothKeys(t), 'status', '403')
      t.equal(state.requests, 1)
    })
  }

  t.test('with disableNetConnect() and no answer, the code of its refusal is told', async (t) => {
    nock.activate()
    nock.disableNetConnect()
    t.teardown(() => {
      nock.enableNetConnect()
      nock.restore()
    })
    assertNoKeys(t, await askWithBothKeys(t, eu.jwksUrl), 'network', 'ENETUNREACH')
  })

  testThatNothingIsLeft(t, 'nock')
})

t.test('msw', async (t) => {
  for (const onUnhandledRequest of ['error', 'bypass', 'warn'] as const) {
    const patch = (test: Test, answer: () => Response) => {
      const state = { requests: 0, unhandled: new Set<string>() }
      const handler = http.get(JWKS_URL, () => {
        state.requests += 1
        return answer()
      })
      const server = setupServer(handler)
      server.events.on('request:unhandled', ({ request: { url } }) => {
        state.unhandled.add(new URL(url).protocol)
      })
      // It writes of unhandled requests what a person should read.
      for (const method of ['error', 'warn'] as const) test.capture(console, method)
      server.listen({ onUnhandledRequest })
      test.teardown(() => server.close())
      return state
    }

    t.test(`with onUnhandledRequest: '${onUnhandledRequest}' one request brings both keys`, async (t) => {
      const state = patch(t, () => HttpResponse.json(eu.keySet()))
      assertBothKeys(t, await askWithBothKeys(t))
      t.equal(state.requests, 1)
      t.strictSame([...state.unhandled], ['data:'])
    })

    t.test(`with onUnhandledRequest: '${onUnhandledRequest}' the status it answers is told`, async (t) => {
      const state = patch(t, () => HttpResponse.json({}, { status: 403 }))
      assertNoKeys(t, await askWithBothKeys(t), 'status', '403')
      t.equal(state.requests, 1)
    })
  }

  t.test('with a failing network there are no keys', async (t) => {
    const server = setupServer(http.get(JWKS_URL, () => HttpResponse.error()))
    server.listen({ onUnhandledRequest: 'bypass' })
    t.teardown(() => server.close())
    assertNoKeys(t, await askWithBothKeys(t), 'network')
  })

  testThatNothingIsLeft(t, 'msw')
})

t.test('a MockAgent of undici', async (t) => {
  const patch = (test: Test, status: number, body: () => object) => {
    const state = { requests: 0 }
    const agent = new MockAgent()
    agent.disableNetConnect()
    const answer = () => {
      state.requests += 1
      return JSON.stringify(body())
    }
    agent.get(ORIGIN).intercept({ path: PATH }).reply(status, answer).persist()
    setGlobalDispatcher(agent)
    test.teardown(async () => {
      setGlobalDispatcher(genuineDispatcher)
      await agent.close()
    })
    return state
  }

  t.test('one request brings both keys', async (t) => {
    const state = patch(t, 200, () => eu.keySet())
    assertBothKeys(t, await askWithBothKeys(t))
    t.equal(state.requests, 1)
  })

  t.test('the status that it answers is told', async (t) => {
    const state = patch(t, 403, () => ({}))
    assertNoKeys(t, await askWithBothKeys(t), 'status', '403')
    t.equal(state.requests, 1)
  })

  testThatNothingIsLeft(t, 'a MockAgent')
})

t.test('a fetch of one’s own', async (t) => {
  /** What stands in the place of `fetch`: whatever a test may need of it. */
  type Fake = (url: string) => unknown

  /** Counts the requests for keys. */
  const patch = (test: Test, fake: Fake) => {
    const state = { requests: 0 }
    const replacement = (input: unknown) => {
      const url = String(input)
      if (url === JWKS_URL) state.requests += 1
      return fake(url)
    }
    test.intercept(globalThis, 'fetch', { value: replacement, configurable: true, writable: true })
    return state
  }

  const bare = () => ({ ok: true, json: async () => eu.keySet() })
  const onlyKeys =
    (other: Fake): Fake =>
    (url) =>
      url === JWKS_URL ? bare() : other(url)
  const refuse = async (url: string) => {
    throw new Error(`nothing is prepared for ${url}`)
  }
  const shared = Response.json(eu.keySet())

  const FAKES: Readonly<Record<string, Fake>> = {
    'a bare { ok, json }': async () => bare(),
    'a bare { ok, json } at once, without a promise': bare,
    'a Response': async () => Response.json(eu.keySet()),
    'one and the same Response, whose body can be read once': async () => shared,
    'a Response without a body stream': async () => Object.assign(bare(), { status: 200, body: null }),
    'a bare { ok, json }, and refuses other URLs': onlyKeys(refuse),
    'a bare { ok, json }, and 404 for other URLs': onlyKeys(async () => ({ ok: false, status: 404 })),
    'a bare { ok, json }, and nothing for other URLs': onlyKeys(() => undefined),
    'a bare { ok, json }, and never answers for other URLs': onlyKeys(() => new Promise(() => {})),
  }
  for (const [what, fake] of Object.entries(FAKES)) {
    t.test(`one call brings both keys where it gives ${what}`, async (t) => {
      const state = patch(t, fake)
      assertBothKeys(t, await askWithBothKeys(t))
      t.equal(state.requests, 1)
    })
  }

  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  const thrower = (error: unknown) => () => {
    throw error
  }
  const FAILURES: Readonly<Record<string, { fake: Fake; reason: string; code?: string; requests: number }>> =
    {
      'rejects as fetch does': {
        fake: async () => thrower(new TypeError('fetch failed', { cause: refused }))(),
        reason: 'network',
        code: 'ECONNREFUSED',
        requests: 2,
      },
      'throws at once': { fake: thrower(refused), reason: 'network', code: 'ECONNREFUSED', requests: 2 },
      'throws an error without a code': { fake: thrower(new Error('no')), reason: 'network', requests: 2 },
      'throws what is no error': { fake: thrower(undefined), reason: 'network', requests: 2 },
      'gives nothing': { fake: () => undefined, reason: 'network', requests: 2 },
      'gives a bare { ok: false, status }': {
        fake: async () => ({ ok: false, status: 403 }),
        reason: 'status',
        code: '403',
        requests: 1,
      },
      'gives a bare { ok, json } without keys': {
        fake: async () => ({ ok: true, json: async () => ({ keys: [] }) }),
        reason: 'not a key set',
        code: 'NO_KEYS',
        requests: 1,
      },
    }
  for (const [what, { fake, reason, code, requests }] of Object.entries(FAILURES)) {
    t.test(`there are no keys where it ${what}`, async (t) => {
      const state = patch(t, fake)
      assertNoKeys(t, await askWithBothKeys(t), reason, code)
      t.equal(state.requests, requests)
    })
  }

  testThatNothingIsLeft(t, 'a replaced fetch')
})
