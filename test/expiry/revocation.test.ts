/**
 * What outlives a token hears of its revocation: at once where the store hears of marks, else within a minute; and what a
 * failing store means for it.
 * @module
 */
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { createExpiry } from '../../src/expiry/application.js'
import type { Authentication, Revocation, RevocationStore } from '../../src/index.js'
import { resolveOptions } from '../../src/options.js'
import { RevocationGate } from '../../src/revocation/gate.js'
import { memoryRevocation } from '../../src/revocation/index.js'
import type { RevocationMark } from '../../src/revocation/store.js'
import { bearer, createApp, startIssuer } from '../support/app.js'
import { TestClock } from '../support/test-clock.js'

const { eu, us } = await startIssuer(t)
const MINUTE = 60_000
const now = () => Math.floor(Date.now() / 1000)

/** An application with a store, and the authentication of a user. */
async function setUp(test: Test, store: RevocationStore = memoryRevocation()) {
  const app = await createApp(test, { eu: eu.options(), us: us.options() }, { revocation: { store } })
  const signIn = (claims: Readonly<Record<string, unknown>> = {}) =>
    app.cognito.verify(eu.accessToken({ sub: 'ada', jti: 'one', origin_jti: 'sign-in', ...claims }), 'eu')
  return { app, signIn }
}

/** The reason for which a signal has fired; `undefined` before that. */
const codeOf = ({ aborted, reason }: AbortSignal): unknown => (aborted ? reason.code : undefined)

const REVOKED = 'COGNITO_ERR_TOKEN_REVOKED'

t.test('a signal fires with the mark that revokes its token, and with no other', async (t) => {
  const { app, signIn } = await setUp(t)
  const authentication = await signIn()
  const { clientId } = authentication
  const others: Revocation<'eu' | 'us'>[] = [
    { pool: 'eu', by: 'sub', value: 'bob' },
    { pool: 'us', by: 'sub', value: 'ada' },
    { pool: 'us', by: 'pool' },
    { pool: 'eu', by: 'jti', value: 'two' },
    { pool: 'eu', by: 'origin_jti', value: 'another' },
    { pool: 'eu', by: 'client_id', value: 'another' },
    { pool: 'eu', by: 'sub', value: 'ada', notBefore: now() - 3600 },
  ]
  const own: Revocation<'eu' | 'us'>[] = [
    { pool: 'eu', by: 'jti', value: 'one' },
    { pool: 'eu', by: 'origin_jti', value: 'sign-in' },
    { pool: 'eu', by: 'client_id', value: clientId, notBefore: now() + 60 },
    { pool: 'eu', by: 'pool' },
    { pool: 'eu', by: 'sub', value: 'ada' },
  ]
  for (const revocation of own) {
    const { app, signIn } = await setUp(t)
    const signal = app.cognito.expirySignal(await signIn({ client_id: clientId }))
    for (const other of others) await app.cognito.revoke(other)
    t.equal(signal.aborted, false, `before ${revocation.by}`)
    await app.cognito.revoke(revocation)
    t.equal(codeOf(signal), REVOKED, revocation.by)
    t.match(signal.reason, { pool: 'eu', reasonCode: 'TOKEN_REVOKED', statusCode: 401 })
  }
  const signal = app.cognito.expirySignal(authentication)
  t.equal(signal.aborted, false)
})

t.test('a store that two applications share tells both', async (t) => {
  const store = memoryRevocation()
  const [one, two] = [await setUp(t, store), await setUp(t, store)]
  const signal = one.app.cognito.expirySignal(await one.signIn())
  await two.app.cognito.revoke({ pool: 'eu', by: 'sub', value: 'ada' })
  t.equal(codeOf(signal), REVOKED)
})

t.test('a token that is revoked already ends at once, and so does one that has expired', async (t) => {
  const { app, signIn } = await setUp(t)
  const authentication = await signIn()
  await app.cognito.revoke({ pool: 'eu', by: 'sub', value: 'ada' })
  const signal = app.cognito.expirySignal(authentication)
  await once(signal, 'abort')
  t.equal(codeOf(signal), REVOKED)
  const { exp: _, ...rest } = authentication.payload as Readonly<Record<string, unknown>>
  const expired = { ...authentication, payload: { ...rest, exp: now() - 1 } } as Authentication
  t.equal(codeOf(app.cognito.expirySignal(expired)), 'COGNITO_ERR_TOKEN_EXPIRED')
})

/** A WebSocket's shape, which tells how it was closed. */
function createSocket() {
  const calls: unknown[][] = []
  const close = (...call: unknown[]) => void calls.push(call)
  return { calls, socket: { readyState: 1, close, addEventListener() {} } }
}

t.test('a socket is closed at the revocation, unless it has a newer token', async (t) => {
  const { app, signIn } = await setUp(t)
  const { calls, socket } = createSocket()
  app.cognito.closeOnExpiry(socket, await signIn())
  app.cognito.closeOnExpiry(socket, await signIn({ jti: 'two' }))
  await app.cognito.revoke({ pool: 'eu', by: 'jti', value: 'one' })
  t.strictSame(calls, [], 'the token that was replaced')
  await app.cognito.revoke({ pool: 'eu', by: 'jti', value: 'two' })
  t.strictSame(calls, [[4401, 'The token was revoked']])
  app.cognito.closeOnExpiry(socket, null)
})

t.test('one target that cannot be closed does not keep the others open', async (t) => {
  const { app, signIn } = await setUp(t)
  const broken = createSocket()
  const [one, two] = [createSocket(), createSocket()]
  const failing = {
    ...broken.socket,
    close() {
      throw new Error('a broken socket')
    },
  }
  for (const socket of [one.socket, failing, two.socket]) app.cognito.closeOnExpiry(socket, await signIn())
  await app.cognito.revoke({ pool: 'eu', by: 'sub', value: 'ada' })
  t.strictSame([one.calls.length, two.calls.length], [1, 1])
})

t.test(
  'without the option revocation the end of the token counts, and any authentication will do',
  async (t) => {
    const app = await createApp(t, { eu: eu.options() })
    const payload = { exp: now() - 1 }
    t.equal(codeOf(app.cognito.expirySignal({ payload })), 'COGNITO_ERR_TOKEN_EXPIRED')
    t.equal(app.cognito.expirySignal(null).aborted, false)
  },
)

/** A store of another process, in which a test writes directly. */
function createDistantStore() {
  const marks = new Map<string, RevocationMark>()
  const calls = { count: 0 }
  const state: { failure?: Error } = {}
  const store: RevocationStore = {
    async isRevoked({ keys }) {
      calls.count += 1
      if (state.failure) throw state.failure
      return keys.some((key) => marks.has(key))
    },
    revoke: (mark) => void marks.set(mark.key, mark),
  }
  return { store, marks, calls, state }
}

const { pools } = resolveOptions({ pools: { eu: eu.options(), us: us.options() } }, {})

/** The functions of an application under a clock that the test moves. */
function createMoved(store: RevocationStore, onError: 'deny' | 'allow' = 'deny') {
  const clock = new TestClock()
  const gate = new RevocationGate({ store, timeout: 0.05, onError }, () => {}, clock)
  const payload = { sub: 'ada', iat: clock.now() / 1000, exp: clock.now() / 1000 + 3600, client_id: 'web' }
  const authentication = {
    pool: 'eu',
    payload: { token_use: 'access', ...payload },
  } as unknown as Authentication
  return { clock, gate, authentication, ...createExpiry(pools, gate, clock) }
}

const key = `sub:${eu.userPoolId}:ada`
const mark = { key, notBefore: null } as RevocationMark

t.test('a store that tells of no marks is asked at once, and then once a minute', async (t) => {
  const { store, marks, calls } = createDistantStore()
  const { clock, expirySignal, authentication } = createMoved(store)
  const signal = expirySignal(authentication)
  await clock.advance(0)
  t.equal(calls.count, 1)
  await clock.advance(10 * MINUTE)
  t.equal(calls.count, 11)
  marks.set(key, mark)
  await clock.advance(MINUTE)
  t.equal(codeOf(signal), REVOKED)
  await clock.advance(10 * MINUTE)
  t.strictSame([calls.count, clock.pending], [12, 0], 'and never again after the end')
})

t.test('a mark of the own process ends a token at once, whatever the store tells', async (t) => {
  const { store } = createDistantStore()
  const { gate, expirySignal, authentication } = createMoved(store)
  const signal = expirySignal(authentication)
  await gate.revoke(mark, 'eu')
  t.equal(codeOf(signal), REVOKED)
})

t.test(
  'a store that fails for a moment ends nothing; after three looks it does, if it shuts requests out',
  async (t) => {
    for (const onError of ['deny', 'allow'] as const) {
      const { store, state } = createDistantStore()
      const { clock, expirySignal, closeOnExpiry, authentication } = createMoved(store, onError)
      const { socket, calls } = createSocket()
      const signal = expirySignal(authentication)
      closeOnExpiry(socket, authentication)
      await clock.advance(MINUTE / 2)
      state.failure = new Error('away')
      await clock.advance(2 * MINUTE)
      delete state.failure
      await clock.advance(MINUTE)
      t.equal(signal.aborted, false, `${onError}: two looks, and an answer`)
      state.failure = new Error('away again')
      await clock.advance(2 * MINUTE)
      t.equal(signal.aborted, false, `${onError}: two looks`)
      await clock.advance(MINUTE)
      t.equal(codeOf(signal), onError === 'deny' ? 'COGNITO_ERR_REVOCATION_UNAVAILABLE' : undefined, onError)
      t.strictSame(calls, onError === 'deny' ? [[4503, 'The token cannot be checked']] : [])
    }
  },
)

t.test('an error that is no refusal ends the token', async (t) => {
  const { clock, gate, expirySignal, authentication } = createMoved(createDistantStore().store)
  const error = new TypeError('unexpected')
  gate.pass = () => {
    throw error
  }
  const { socket, calls } = createSocket()
  const signal = expirySignal(authentication)
  await clock.advance(0)
  t.equal(signal.reason, error)
  createExpiry(pools, gate, clock).closeOnExpiry(socket, authentication)
  await clock.advance(0)
  t.strictSame(calls, [[4503, 'The token cannot be checked']])
})

t.test('a store is listened to as long as a token is followed, and no longer', async (t) => {
  let listening = 0
  let onMark: (mark: RevocationMark) => void = () => {}
  const store: RevocationStore = {
    ...createDistantStore().store,
    watch(listener) {
      listening += 1
      onMark = listener
      return () => {
        listening -= 1
      }
    },
  }
  const { clock, expirySignal, authentication } = createMoved(store)
  t.equal(listening, 0)
  const leaving = new AbortController()
  const [one, two] = [expirySignal(authentication, { signal: leaving.signal }), expirySignal(authentication)]
  t.equal(listening, 1, 'once for all tokens')
  await clock.advance(0)
  leaving.abort()
  t.strictSame([one.aborted, listening], [true, 1])
  onMark({ ...mark, key: `sub:${eu.userPoolId}:bob` })
  t.equal(two.aborted, false)
  onMark(mark)
  t.strictSame([codeOf(two), listening, clock.pending], [REVOKED, 0, 0])
  const three = expirySignal(authentication)
  t.equal(listening, 1, 'and again for the next')
  await clock.advance(2 * 60 * MINUTE)
  t.strictSame([codeOf(three), listening, clock.pending], ['COGNITO_ERR_TOKEN_EXPIRED', 0, 0])
})

t.test('ten thousand tokens leave nothing in the store', async (t) => {
  const { clock, gate, expirySignal, authentication } = createMoved(memoryRevocation())
  for (let index = 0; index < 10_000; index += 1) {
    const end = new AbortController()
    expirySignal(authentication, { signal: end.signal })
    end.abort()
  }
  let heard = 0
  const end = gate.watch(
    { pool: pools.get('eu') as never, payload: authentication.payload, revocable: undefined },
    () => {
      heard += 1
    },
  )
  await gate.revoke(mark, 'eu')
  t.strictSame([heard, clock.pending], [2, 0], 'the store and the gate tell of it')
  end()
})

t.test('a store whose watch returns no function is an error', async (t) => {
  const store = { ...createDistantStore().store, watch: () => undefined } as unknown as RevocationStore
  const { expirySignal, authentication } = createMoved(store)
  t.throws(() => expirySignal(authentication), {
    name: 'TypeError',
    message: /^revocation\.store\.watch: expected/,
  })
})

t.test('a token that cannot be followed leaves the earlier one in force, and keeps nothing', async (t) => {
  const state: { failure?: Error; listening: number } = { listening: 0 }
  const store: RevocationStore = {
    ...createDistantStore().store,
    watch() {
      if (state.failure) throw state.failure
      state.listening += 1
      return () => {
        state.listening -= 1
      }
    },
  }
  const { clock, gate, closeOnExpiry, authentication } = createMoved(store)
  const failure = new Error('away')
  const { calls, socket } = createSocket()
  closeOnExpiry(socket, authentication)
  const elsewhere = createMoved({ ...store })
  state.failure = failure
  const renew = createExpiry(pools, elsewhere.gate, clock).closeOnExpiry
  const exp = Number(authentication.payload['exp']) + 3600
  const renewed = { ...authentication, payload: { ...authentication.payload, exp } } as Authentication
  t.throws(() => renew(socket, renewed), failure)
  await clock.advance(0)
  t.strictSame([calls, clock.pending, state.listening], [[], 1, 1], 'the earlier token alone')
  await clock.advance(60 * MINUTE)
  t.strictSame([calls, state.listening], [[[4401, 'The token expired']], 0])
  delete state.failure
  const other = createSocket()
  closeOnExpiry(other.socket, renewed)
  await gate.revoke(mark, 'eu')
  t.strictSame(other.calls, [[4401, 'The token was revoked']], 'a store that can be heard again')
})

t.test('a renewal listens to the store before the earlier token is let go', async (t) => {
  let watches = 0
  const store: RevocationStore = {
    ...createDistantStore().store,
    watch() {
      watches += 1
      return () => {}
    },
  }
  const { closeOnExpiry, authentication } = createMoved(store)
  const { socket } = createSocket()
  for (let index = 0; index < 5; index += 1) closeOnExpiry(socket, authentication)
  t.equal(watches, 1, 'one connection to the store')
})

t.test('an expired token costs the store nothing', async (t) => {
  const { store, calls } = createDistantStore()
  let watches = 0
  const watch = () => {
    watches += 1
    return () => {}
  }
  const { clock, expirySignal, authentication } = createMoved({ ...store, watch })
  const expired = {
    ...authentication,
    payload: { ...authentication.payload, exp: clock.now() / 1000 },
  } as Authentication
  t.equal(codeOf(expirySignal(expired)), 'COGNITO_ERR_TOKEN_EXPIRED')
  await clock.advance(MINUTE)
  t.strictSame([watches, calls.count], [0, 0])
  const exp = clock.now() / 1000 + 90
  const signal = expirySignal({ ...authentication, payload: { ...authentication.payload, exp } } as never)
  await clock.advance(90_000)
  t.strictSame([signal.aborted, calls.count], [true, 2], 'asked at once and after a minute, not at the end')
})

t.test(
  'an authentication of another application, or one that was made by hand, is a TypeError',
  async (t) => {
    const { clock, expirySignal, closeOnExpiry, authentication } = createMoved(memoryRevocation())
    const { socket } = createSocket()
    const { payload } = authentication
    for (const wrong of [
      { payload },
      { pool: 'elsewhere', payload },
      { pool: 'eu', payload: { ...payload, sub: undefined } },
      { pool: 'eu', payload: { ...payload, iat: '7' } },
    ] as Authentication[]) {
      t.throws(() => expirySignal(wrong), {
        name: 'TypeError',
        message: /^expirySignal: expected an authentication of this/,
      })
      t.throws(() => closeOnExpiry(socket, wrong), {
        name: 'TypeError',
        message: /^closeOnExpiry: expected an auth/,
      })
    }
    t.throws(() => expirySignal({ ...authentication, payload: { ...payload, exp: Number.NaN } }), TypeError)
    t.equal(clock.pending, 0)
  },
)

t.test('over HTTP: a stream of a revoked token ends, another user’s goes on', async (t) => {
  const { app } = await setUp(t)
  const open = new Map<string, AbortSignal>()
  app.get('/', { onRequest: app.authRequired('eu') }, async (request) => {
    open.set(request.cognito.subject, app.cognito.expirySignal(request.cognito))
    return 'open'
  })
  for (const sub of ['ada', 'bob']) {
    const { statusCode } = await app.inject({ url: '/', headers: bearer(eu.accessToken({ sub })) })
    t.equal(statusCode, 200)
  }
  await app.cognito.revoke({ pool: 'eu', by: 'sub', value: 'ada' })
  t.strictSame([...open.values()].map(codeOf), [REVOKED, undefined])
})

t.test('an answer of the store that comes too late changes nothing', async (t) => {
  const answers = [false]
  let conclude = (_isRevoked: boolean) => {}
  const isRevoked = () =>
    answers.shift() ??
    new Promise<boolean>((resolve) => {
      conclude = resolve
    })
  const { app, signIn } = await setUp(t, { isRevoked, revoke() {} })
  const leaving = new AbortController()
  const signal = app.cognito.expirySignal(await signIn(), { signal: leaving.signal })
  leaving.abort('left')
  conclude(true)
  await new Promise(setImmediate)
  t.equal(signal.reason, 'left')
})
