/**
 * The list of tenants as the verification and the application see it, with a clock that the test moves.
 * @module
 */
import fc from 'fast-check'
import t from 'tap'
import { resolveOptions } from '../../src/options.js'
import { describeTenants } from '../../src/tenants/application.js'
import { createTenants } from '../../src/tenants/tenants.js'
import { watchOpenKeys } from '../support/open-keys.js'
import { settle, TestClock } from '../support/test-clock.js'

const SECOND = 1000
const P1 = 'eu-west-1_AAAAAAAAA'
const P2 = 'eu-west-1_BBBBBBBBB'
const P3 = 'us-east-1_CCCCCCCCC'
const issuer = (id: string) => `https://cognito-idp.${id.slice(0, id.indexOf('_'))}.amazonaws.com/${id}`
const row = (name: string, userPoolId: string, appClientId: unknown = 'web') => ({
  name,
  userPoolId,
  appClientId,
})

/** Tenants whose list the test answers, and the user pools whose keys are open. */
function setUp(load: () => unknown, options: object = {}, pools: object | undefined = undefined, env = {}) {
  const clock = new TestClock()
  const lines: object[] = []
  const { openKeys, openPools } = watchOpenKeys(clock)
  const resolved = resolveOptions({ ...(pools && { pools }), tenants: { load, ...options } } as never, env)
  const write = (details: object, message: string) => void lines.push({ ...details, message })
  const tenants = createTenants(
    resolved.tenants as never,
    {
      pools: resolved.pools.values(),
      env,
      openKeys,
      log: { warn: write, info: write },
    },
    clock,
  )
  /** The name of the tenant that a search finds, or the reason. */
  const search = (iss: unknown, client: unknown = 'web') =>
    tenants.search(iss, client).then(
      ({ pool }) => pool.tenant,
      ({ reasonCode, retryAfter }) => (retryAfter === undefined ? reasonCode : `${reasonCode} ${retryAfter}`),
    )
  return { clock, lines, openPools, tenants, search, application: describeTenants(tenants) }
}

const failing = (): never => {
  throw Object.assign(new Error('password of acme at db.internal'), { code: 'ECONNREFUSED' })
}

t.test('a boot without a list stops, and the message has no text of the driver', async (t) => {
  for (const [load, word] of [
    [failing, 'ECONNREFUSED'],
    [() => ({ rows: [] }), 'load returned no list'],
    [() => Promise.reject('text'), 'it threw'],
  ] as const) {
    const { tenants, lines, clock } = setUp(load)
    const message = `tenants.load: expected the list of tenants when the application starts; ${word}`
    await t.rejects(tenants.start(), { message })
    t.equal(clock.pending, 0)
    t.notMatch(JSON.stringify(lines), /password|acme|internal/)
  }
  const { tenants, application } = setUp(() => [row('acme', P1)])
  await tenants.start()
  t.equal(application.size, 1)
})

t.test('a search tells why there is no tenant', async (t) => {
  const state = { rows: [row('acme', P1)], isDown: false }
  const { clock, tenants, search } = setUp(() => (state.isDown ? failing() : state.rows))
  await tenants.start()
  t.equal(await search('https://evil.example/eu-west-1_AAAAAAAAA'), 'ISSUER_UNKNOWN')
  t.equal(await search(issuer(P2)), 'TENANT_UNKNOWN', 'too soon for a reading')
  state.rows = [row('acme', P1), row('globex', P2)]
  await clock.advance(2 * SECOND)
  t.equal(await search(issuer(P2)), 'globex')
  t.equal(await search(issuer(P3)), 'TENANT_UNKNOWN')
  state.isDown = true
  await clock.advance(2 * SECOND)
  t.equal(await search(issuer(P3)), 'TENANT_LIST_FAILED 2')
  t.equal(tenants.find(issuer(P1), 'web')?.pool.tenant, 'acme', 'known tenants go on')
  await clock.advance(3601 * SECOND)
  t.equal(tenants.find(issuer(P1), 'web'), undefined)
  t.match(await search(issuer(P1)), /^TENANT_LIST_FAILED \d+$/)
  t.equal(tenants.lookUp(issuer(P1), 'web')?.pool.tenant, 'acme')
  t.equal(tenants.lookUp(issuer(P1), 'web')?.membership.isCurrent(), false)
  state.isDown = false
  await clock.advance(30 * SECOND)
  t.equal(tenants.find(issuer(P1), 'web')?.pool.tenant, 'acme')
})

t.test('after a pause the list is read before a tenant is found', async (t) => {
  let rows = [row('acme', P1)]
  const { clock, tenants, search } = setUp(() => rows)
  await tenants.start()
  clock.jump(61 * SECOND)
  rows = []
  t.equal(tenants.find(issuer(P1), 'web'), undefined)
  t.equal(await search(issuer(P1)), 'TENANT_UNKNOWN')
  clock.jump(61 * SECOND)
  rows = [row('acme', P1)]
  t.equal(await search(issuer(P1)), 'acme')
})

t.test('more than a thousand waiting requests are put off', async (t) => {
  const { clock, tenants, search } = setUp(() => [row('acme', P1)])
  await tenants.start()
  await clock.advance(2 * SECOND)
  const waiting = Array.from({ length: 1000 }, () => search(issuer(P2)))
  t.equal(await search(issuer(P2)), 'TENANT_LOOKUP_POSTPONED 2')
  t.strictSame(new Set(await Promise.all(waiting)), new Set(['TENANT_UNKNOWN']))
})

t.test('half a list changes nothing, and a hanging one ends by the timeout', async (t) => {
  const state: { load: () => unknown } = { load: () => [row('acme', P1), row('globex', P2)] }
  const { clock, tenants, application } = setUp(() => state.load())
  await tenants.start()
  state.load = function* () {
    yield row('acme', P1)
    failing()
  }
  t.equal(await application.reload(), false)
  t.equal(application.size, 2)
  state.load = async function* () {
    yield row('acme', P1)
    await new Promise(() => {})
  }
  const reload = application.reload()
  await clock.advance(5 * SECOND)
  t.equal(await reload, false)
  t.equal(tenants.schedule.failure, 'no list within 5000 ms')
  t.equal(application.size, 2)
  state.load = () => [row('globex', P2)]
  const next = application.reload()
  await clock.advance(5 * SECOND)
  t.equal(await next, true, 'a hanging reading that had begun is waited for')
  t.equal(application.size, 1)
})

t.test('registered pools, their issuers and their keys are for no tenant', async (t) => {
  const pools = {
    staff: { userPoolId: P1, appClientId: 'staff' },
    other: {
      userPoolId: 'local_Pool1',
      appClientId: 'other',
      issuer: issuer(P2),
      jwksUrl: 'https://k.example/a',
    },
    inline: { userPoolId: 'us-east-1_DDDDDDDDD', appClientId: 'in', jwks: { keys: [] } },
  }
  const usual = setUp(() => [row('a', P1), row('b', P2), row('c', P3)], {}, { staff: pools.staff })
  await usual.tenants.start()
  t.strictSame(usual.application.skipped, [{ row: 1, fault: 'POOL_REGISTERED' }])
  const env = { AWS_COGNITO_KEYS_URL: 'https://k.example/{userPoolId}' }
  const shared = { staff: { userPoolId: P1, appClientId: 'staff', jwksUrl: `https://k.example/${P2}` } }
  const keys = setUp(() => [row('b', P2), row('c', P3)], {}, shared, env)
  await keys.tenants.start()
  t.strictSame(keys.application.skipped, [{ row: 1, fault: 'POOL_REGISTERED' }], 'its keys')
  const { application, tenants } = setUp(
    () => [row('b', P2), row('c', P3)],
    {},
    {
      staff: { userPoolId: P1, appClientId: 'staff', issuer: issuer(P2) },
    },
  )
  await tenants.start()
  t.strictSame(application.skipped, [{ row: 1, fault: 'POOL_REGISTERED' }], 'its issuer')
})

t.test('keys that no token has needed for an hour are let go', async (t) => {
  const { clock, tenants, openPools } = setUp(() => [row('acme', P1), row('globex', P2)])
  await tenants.start()
  const useOf = (id: string) => tenants.find(issuer(id), 'web')?.keys
  t.ok(useOf(P1))
  t.ok(useOf(P2))
  await clock.advance(3570 * SECOND)
  t.equal(openPools().length, 2)
  await clock.advance(60 * SECOND)
  t.equal(openPools().length, 2, 'used within the first hour')
  t.ok(useOf(P2))
  await clock.advance(3600 * SECOND)
  t.strictSame(openPools(), [P2])
  tenants.close()
  t.strictSame(openPools(), [])
  t.equal(clock.pending, 0)
})

t.test('app.cognito.tenants tells what is in force', async (t) => {
  const { clock, tenants, application } = setUp(() => [row('acme', P1), row('x', P2, [])])
  t.match(application, { size: 0, ageSeconds: undefined, skipped: [] })
  await tenants.start()
  await clock.advance(7 * SECOND)
  t.match(application, { size: 1, ageSeconds: 7, skipped: [{ row: 2, fault: 'CLIENTS_MALFORMED' }] })
  t.strictSame(
    [application.has('acme'), application.has('x'), application.has('__proto__')],
    [true, false, false],
  )
  t.equal(application.status('acme'), undefined, 'no token has needed its keys')
  t.equal(await application.refresh('acme'), true)
  t.ok(tenants.find(issuer(P1), 'web')?.keys)
  t.match(application.status('acme'), { state: 'cold' })
  t.equal(await application.refresh('acme'), true, 'nothing is held that could be fetched again')
  t.equal(application.status('x'), undefined)
  await t.rejects(application.refresh('x'), TypeError)
  t.ok(Object.isFrozen(application))
})

t.test('without the option there are no tenants', async (t) => {
  const none = describeTenants(undefined)
  t.match(none, { size: 0, ageSeconds: undefined, skipped: [] })
  t.equal(none.has('acme'), false)
  t.equal(none.status('acme'), undefined)
  await t.rejects(none.reload(), TypeError)
  await t.rejects(none.refresh('acme'), TypeError)
})

t.test('no line of the log has a value of a row', async (t) => {
  const state: { load: () => unknown } = { load: () => [row('secretname', P1, 'secretclient')] }
  const { clock, tenants, lines, application } = setUp(() => state.load())
  await tenants.start()
  const lists: (() => unknown)[] = [
    () => [row('secretname', P1, 'secretclient'), row('secretevil', P1, 'secretother')],
    () => [
      row('secret name', P1),
      row('secretname', 'secret id'),
      row('secretthird', P2, 'secret client'),
      'secret',
    ],
    () => [row('secretname', P2), row('secretname', P3)],
    () => Promise.reject(Object.assign(new Error('secret'), { code: 'secret: a text' })),
    () => failing(),
    () => [],
  ]
  for (const load of lists) {
    state.load = load
    await application.reload()
    await clock.advance(2 * SECOND)
  }
  t.ok(lines.length >= 5)
  t.notMatch(JSON.stringify(lines), /secret|password|AAAAAAAAA|BBBBBBBBB|CCCCCCCCC/)
})

/** What happens to a list: it changes, it fails, a token asks, time goes by, the process stands still. */
const events = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('list' as const),
      rows: fc.array(
        fc.record({
          name: fc.constantFrom('a', 'b', 'c'),
          userPoolId: fc.constantFrom(P1, P2, P3, 'no id'),
          appClientId: fc.subarray(['one', 'two']),
        }),
        { maxLength: 4 },
      ),
    }),
    fc.record({ kind: fc.constant('down' as const) }),
    fc.record({ kind: fc.constant('reload' as const) }),
    fc.record({
      kind: fc.constant('token' as const),
      id: fc.constantFrom(P1, P2, P3),
      client: fc.constantFrom('one', 'two'),
    }),
    fc.record({
      kind: fc.constant('time' as const),
      ms: fc.constantFrom(1000, 2000, 30_000, 61_000, 200_000),
    }),
    fc.record({ kind: fc.constant('pause' as const), ms: fc.constantFrom(29_000, 61_000, 400_000) }),
  ),
  { minLength: 5, maxLength: 25 },
)

type Rows = readonly {
  readonly name: string
  readonly userPoolId: string
  readonly appClientId: readonly string[]
}[]

const hasPlace = (id: string, client: string) => (row: Rows[number]) =>
  row.userPoolId === id && row.appClientId.includes(client)

/** The rows that hold something after a list: what a row claims is its own, or it held that before. */
function holdersAfter(list: Rows, held: Rows): Rows {
  const valid = list.filter(({ userPoolId, appClientId }) => userPoolId !== 'no id' && appClientId.length > 0)
  const isAlone = (claims: (row: Rows[number]) => boolean) => valid.filter(claims).length === 1
  return valid.filter((row) => {
    const before = held.find(({ name }) => name === row.name)
    const isSame = JSON.stringify(before) === JSON.stringify(row)
    const keeps = (client: string) => before !== undefined && hasPlace(row.userPoolId, client)(before)
    const hasName = isSame || isAlone(({ name }) => name === row.name)
    return (
      hasName && row.appClientId.every((client) => keeps(client) || isAlone(hasPlace(row.userPoolId, client)))
    )
  })
}

/** Tenants whose list may be away, and how a token fares with them. */
function createWorld() {
  const state = { rows: [] as Rows, isDown: false }
  const read = { holders: [] as Rows, at: 0, hasFailed: false }
  const counts = { found: 0, refused: 0 }
  const load = () => {
    read.hasFailed = state.isDown
    if (state.isDown) failing()
    Object.assign(read, { holders: holdersAfter(state.rows, read.holders), at: clock.now() })
    return state.rows
  }
  const { clock, tenants, search, application } = setUp(load, { claim: false, staleIfError: 300 })
  async function ask(id: string, client: string): Promise<void> {
    const known = tenants.find(issuer(id), client)?.pool.tenant
    const name = known ?? (await search(issuer(id), client))
    const isFound = /^[abc]$/.test(name)
    counts[isFound ? 'found' : 'refused'] += 1
    if (!isFound) return
    assertHolder(name, id, client)
  }
  function assertHolder(name: string, id: string, client: string): void {
    const holders = new Set(read.holders.filter(hasPlace(id, client)).map((row) => row.name))
    if (holders.size !== 1 || !holders.has(name)) throw new Error('another tenant')
    const age = clock.now() - read.at
    if (age > (read.hasFailed ? 300_000 : 60_000)) throw new Error(`a list of ${age} ms`)
  }
  const act = {
    list: async ({ rows }: { rows: Rows }) => Object.assign(state, { rows, isDown: false }),
    down: async () => Object.assign(state, { isDown: true }),
    reload: () => application.reload(),
    token: ({ id, client }: { id: string; client: string }) => ask(id, client),
    time: ({ ms }: { ms: number }) => clock.advance(ms),
    pause: async ({ ms }: { ms: number }) => clock.jump(ms),
  }
  return { tenants, counts, ask, act }
}

const places = [P1, P2, P3].flatMap((id) => ['one', 'two'].map((client) => [id, client] as const))

t.test(
  'whatever happens: a tenant that is found is in the last list, alone, and the list is young enough',
  async (t) => {
    const total = { found: 0, refused: 0 }
    const property = fc.asyncProperty(events, async (course) => {
      const { tenants, counts, ask, act } = createWorld()
      await tenants.start()
      for (const event of course) {
        await act[event.kind](event as never)
        await settle()
        for (const [id, client] of places) await ask(id, client)
      }
      tenants.close()
      total.found += counts.found
      total.refused += counts.refused
    })
    await fc.assert(property, { seed: 18, numRuns: 300 })
    t.ok(total.found > 1000)
    t.ok(total.refused > 1000)
  },
)

t.test('rows of which none has a member of a tenant are no list, and the tenants go on', async (t) => {
  let list: unknown = [row('acme', P1)]
  const { clock, tenants, search } = setUp(() => list)
  await tenants.start()
  const columns = { tenant: 'acme', pool: P1, client: 'web' }
  for (const wrong of [[columns], [[row('acme', P1)], []], Buffer.from('acme'), new Map([['acme', 1]])]) {
    list = wrong
    t.equal(await tenants.schedule.reload(), false)
    t.equal(tenants.schedule.failure, 'no row is that of a tenant')
    t.equal(await search(issuer(P1)), 'acme')
  }
  list = [{ ...row('acme', P1), appClientId: null }]
  t.equal(await tenants.schedule.reload(), true)
  await clock.advance(10 * SECOND)
  t.equal(await search(issuer(P1)), 'TENANT_UNKNOWN', 'a tenant whose clients were taken away')
})

t.test('a list that takes as long as it may is trusted until the next one is there', async (t) => {
  let takes = 0
  const { clock, tenants } = setUp(
    () => new Promise((resolve) => clock.after(takes, () => resolve([row('acme', P1)]))),
    { refreshAfter: 1, timeout: 5 },
  )
  const started = tenants.start()
  await clock.advance(0)
  await started
  takes = 4900
  for (let turn = 0; turn < 50; turn += 1) {
    await clock.advance(SECOND)
    t.ok(tenants.find(issuer(P1), 'web'))
  }
})

t.test('an error whose members throw is a failure like any other', async (t) => {
  let isDown = false
  const error = Object.defineProperty(new Error('a secret'), 'code', {
    get() {
      throw new Error('a secret')
    },
  })
  const { tenants, search } = setUp(() => {
    if (isDown) throw error
    return [row('acme', P1)]
  })
  await tenants.start()
  isDown = true
  t.equal(await tenants.schedule.reload(), false)
  t.equal(tenants.schedule.failure, 'it threw')
  t.equal(await search(issuer(P1)), 'acme')
  isDown = false
  t.equal(await tenants.schedule.reload(), true)
})
