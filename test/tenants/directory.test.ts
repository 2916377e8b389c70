/**
 * The tenants in force: found by issuer and client, and replaced as a whole.
 * @module
 */
import t, { type Test } from 'tap'
import { resolveOptions } from '../../src/options.js'
import { mayBeIssuer, TenantDirectory } from '../../src/tenants/directory.js'
import type { Tenant } from '../../src/tenants/tenant.js'
import { watchOpenKeys } from '../support/open-keys.js'
import { TestClock } from '../support/test-clock.js'

const P1 = 'eu-west-1_AAAAAAAAA'
const P2 = 'eu-west-1_BBBBBBBBB'
const P3 = 'us-east-1_CCCCCCCCC'
const issuer = (id: string) => `https://cognito-idp.${id.slice(0, id.indexOf('_'))}.amazonaws.com/${id}`

const row = (name: string, userPoolId: string, ...appClientId: string[]) => ({
  name,
  userPoolId,
  appClientId: appClientId.length > 0 ? appClientId : 'web',
})

/** A directory, and the user pools whose keys are open. */
function setUp(options: object = {}, registered: readonly string[] = []) {
  const { openKeys, openPools } = watchOpenKeys(new TestClock())
  const { tenants } = resolveOptions({ tenants: { load: () => [], ...options } }, {})
  const directory: TenantDirectory = new TenantDirectory({
    options: tenants as never,
    env: {},
    openKeys,
    isRegistered: (id) => registered.includes(id),
    isCurrent: (tenant) => directory.has(tenant),
  })
  return { directory, openPools }
}

const named = (directory: TenantDirectory, name: string): Tenant => {
  const tenant = directory.named(name)
  if (tenant === undefined) throw new Error(`no tenant ${name}`)
  return tenant
}

t.test('a tenant is found by each of its issuers and clients, and by nothing else', async (t) => {
  const { directory } = setUp({ claim: 'custom:tenant' })
  t.equal(directory.size, 0)
  await directory.replaceBy([row('acme', P1, 'one', 'two'), row('globex', P1, 'three'), row('third', P2)])
  t.equal(directory.size, 3)
  const acme = named(directory, 'acme')
  for (const iss of acme.userPool.issuers) {
    for (const client of ['one', 'two']) t.equal(directory.find(iss, client), acme)
    t.equal(directory.find(iss, 'three'), named(directory, 'globex'))
    for (const client of ['four', '', undefined, null, 'one two'])
      t.equal(directory.find(iss, client), undefined)
  }
  for (const iss of [P1, issuer(P3), `${issuer(P1)}/`, undefined, null, [issuer(P2)], {}]) {
    t.equal(directory.find(iss, 'one'), undefined)
  }
  for (const name of ['__proto__', 'constructor', 'toString', '*', 'tenant:acme', 'ACME', '']) {
    t.equal(directory.named(name), undefined, name)
  }
  t.match(acme.pool, { name: 'tenant:acme', tenant: 'acme', userPoolId: P1, region: 'eu-west-1' })
  t.equal(acme.pool, acme.pool)
})

t.test('what did not change stays the same object, and what changed does not', async (t) => {
  const { directory } = setUp({ claim: false })
  await directory.replaceBy([row('a', P1, 'one', 'two'), row('b', P2), row('c', P3)])
  const [a, b, c] = ['a', 'b', 'c'].map((name) => named(directory, name)) as [Tenant, Tenant, Tenant]
  const { keys } = b
  await directory.replaceBy([row('c', P2, 'app'), row('b', P2, 'web2'), row('a', P1, 'two', 'one')])
  t.equal(directory.named('a'), a)
  t.equal(a.isCurrent(), true)
  for (const old of [b, c]) {
    t.not(directory.named(old.name), old)
    t.equal(old.isCurrent(), false)
    t.equal(directory.has(old), false)
  }
  t.equal(named(directory, 'b').keys, keys, 'a new client keeps the keys')
  t.equal(named(directory, 'c').keys, keys, 'a pool that is shared now')
  t.equal(directory.find(issuer(P2), 'web'), undefined)
  t.equal(directory.find(issuer(P3), 'web'), undefined)
})

t.test('a tenant that goes and comes back is another one', async (t) => {
  const { directory, openPools } = setUp()
  await directory.replaceBy([row('a', P1)])
  const before = named(directory, 'a')
  t.ok(before.keys)
  await directory.replaceBy([])
  t.strictSame(openPools(), [])
  await directory.replaceBy([row('a', P1)])
  t.equal(before.isCurrent(), false)
  t.equal(named(directory, 'a').isCurrent(), true)
})

t.test('keys are opened when a token needs them, once a pool, and closed with the last tenant', async (t) => {
  const { directory, openPools } = setUp({ claim: false })
  await directory.replaceBy([row('a', P1, 'one'), row('b', P1, 'two'), row('c', P2)])
  t.strictSame(openPools(), [])
  t.equal(named(directory, 'a').userPool.openKeys, undefined)
  t.equal(named(directory, 'a').keys, named(directory, 'b').keys)
  t.ok(named(directory, 'c').keys)
  t.strictSame(openPools(), [P1, P2])
  await directory.replaceBy([row('b', P1, 'two')])
  t.strictSame(openPools(), [P1], 'another tenant still has the pool')
  await directory.replaceBy([])
  t.strictSame(openPools(), [])
})

t.test('keys that nobody has used since are let go, and opened again', async (t) => {
  const { directory, openPools } = setUp()
  await directory.replaceBy([row('a', P1), row('b', P2)])
  const [first] = [named(directory, 'a').keys, named(directory, 'b').keys]
  await directory.letGoUnusedKeys()
  t.strictSame(openPools(), [P1, P2], 'used since the last time')
  t.equal(named(directory, 'a').keys, first)
  await directory.letGoUnusedKeys()
  t.strictSame(openPools(), [P1])
  t.equal(named(directory, 'a').keys, first)
  t.ok(named(directory, 'b').keys)
  t.strictSame(openPools(), [P1, P2])
  directory.close()
  t.strictSame(openPools(), [])
})

t.test('a token that is remembered uses the keys of its tenant, without asking for them', async (t) => {
  const { directory, openPools } = setUp()
  await directory.replaceBy([row('a', P1), row('b', P2)])
  const { keys } = named(directory, 'a')
  t.ok(named(directory, 'b').keys)
  await directory.letGoUnusedKeys()
  for (let hour = 0; hour < 3; hour += 1) {
    t.equal(named(directory, 'a').isCurrent(), true)
    await directory.letGoUnusedKeys()
    t.strictSame(openPools(), [P1])
  }
  t.equal(named(directory, 'a').keys, keys)
})

t.test('rows that are left out are told by their numbers', async (t) => {
  const { directory } = setUp({}, [P3])
  await directory.replaceBy([row('a', P1), 'x', row('b', 'no id'), row('c', P3), row('d', P1), row('', P2)])
  const skipped = [
    { row: 1, fault: 'POOL_SHARED' },
    { row: 2, fault: 'NOT_AN_OBJECT' },
    { row: 3, fault: 'USER_POOL_ID_MALFORMED' },
    { row: 4, fault: 'POOL_REGISTERED' },
    { row: 5, fault: 'POOL_SHARED' },
    { row: 6, fault: 'NAME_MALFORMED' },
  ]
  t.strictSame(directory.skipped, skipped)
  t.ok(Object.isFrozen(directory.skipped))
  t.ok(Object.isFrozen(directory.skipped[0]))
  t.equal(directory.size, 0)
  await directory.replaceBy([row('a', P1)])
  t.strictSame(directory.skipped, [])
})

/** Watches a tenant, and counts the calls. */
function watch(test: Test, directory: TenantDirectory, name: string) {
  const calls = { count: 0 }
  const end = directory.watch(named(directory, name), () => {
    calls.count += 1
  })
  test.teardown(end)
  return { calls, end }
}

t.test('a watch hears when its tenant is removed or changed, and no sooner', async (t) => {
  const { directory } = setUp()
  await directory.replaceBy([row('a', P1), row('b', P2), row('c', P3)])
  const [a, b, c, ended] = ['a', 'b', 'c', 'a'].map((name) => watch(t, directory, name))
  ended?.end()
  await directory.replaceBy([row('c', P3), row('a', P1), row('b', P2)])
  t.strictSame([a?.calls.count, b?.calls.count, c?.calls.count], [0, 0, 0])
  await directory.replaceBy([row('c', P3), row('b', P2, 'app')])
  t.strictSame([a?.calls.count, b?.calls.count, c?.calls.count], [1, 1, 0])
  t.equal(ended?.calls.count, 0)
})

t.test('a watch that is ended twice leaves a later one in place', async (t) => {
  const { directory } = setUp()
  await directory.replaceBy([row('a', P1)])
  const first = watch(t, directory, 'a')
  first.end()
  const second = watch(t, directory, 'a')
  first.end()
  await directory.replaceBy([])
  t.equal(second.calls.count, 1)
})

t.test(
  'many watches leave the event loop free in between, and one that ended meanwhile is not called',
  async (t) => {
    const { directory } = setUp()
    await directory.replaceBy([row('a', P1), row('b', P2)])
    const watched = named(directory, 'a')
    const calls: string[] = []
    let callsOfOneTurn = 0
    directory.watch(watched, () => {
      calls.push('first')
      setImmediate(() => {
        callsOfOneTurn = calls.length
        endLast()
      })
      endSecond()
    })
    const endSecond = directory.watch(watched, () => calls.push('second'))
    for (let index = 0; index < 98; index += 1) directory.watch(watched, () => calls.push('other'))
    const endLast = directory.watch(watched, () => calls.push('last'))
    const other = watch(t, directory, 'b')
    await directory.replaceBy([row('b', P2)])
    t.strictSame(calls, ['first', ...Array(98).fill('other')])
    t.ok(callsOfOneTurn > 0 && callsOfOneTurn < 99, `${callsOfOneTurn} calls at a stretch`)
    t.equal(other.calls.count, 0)
  },
)

t.test('5,000 replaced tenants leave nothing behind', async (t) => {
  const { directory, openPools } = setUp()
  const toId = (number: number) => `eu-west-1_${String(number).padStart(9, '0')}`
  for (let round = 0; round < 50; round += 1) {
    const rows = Array.from({ length: 100 }, (_, index) =>
      row(`t${round}-${index}`, toId(round * 100 + index)),
    )
    await directory.replaceBy(rows)
    for (const { name } of rows) {
      t.ok(named(directory, name).keys)
      watch(t, directory, name)
    }
  }
  t.equal(directory.size, 100)
  t.equal(openPools().length, 100)
  t.equal(directory.find(issuer(toId(0)), 'web'), undefined)
})

t.test('only issuers of Cognito may be those of a tenant', async (t) => {
  for (const iss of [issuer(P1), issuer(P3)]) t.equal(mayBeIssuer(iss), true)
  const wrong = [
    P1,
    `${issuer(P1)}/`,
    issuer(P1).replace('https', 'http'),
    `https://evil.example/${P1}`,
    '',
    '/',
    1,
  ]
  const others = [undefined, null, [issuer(P1)], issuer(P1).replace('eu-west-1.', 'us-east-1.')]
  for (const iss of [...wrong, ...others]) t.equal(mayBeIssuer(iss), false, String(iss))
})
