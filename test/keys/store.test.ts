import t from 'tap'
import type { KeyStore, StoredKeySet } from '../../src/index.js'
import { Closing } from '../../src/keys/closing.js'
import { Endpoint } from '../../src/keys/endpoint.js'
import { toKeySet } from '../../src/keys/key-set.js'
import { createUrlSource } from '../../src/keys/sources.js'
import { createMemory, type MemoryPolicy } from '../../src/keys/store.js'
import { resolveOptions } from '../../src/options.js'
import type { TestPool } from '../../src/testing/index.js'
import { createLoggedApp } from '../support/logged-app.js'
import { until } from '../support/revocations.js'
import {
  ACCEPTED,
  boot,
  coded,
  codesOf,
  createOwnStore,
  downUrl,
  endpoint,
  eu,
  HOUR,
  issuer,
  keysOf,
  MINUTE,
  setOf,
  us,
  WAIT_MS,
  warning,
} from '../support/stored-keys.js'
import { TestClock } from '../support/test-clock.js'

/** A memory on a clock that stands still at noon. */
function createTestMemory(store: KeyStore, policy: Partial<MemoryPolicy> = {}) {
  const clock = new TestClock()
  const start = clock.now()
  const codes: string[] = []
  const memory = createMemory(store, downUrl, {
    clock,
    timeOfDay: () => NOON + clock.now() - start,
    refreshAfterMs: 5 * MINUTE,
    staleIfErrorMs: 24 * HOUR,
    report: (code) => codes.push(code),
    ...policy,
  })
  return { memory, clock, codes }
}

const NOON = 1_700_000_000_000

t.test('a set of the store is believed where all is right with it', async (t) => {
  const set = setOf(eu, { askedAt: NOON - MINUTE })
  const { keys } = eu.keySet()
  const text = (keys: unknown) => JSON.stringify({ keys })
  const junk: readonly (readonly [code: string, set: unknown])[] = [
    ['MALFORMED', 7],
    ['MALFORMED', 'x'],
    ['MALFORMED', {}],
    ['MALFORMED', []],
    ['MALFORMED', { ...set, document: undefined }],
    ['MALFORMED', { ...set, document: eu.keySet() }],
    ['MALFORMED', { ...set, document: '' }],
    ['MALFORMED', { ...set, document: set.document.slice(0, -1) }],
    ['MALFORMED', { ...set, document: set.document.padEnd(512 * 1024 + 1) }],
    ['MALFORMED', { ...set, askedAt: undefined }],
    ['MALFORMED', { ...set, askedAt: 'yesterday' }],
    ['MALFORMED', { ...set, askedAt: Number.NaN }],
    ['MALFORMED', { ...set, askedAt: Number.NEGATIVE_INFINITY }],
    ['STORE_FAILED', { ...set, askedAt: BigInt(NOON) }],
    ['OTHER_URL', { ...set, url: `${downUrl}/` }],
    ['OTHER_URL', { ...set, url: undefined }],
    ['FROM_THE_FUTURE', { ...set, askedAt: NOON + HOUR }],
    ['FROM_THE_FUTURE', { ...set, askedAt: NOON + MINUTE + 1 }],
    ['NO_USABLE_KEY', { ...set, document: 'null' }],
    ['NO_USABLE_KEY', { ...set, document: text([]) }],
    ['NO_USABLE_KEY', { ...set, document: text([{ ...keys[0], kty: 'EC' }]) }],
    ['NO_USABLE_KEY', { ...set, document: text([keys[0], { ...keys[1], kid: keys[0]?.['kid'] }]) }],
  ]
  for (const [code, given] of junk) {
    const { memory, codes } = createTestMemory(createOwnStore(given as StoredKeySet).store)
    t.equal(await memory.restore(), undefined)
    t.strictSame(codes, [code])
  }
  const tooOld = [setOf(eu, { askedAt: NOON - 24 * HOUR - 1 }), setOf(eu, { askedAt: 0 })]
  for (const given of [undefined, null as unknown as undefined, ...tooOld]) {
    const { memory, codes } = createTestMemory({ load: async () => given, save: async () => {} })
    t.equal(await memory.restore(), undefined)
    t.strictSame(codes, [], 'a set that is missing or only too old is no fault')
  }
  const good: readonly (readonly [ageMs: number, set: StoredKeySet])[] = [
    [MINUTE, set],
    [MINUTE, { ...set, document: set.document.padEnd(512 * 1024) }],
    [24 * HOUR, { ...set, askedAt: NOON - 24 * HOUR }],
    [0, { ...set, askedAt: NOON + MINUTE }],
  ]
  for (const [ageMs, given] of good) {
    const { memory, clock, codes } = createTestMemory(createOwnStore(given).store)
    t.strictSame(await memory.restore(), { keys: keysOf(eu), askedAt: clock.now() - ageMs })
    t.strictSame(codes, [])
  }
})

t.test('a set is saved where it changed, or where the saved one is due', async (t) => {
  const { store, saved } = createOwnStore()
  const { memory, clock } = createTestMemory(store)
  const keep = async (pool: TestPool) => {
    memory.keep({ keys: keysOf(pool), askedAt: clock.now() })
    await Promise.resolve()
    return saved.length
  }
  t.equal(await keep(eu), 1)
  t.strictSame(saved[0], { url: downUrl, askedAt: NOON, document: JSON.stringify(toKeySet(keysOf(eu))) })
  t.equal(await keep(eu), 1)
  await clock.advance(5 * MINUTE)
  t.equal(await keep(eu), 1)
  t.equal(await keep(us), 2, 'another set')
  await clock.advance(5 * MINUTE + 1)
  t.equal(await keep(us), 3, 'a set that is due')
  t.match(saved[2], { askedAt: NOON + 10 * MINUTE + 1 })
  memory.keep({ keys: keysOf(eu), askedAt: clock.now() - 2000 })
  await Promise.resolve()
  t.match(saved[3], { askedAt: NOON + 10 * MINUTE - 1999 }, 'dated by when it was asked for')
})

t.test('what was restored is not saved again before it is due', async (t) => {
  for (const [ageMs, times] of [
    [MINUTE, 0],
    [6 * MINUTE, 1],
  ] as const) {
    const document = JSON.stringify(toKeySet(keysOf(eu)))
    const { store, saved } = createOwnStore(setOf(eu, { askedAt: NOON - ageMs, document }))
    const { memory, clock } = createTestMemory(store)
    t.ok(await memory.restore())
    memory.keep({ keys: keysOf(eu), askedAt: clock.now() })
    await Promise.resolve()
    t.equal(saved.length, times)
    memory.keep({ keys: keysOf(us), askedAt: clock.now() })
    await Promise.resolve()
    t.equal(saved.length, times + 1)
  }
})

t.test('a store that says nothing is waited for one second', async (t) => {
  const { memory, clock, codes } = createTestMemory({
    load: () => new Promise(() => {}),
    save: async () => {},
  })
  const { store } = createOwnStore(setOf(eu, { askedAt: NOON }))
  let set: unknown = 'nothing yet'
  const restored = memory.restore().then((given) => {
    set = given
  })
  await clock.advance(999)
  t.equal(set, 'nothing yet')
  await clock.advance(1)
  await restored
  t.equal(set, undefined)
  t.strictSame(codes, ['TIMEOUT'])
  const good = createTestMemory(store)
  t.ok(await good.memory.restore())
  t.strictSame([clock.pending, good.clock.pending], [0, 0], 'no timer is left')
})

t.test('a store that throws, rejects or answers late is a code, and never an exception', async (t) => {
  const save = async () => {}
  const rows: readonly (readonly [code: string, load: () => unknown])[] = [
    ['EACCES', async () => Promise.reject(coded('EACCES'))],
    ['ECONNREFUSED', async () => Promise.reject(new Error('x', { cause: coded('ECONNREFUSED') }))],
    ['STORE_FAILED', async () => Promise.reject(coded('a sentence'))],
    ['STORE_FAILED', async () => Promise.reject(undefined)],
    [
      'EPERM',
      () => {
        throw coded('EPERM')
      },
    ],
    [
      'STORE_FAILED',
      () => {
        throw null
      },
    ],
  ]
  for (const [code, load] of rows) {
    const { memory, clock, codes } = createTestMemory({ load: load as KeyStore['load'], save })
    t.equal(await memory.restore(), undefined)
    t.strictSame(codes, [code])
    t.equal(clock.pending, 0)
  }
  const { memory } = createTestMemory({ load: (() => setOf(eu, { askedAt: NOON })) as never, save })
  t.ok(await memory.restore(), 'a store without a promise will do')
})

t.test('a save that fails is a code, whichever way it fails', async (t) => {
  const set = { keys: keysOf(eu), askedAt: 0 }
  const load = async () => undefined
  for (const [code, save] of [
    ['ENOSPC', async () => Promise.reject(coded('ENOSPC'))],
    ['STORE_FAILED', async () => Promise.reject('full')],
    [
      'EROFS',
      () => {
        throw coded('EROFS')
      },
    ],
  ] as const) {
    const { memory, codes } = createTestMemory({ load, save })
    memory.keep(set)
    t.ok(await until(() => codes.length > 0, WAIT_MS))
    t.strictSame(codes, [code])
  }
})

t.test('a save that failed is tried again with the next set, though it is the same', async (t) => {
  let saves = 0
  const save = async () => {
    saves += 1
    if (saves === 1) throw coded('EIO')
  }
  const { memory, clock, codes } = createTestMemory({ load: async () => undefined, save })
  const keep = () => memory.keep({ keys: keysOf(eu), askedAt: clock.now() })
  keep()
  t.ok(await until(() => codes.length > 0, WAIT_MS))
  for (const times of [1, 2]) {
    keep()
    t.ok(await until(() => saves === 2, WAIT_MS), `${times} more`)
  }
  t.strictSame([saves, codes], [2, ['EIO']])
})

t.test('a stored set follows the rules of its age, to the millisecond', async (t) => {
  const rows: readonly (readonly [ageMs: number, outcome: string, isAskedFirst: boolean, fetches: number])[] =
    [
      [0, 'found', false, 0],
      [5 * MINUTE, 'found', false, 0],
      [5 * MINUTE + 1, 'found', false, 1],
      [10 * MINUTE, 'found', false, 1],
      [10 * MINUTE + 1, 'found', true, 1],
      [24 * HOUR, 'found', true, 1],
      [24 * HOUR + 1, 'failed', true, 1],
    ]
  for (const [ageMs, outcome, isAskedFirst, fetches] of rows) {
    const clock = new TestClock()
    const { store, loaded } = createOwnStore(setOf(eu, { askedAt: NOON - ageMs }))
    const policy = {
      ...clock,
      random: () => 0.5,
      refreshAfterMs: 5 * MINUTE,
      askFirstAfterMs: 10 * MINUTE,
      staleIfErrorMs: 24 * HOUR,
      lookupBurst: 10,
      lookupIntervalMs: 2000,
      maxWaitMs: 3000,
    }
    const { keys: options } = resolveOptions({ pools: { eu: eu.options() }, keys: { store } }, {})
    const context = { pool: 'eu', options, policy, clock, onStoreFailure: t.fail }
    const memory = createMemory(store, downUrl, { ...policy, clock, timeOfDay: () => NOON, report: t.fail })
    const place = new Endpoint(
      { ...createUrlSource(downUrl, context), memory },
      (pem) => pem,
      policy,
      new Closing(new AbortController().signal),
    )
    t.equal(place.held(eu.kid()), undefined)
    t.strictSame(loaded, [], 'nothing is read before somebody asks')
    const before = endpoint.asked
    t.match(await place.lookUp(eu.kid()), { outcome })
    t.equal(place.health().isFailing, isAskedFirst, `${ageMs}`)
    t.ok(await until(() => endpoint.asked === before + fetches, WAIT_MS))
    t.ok(await until(() => place.health().isFailing === fetches > 0, WAIT_MS))
    t.equal(place.trusted()?.source, outcome === 'found' ? 'store' : undefined)
    t.strictSame(loaded, [downUrl])
  }
})

t.test('whatever a store does, requests are answered while the endpoint answers', async (t) => {
  const never = () => new Promise<never>(() => {})
  const stores: Readonly<Record<string, unknown>> = {
    TIMEOUT: { load: never, save: never },
    EACCES: { load: async () => Promise.reject(coded('EACCES')), save: never },
    EPERM: {
      load() {
        throw coded('EPERM')
      },
      save: never,
    },
    MALFORMED: { load: async () => 'junk', save: never },
    OTHER_URL: { load: async () => setOf(us, { url: us.jwksUrl }), save: never },
    NO_USABLE_KEY: { load: async () => setOf(us, { url: eu.jwksUrl, document: '[]' }), save: never },
  }
  for (const [code, store] of Object.entries(stores)) {
    const { app, lines, ask } = boot(t, store as KeyStore, eu.jwksUrl)
    const tokens = Array.from({ length: 5 }, () => eu.accessToken())
    t.strictSame(
      await Promise.all(tokens.map(ask)),
      tokens.map(() => ACCEPTED),
      code,
    )
    t.strictSame(codesOf(lines), warning(code))
    t.equal(lines.length, 1)
    t.notMatch(JSON.stringify(lines), 'secret')
    t.match(app.cognito.status(), { eu: { state: 'ok', source: 'network' } })
  }
})

t.test('a store whose save fails is one warning, and nothing else', async (t) => {
  const save = async () => Promise.reject(coded('ENOSPC'))
  const { app, lines, ask } = boot(t, { load: async () => undefined, save }, eu.jwksUrl)
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  t.ok(await until(() => lines.length > 0, WAIT_MS))
  t.strictSame(codesOf(lines), warning('ENOSPC'))
  t.equal(await app.cognito.refresh(), true)
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  t.equal(lines.length, 1)
})

t.test('a store is asked once for each URL of a process, by all requests together', async (t) => {
  const issuers = [`${issuer.origin}/nobody`, `${issuer.origin}/${eu.userPoolId}`]
  const { store, loaded, saved } = createOwnStore()
  const { jwksUrl: _, ...pool } = eu.options({ issuer: issuers })
  const { ask } = createLoggedApp(t, { pools: { eu: pool }, keys: { prefetch: false, store } })
  const token = eu.accessToken({ iss: issuers[0] })
  t.match(await Promise.all([token, token, token].map(ask)), [ACCEPTED, ACCEPTED, ACCEPTED])
  t.strictSame(await ask(eu.accessToken({ iss: issuers[1] })), ACCEPTED)
  const urls = issuers.map((each) => `${each}/.well-known/jwks.json`)
  t.strictSame([...loaded].sort(), [...urls].sort())
  t.strictSame(
    saved.map(({ url }) => url),
    [urls[1]],
  )
})
