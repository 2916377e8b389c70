/**
 * Where key sets outlive the process: what is believed of a store, the store in a folder, and stores that fail.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { KeyStore, KeysOptions, StoredKeySet } from '../../src/index.js'
import { Endpoint } from '../../src/keys/endpoint.js'
import { fileKeyStore } from '../../src/keys/index.js'
import { readKeySet, toKeySet } from '../../src/keys/key-set.js'
import { createUrlSource } from '../../src/keys/sources.js'
import { createMemory, type MemoryPolicy } from '../../src/keys/store.js'
import { resolveOptions } from '../../src/options.js'
import type { TestPool } from '../../src/testing/index.js'
import { TestClock } from '../support/test-clock.js'
import { startIssuer } from '../support/app.js'
import { makeFolder } from '../support/folder.js'
import { createLoggedApp, type LogLine } from '../support/logged-app.js'
import { until } from '../support/revocations.js'
import { startServer } from '../support/server.js'

const { issuer, eu, us } = await startIssuer(t)

/** Longest wait for what has to happen; milliseconds. */
const WAIT_MS = 20_000
const ACCEPTED = { status: 200, code: undefined, retryAfter: undefined }
const UNAVAILABLE = { status: 503, code: 'COGNITO_ERR_KEYS_UNAVAILABLE', retryAfter: '1' }
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** An endpoint that fails at once and without a second attempt, unless it is up. */
const endpoint = { isUp: false, asked: 0 }
const origin = await startServer(t, (_request, response) => {
  endpoint.asked += 1
  response.writeHead(endpoint.isUp ? 200 : 404).end(JSON.stringify(endpoint.isUp ? eu.keySet() : {}))
})
const downUrl = `${origin}/jwks.json`

/** The usable keys of a pool. */
const keysOf = (pool: TestPool) => readKeySet(pool.keySet()) ?? new Map()

/** A set as a store has it. */
function setOf(pool: TestPool, part: Partial<StoredKeySet> = {}): StoredKeySet {
  return { url: downUrl, askedAt: Date.now() - MINUTE, document: JSON.stringify(pool.keySet()), ...part }
}

function boot(test: Test, store: KeyStore, jwksUrl = downUrl, keys: KeysOptions = {}) {
  const pools = { eu: eu.options({ jwksUrl }) }
  return createLoggedApp(test, { pools, keys: { prefetch: false, store, ...keys } })
}

/** Lines that tell of a store: those of an outage have a reason. */
const ofStore = (lines: readonly LogLine[]) => lines.filter((line) => line['reason'] === undefined)
const codesOf = (lines: readonly LogLine[]) =>
  ofStore(lines).map(({ pool, level, code }) => ({ pool, level, code }))
const warning = (code: string) => [{ pool: 'eu', level: 40, code }]

/** A file store in a folder that does not exist yet, and the path of the file of `downUrl`. */
function createStore(test: Test) {
  const folder = join(makeFolder(test), 'keys')
  const path = join(folder, `${createHash('sha256').update(downUrl).digest('hex')}.json`)
  return { folder, path, store: fileKeyStore(folder) }
}

/** A store in memory, which counts. */
function createOwnStore(set?: StoredKeySet) {
  const loaded: string[] = []
  const saved: StoredKeySet[] = []
  const store: KeyStore = {
    async load(url) {
      loaded.push(url)
      return set
    },
    async save(given) {
      saved.push(given)
    },
  }
  return { store, loaded, saved }
}

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

const coded = (code: string) => Object.assign(new Error('a secret of the store'), { code })

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
      new AbortController().signal,
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

t.test('a file that is not to be believed is 503 in an outage, and one warning with its code', async (t) => {
  /** [code, what is done to the folder and its file] */
  const rows: readonly (readonly [
    string,
    (files: ReturnType<typeof createStore>) => void | Promise<void>,
  ])[] = [
    ['FROM_THE_FUTURE', ({ store }) => store.save(setOf(eu, { askedAt: Date.now() + HOUR }))],
    ['OTHER_URL', ({ path, store }) => moveFrom(store, path)],
    ['NO_USABLE_KEY', ({ store }) => store.save(setOf(eu, { document: '{"keys":[]}' }))],
    ['NO_USABLE_KEY', ({ store }) => store.save(setOf(eu, { document: '{"keys":[{"kty":"EC"}]}' }))],
    ['MALFORMED', ({ store }) => store.save(setOf(eu, { document: '{"keys":[' }))],
    ['MALFORMED', ({ path }) => truncateSync(path, statSync(path).size - 10)],
    ['MALFORMED', ({ path }) => truncateSync(path, 0)],
    ['MALFORMED', ({ path }) => writeFileSync(path, 'null')],
    ['MALFORMED', ({ path }) => writeFileSync(path, '7')],
    ['MALFORMED', ({ path }) => writeFileSync(path, '{}')],
    ['TOO_LARGE', ({ path }) => writeFileSync(path, readFileSync(path, 'utf8').padEnd(1024 * 1024 + 1))],
    ['WRITABLE_BY_OTHERS', ({ path }) => chmodSync(path, 0o666)],
    ['WRITABLE_BY_OTHERS', ({ path }) => chmodSync(path, 0o602)],
    ['WRITABLE_BY_OTHERS', ({ path }) => chmodSync(path, 0o620)],
    ['WRITABLE_BY_OTHERS', ({ folder }) => chmodSync(folder, 0o777)],
    ['WRITABLE_BY_OTHERS', ({ folder }) => chmodSync(folder, 0o702)],
    ['WRITABLE_BY_OTHERS', ({ folder }) => chmodSync(folder, 0o720)],
    ['ELOOP', ({ path }) => replaceByLink(path)],
    ['NOT_A_FOLDER', ({ folder }) => replaceByLink(folder)],
    ['NOT_A_FILE', ({ path }) => replaceByPipe(path)],
    ['NOT_A_FILE', ({ path }) => replaceByFolder(path)],
    ['NOT_A_FOLDER', ({ folder }) => replaceByFile(folder)],
  ]
  for (const [code, spoil] of rows) {
    const files = createStore(t)
    await files.store.save(setOf(eu))
    const good = boot(t, files.store)
    t.strictSame(await good.ask(eu.accessToken()), ACCEPTED, `good before ${code}`)
    t.strictSame(good.lines, [])
    await spoil(files)
    const { lines, ask } = boot(t, files.store)
    t.strictSame(await ask(eu.accessToken()), UNAVAILABLE, code)
    t.strictSame(codesOf(lines), warning(code))
    t.strictSame(await ask(eu.accessToken()), UNAVAILABLE)
    t.strictSame(codesOf(lines), warning(code), 'it is told once')
    t.notMatch(
      JSON.stringify(lines),
      new RegExp(`${eu.kid().slice(0, 20).replace(/\W/g, '.')}|modulus|${files.folder}`),
    )
    endpoint.isUp = true
    const up = boot(t, files.store)
    t.strictSame(await up.ask(eu.accessToken()), ACCEPTED, 'where the endpoint answers all is well')
    endpoint.isUp = false
    t.equal(ofStore(up.lines)[0]?.['code'], code)
  }
})

/** Puts a good file of another URL in the place of this one. */
async function moveFrom(store: KeyStore, path: string): Promise<void> {
  const url = `${downUrl}?other`
  await store.save(setOf(eu, { url }))
  renameSync(join(path, '..', `${createHash('sha256').update(url).digest('hex')}.json`), path)
}

function replaceByLink(path: string): void {
  renameSync(path, `${path}.real`)
  symlinkSync(`${path}.real`, path)
}

function replaceByPipe(path: string): void {
  rmSync(path)
  execFileSync('mkfifo', ['-m', '600', path])
}

function replaceByFolder(path: string): void {
  rmSync(path)
  mkdirSync(path, { mode: 0o700 })
}

function replaceByFile(folder: string): void {
  rmSync(folder, { recursive: true })
  writeFileSync(folder, 'x', { mode: 0o600 })
}

t.test('a link for a folder is refused, however its path is written', async (t) => {
  const { folder, store } = createStore(t)
  await store.save(setOf(eu))
  const link = `${folder}-link`
  symlinkSync(folder, link)
  for (const path of [link, `${link}/`, `${link}//`, `${link}/.`, `${link}/x/..`]) {
    await t.rejects(fileKeyStore(path).load(downUrl), { code: 'NOT_A_FOLDER' })
    await t.rejects(fileKeyStore(path).save(setOf(eu)), { code: 'NOT_A_FOLDER' })
  }
  for (const path of [folder, `${folder}/`, `${folder}/x/..`]) t.ok(await fileKeyStore(path).load(downUrl))
})

t.test('a folder, or a file, that another user owns is refused', async (t) => {
  const isRoot = process.getuid?.() === 0
  const { folder, path, store } = createStore(t)
  await store.save(setOf(eu))
  t.ok(await store.load(downUrl))
  // Only root can give a folder away; and who is not root has one of root's at hand.
  if (isRoot) chownSync(folder, 65_534, 65_534)
  const foreign = isRoot ? store : fileKeyStore('/usr')
  await t.rejects(foreign.load(downUrl), { code: 'ANOTHER_OWNER' })
  await t.rejects(foreign.save(setOf(eu)), { code: 'ANOTHER_OWNER' })
  const folderOnly = boot(t, foreign)
  t.strictSame(await folderOnly.ask(eu.accessToken()), UNAVAILABLE)
  t.strictSame(codesOf(folderOnly.lines), warning('ANOTHER_OWNER'))
  if (!isRoot) {
    t.comment(
      'a file of another user is left out: these tests do not run as root, who alone can give one away',
    )
    return
  }
  chownSync(folder, 0, 0)
  chownSync(path, 65_534, 65_534)
  const { lines, ask } = boot(t, store)
  t.strictSame(await ask(eu.accessToken()), UNAVAILABLE)
  t.strictSame(codesOf(lines), warning('ANOTHER_OWNER'))
  chownSync(path, 0, 65_534)
  const good = boot(t, store)
  t.strictSame(await good.ask(eu.accessToken()), ACCEPTED, 'the group does not matter while it cannot write')
})

t.test('nothing is said of a store that is empty', async (t) => {
  const { folder, path, store } = createStore(t)
  t.equal(await store.load(downUrl), undefined)
  const first = boot(t, store)
  t.strictSame(await first.ask(eu.accessToken()), UNAVAILABLE)
  t.strictSame(codesOf(first.lines), [])
  t.notOk(existsSync(folder), 'a failing endpoint writes nothing')
  await store.save(setOf(eu))
  rmSync(path)
  t.equal(await store.load(downUrl), undefined)
})

t.test('a restart in an outage: the keys of the store serve, and a young set asks nobody', async (t) => {
  const pool = issuer.createPool()
  const { store } = createStore(t)
  const start = () => createLoggedApp(t, { pools: { eu: pool.options() }, keys: { prefetch: false, store } })
  const first = start()
  t.strictSame(await first.ask(pool.accessToken()), ACCEPTED)
  t.ok(await until(async () => (await store.load(pool.jwksUrl)) !== undefined, WAIT_MS))
  await first.app.close()
  issuer.down = true
  t.teardown(() => {
    issuer.down = false
  })
  const { app, lines, ask } = start()
  t.strictSame(await ask(pool.accessToken()), ACCEPTED)
  await app.cognito
    .verify(pool.idToken(), 'eu', { tokenUse: 'id' })
    .catch(() => t.fail('the whole set is there'))
  t.equal(issuer.fetches.get(pool.userPoolId), 1)
  t.match(app.cognito.status(), {
    eu: { state: 'ok', source: 'store', keys: [{}, {}], lastSuccessSeconds: undefined },
  })
  t.strictSame(lines, [])
  t.strictSame(
    (await createLoggedApp(t, { pools: { eu: pool.options() } }).ask(pool.accessToken())).status,
    503,
  )
})

t.test('a stored set of seven minutes is used at once, and fetched again behind', async (t) => {
  const { store } = createStore(t)
  let answer: (() => void) | undefined
  const origin = await startServer(t, (_request, response) => {
    answer = () => response.end(JSON.stringify(eu.keySet()))
  })
  const url = `${origin}/jwks.json`
  const askedAt = Date.now() - 7 * MINUTE
  await store.save(setOf(eu, { url, askedAt }))
  const { app, lines, ask } = boot(t, store, url, { timeout: 10 })
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  t.ok(await until(() => answer !== undefined, WAIT_MS))
  t.match(app.cognito.status(), { eu: { state: 'ok', source: 'store', keys: [{}, {}] } })
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  answer?.()
  t.ok(await until(() => app.cognito.status()['eu']?.source === 'network', WAIT_MS))
  t.ok(
    await until(async () => ((await store.load(url))?.askedAt ?? 0) > askedAt, WAIT_MS),
    'and written anew',
  )
  t.strictSame(lines, [])
})

t.test('a stored set of twenty minutes is asked for first, and serves while nobody answers', async (t) => {
  const old = { askedAt: Date.now() - 20 * MINUTE }
  const { store } = createStore(t)
  await store.save(setOf(us, { ...old, url: eu.jwksUrl }))
  const up = boot(t, store, eu.jwksUrl)
  t.strictSame(await up.ask(eu.accessToken()), ACCEPTED)
  t.match(up.app.cognito.status(), { eu: { state: 'ok', source: 'network' } })
  t.strictSame(up.lines, [])
  await store.save(setOf(eu, old))
  const down = boot(t, store)
  const before = endpoint.asked
  t.strictSame(await down.ask(eu.accessToken()), ACCEPTED)
  t.equal(endpoint.asked, before + 1)
  t.match(down.app.cognito.status(), {
    eu: { state: 'degraded', source: 'store', lastFailure: { code: '404' } },
  })
  t.match(down.lines, [{ level: 40, pool: 'eu', reason: 'status', code: '404' }])
  t.equal(down.lines.length, 1)
})

t.test('a stored set of 25 hours is nothing, and no fault; one of 23 hours serves', async (t) => {
  const { store } = createStore(t)
  await store.save(setOf(eu, { askedAt: Date.now() - 25 * HOUR }))
  const late = boot(t, store)
  t.strictSame(await late.ask(eu.accessToken()), UNAVAILABLE)
  t.strictSame(codesOf(late.lines), [])
  t.match(late.app.cognito.status(), { eu: { state: 'down', source: undefined, keys: [] } })
  const longer = boot(t, store, downUrl, { staleIfError: 26 * 3600 })
  t.strictSame(await longer.ask(eu.accessToken()), ACCEPTED)
  await store.save(setOf(eu, { askedAt: Date.now() - 23 * HOUR }))
  t.strictSame(await boot(t, store).ask(eu.accessToken()), ACCEPTED)
})

t.test('a key that was taken out while the process was down is gone once the endpoint answers', async (t) => {
  const pool = issuer.createPool()
  const { store } = createStore(t)
  const old = { access: pool.accessToken(), document: JSON.stringify(pool.keySet()) }
  await store.save(
    setOf(pool, { url: pool.jwksUrl, askedAt: Date.now() - 20 * MINUTE, document: old.document }),
  )
  pool.rotateKeys({ keepOld: false })
  const { ask } = createLoggedApp(t, { pools: { eu: pool.options() }, keys: { prefetch: false, store } })
  t.match(await ask(old.access), { status: 401, code: 'COGNITO_ERR_TOKEN_INVALID' })
  t.strictSame(await ask(pool.accessToken()), ACCEPTED)
})

t.test('a folder is made for its owner alone, and so is each file, whatever the umask', async (t) => {
  const { folder, path, store } = createStore(t)
  const umask = process.umask(0)
  t.teardown(() => process.umask(umask))
  await store.save(setOf(eu))
  await store.save(setOf(us, { url: eu.jwksUrl }))
  t.equal(statSync(folder).mode & 0o777, 0o700)
  t.equal(readdirSync(folder).length, 2, 'a URL has its own file')
  for (const name of readdirSync(folder)) t.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
  t.strictSame(await store.load(downUrl), JSON.parse(readFileSync(path, 'utf8')))
  t.match(await store.load(eu.jwksUrl), { document: JSON.stringify(us.keySet()) })
  t.ok(Object.isFrozen(store))
})

t.test('a file is never written in its place, only replaced', async (t) => {
  const { path, store } = createStore(t)
  await store.save(setOf(eu))
  const before = readFileSync(path, 'utf8')
  const reader = openSync(path, 'r')
  t.teardown(() => closeSync(reader))
  await store.save(setOf(us))
  t.not(readFileSync(path, 'utf8'), before)
  t.equal(readFileSync(reader, 'utf8'), before, 'who has it open goes on reading the old one')
  const texts = [JSON.stringify(eu.keySet()), JSON.stringify(us.keySet())]
  const seen: unknown[] = []
  let isWriting = true
  const reading = (async () => {
    while (isWriting) seen.push((await store.load(downUrl))?.document)
  })()
  for (let times = 0; times < 50; times += 1) await store.save(setOf(times % 2 === 0 ? eu : us))
  isWriting = false
  await reading
  t.ok(
    seen.length > 0 && seen.every((document) => texts.includes(document as string)),
    'whole, the one or the other',
  )
})

t.test('writers at the same time leave one whole file, and no drafts', async (t) => {
  const { folder, store } = createStore(t)
  await Promise.all(Array.from({ length: 20 }, (_, index) => store.save(setOf(index % 2 === 0 ? eu : us))))
  t.equal(readdirSync(folder).length, 1)
  t.ok(await store.load(downUrl))
})

t.test('a save that fails leaves no draft, and what was there', async (t) => {
  const { folder, path, store } = createStore(t)
  await store.save(setOf(eu))
  rmSync(path)
  mkdirSync(join(path, 'full'), { recursive: true })
  await t.rejects(store.save(setOf(us)), { code: /^(?:EISDIR|ENOTEMPTY|EEXIST)$/ })
  t.strictSame(readdirSync(folder), [path.slice(folder.length + 1)])
  rmSync(path, { recursive: true })
  await store.save(setOf(us))
  t.match(await store.load(downUrl), { document: JSON.stringify(us.keySet()) })
})

t.test('a link in the place of the file is replaced, and what it leads to is left alone', async (t) => {
  const { folder, path, store } = createStore(t)
  const victim = join(folder, '..', 'victim')
  writeFileSync(victim, 'precious')
  mkdirSync(folder, { mode: 0o700 })
  symlinkSync(victim, path)
  await t.rejects(store.load(downUrl), { code: 'ELOOP' })
  await store.save(setOf(eu))
  t.equal(readFileSync(victim, 'utf8'), 'precious')
  t.match(await store.load(downUrl), { url: downUrl })
})

t.test('a file store takes the absolute path of a folder', async (t) => {
  for (const path of ['', 'keys', './keys', '../keys', 'C:keys', undefined, null, 7, ['/keys']]) {
    t.throws(() => fileKeyStore(path as never), {
      name: 'TypeError',
      message: 'fileKeyStore: expected the absolute path of a folder',
    })
  }
  t.ok(fileKeyStore('/keys'), 'nothing is made before a set is there')
  t.notOk(existsSync('/keys'))
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
