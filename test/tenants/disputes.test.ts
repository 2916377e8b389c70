/**
 * Disputes: who holds a name, a user pool or an app client that several rows claim.
 * @module
 */
import fc from 'fast-check'
import t from 'tap'
import { type Holders, settleDisputes, type Verdict } from '../../src/tenants/disputes.js'
import type { CheckedRow, FaultyRow } from '../../src/tenants/row.js'
import { createChance } from '../support/chance.js'

const P1 = 'eu-west-1_AAAAAAAAA'
const P2 = 'eu-west-1_BBBBBBBBB'
const P3 = 'us-east-1_CCCCCCCCC'

const row = (name: string, userPoolId: string, ...appClientId: string[]): CheckedRow => ({
  name,
  userPoolId,
  appClientId: appClientId.length > 0 ? appClientId : ['web'],
})

/** What the tenants hold, and what is registered. */
const holders = (held: readonly CheckedRow[] = [], part: Partial<Holders> = {}): Holders => ({
  rowOf: (name) => held.find((one) => one.name === name),
  isRegistered: () => false,
  mayShare: false,
  ...part,
})

const isRow = (verdict: Verdict) => typeof verdict !== 'string'
/** `ok` for an accepted row, else its fault. */
const judge = async (rows: readonly (CheckedRow | FaultyRow)[], given = holders()) =>
  (await settleDisputes(rows, given)).map((verdict, index) => {
    if (typeof verdict === 'string') return verdict
    return verdict === rows[index] ? 'ok' : 'another row'
  })

t.test('rows without a dispute are accepted, and faults stay', async (t) => {
  const faulty: FaultyRow = { fault: 'NAME_MALFORMED' }
  t.strictSame(await judge([row('a', P1), faulty, row('b', P2)]), ['ok', 'NAME_MALFORMED', 'ok'])
})

t.test('a fault of a row gives nobody else what the row has', async (t) => {
  const noClient: FaultyRow = { name: 'acme', userPoolId: P1, fault: 'CLIENTS_MALFORMED' }
  t.strictSame(await judge([noClient, row('acme', P2)]), ['CLIENTS_MALFORMED', 'NAME_REPEATED'])
  t.strictSame(await judge([noClient, row('evil', P1)]), ['CLIENTS_MALFORMED', 'POOL_SHARED'])
  const noName: FaultyRow = { userPoolId: P1, appClientId: ['web'], fault: 'NAME_MALFORMED' }
  const shared = holders([], { mayShare: true })
  t.strictSame(await judge([noName, row('evil', P1)], shared), ['NAME_MALFORMED', 'CLIENT_SHARED'])
  t.strictSame(await judge([noName, row('other', P1, 'app')], shared), ['NAME_MALFORMED', 'ok'])
  t.strictSame(await judge([noClient, row('other', P1)], shared), ['CLIENTS_MALFORMED', 'ok'])
})

t.test('at boot nobody gets what two rows claim', async (t) => {
  t.strictSame(await judge([row('a', P1), row('a', P2), row('b', P3)]), [
    'NAME_REPEATED',
    'NAME_REPEATED',
    'ok',
  ])
  t.strictSame(await judge([row('a', P1), row('b', P1), row('c', P3)]), ['POOL_SHARED', 'POOL_SHARED', 'ok'])
  t.strictSame(await judge([row('a', P1), row('a', P1)]), ['NAME_REPEATED', 'NAME_REPEATED'])
})

t.test('who holds it keeps it, wherever the rows are', async (t) => {
  const acme = row('acme', P1)
  const given = holders([acme])
  t.strictSame(await judge([acme, row('evil', P1)], given), ['ok', 'POOL_SHARED'])
  // PostgreSQL moves an updated row to the end.
  t.strictSame(await judge([row('evil', P1), acme], given), ['POOL_SHARED', 'ok'])
  t.strictSame(await judge([row('acme', P2), acme], given), ['NAME_REPEATED', 'ok'])
  t.strictSame(await judge([acme, { ...acme }], given), ['ok', 'ok'], 'a row that is there twice')
  const changed = row('acme', P1, 'web', 'app')
  t.strictSame(
    await judge([row('evil', P1), changed], given),
    ['POOL_SHARED', 'ok'],
    'it changes its clients',
  )
  t.strictSame(await judge([row('evil', P1)], given), ['ok'], 'once it is gone')
})

t.test('two tenants exchange their pools or their names at once', async (t) => {
  const given = holders([row('a', P1), row('b', P2)])
  t.strictSame(await judge([row('a', P2), row('b', P1)], given), ['ok', 'ok'])
  t.strictSame(await judge([row('a', P2), row('b', P1), row('evil', P1)], given), [
    'ok',
    'POOL_SHARED',
    'POOL_SHARED',
  ])
})

t.test('tenants of a shared pool have clients of their own', async (t) => {
  const given = holders([row('a', P1, 'one'), row('b', P1, 'two')], { mayShare: true })
  t.strictSame(await judge([row('a', P1, 'one'), row('b', P1, 'two')], given), ['ok', 'ok'])
  t.strictSame(await judge([row('c', P1, 'two', 'three'), row('a', P1, 'one'), row('b', P1, 'two')], given), [
    'CLIENT_SHARED',
    'ok',
    'ok',
  ])
  t.strictSame(await judge([row('a', P1, 'two'), row('b', P1, 'one')], given), ['ok', 'ok'], 'an exchange')
  t.strictSame(await judge([row('a', P2, 'web'), row('b', P1, 'web')], given), ['ok', 'ok'], 'other pools')
  t.strictSame(
    await judge([row('a', P1, 'one', 'two'), row('b', P1, 'two')], given),
    ['CLIENT_SHARED', 'ok'],
    'a row that loses one client loses all',
  )
})

t.test('what is registered is for no tenant, also for one that holds it', async (t) => {
  const given = holders([row('a', P1)], { isRegistered: (id) => id === P1 })
  t.strictSame(await judge([row('a', P1), row('b', P2)], given), ['POOL_REGISTERED', 'ok'])
})

const rows = fc.array(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    userPoolId: fc.constantFrom(P1, P2, P3),
    appClientId: fc.subarray(['one', 'two', 'three'], { minLength: 1 }),
  }),
  { maxLength: 6 },
)

/** Names and places that a row claims. */
const claimsOf = ({ name, userPoolId, appClientId }: CheckedRow, mayShare: boolean) => [
  name,
  ...(mayShare ? appClientId.map((client) => `${userPoolId} ${client}`) : [userPoolId]),
]

function shuffle<T>(items: readonly T[], seed: number): T[] {
  const random = createChance(seed)
  return items
    .map((item) => ({ item, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item)
}

const toText = (row: Verdict) => JSON.stringify(row)

/** The outcome for each row of a list: its fault, or `ok`. */
async function outcomesOf(list: readonly CheckedRow[], given: Holders): Promise<Map<CheckedRow, string>> {
  const verdicts = await settleDisputes(list, given)
  return new Map(list.map((one, index) => [one, verdicts[index] === one ? 'ok' : String(verdicts[index])]))
}

/** Asserts the rules of one list. Returns the rows that hold something then. */
async function assertRules(
  list: readonly CheckedRow[],
  held: readonly CheckedRow[],
  mayShare: boolean,
  seed: number,
) {
  const given = holders(held, { mayShare })
  const outcomes = await outcomesOf(list, given)
  const inOtherOrder = await outcomesOf(shuffle(list, seed), given)
  const known = new Set(held.map(toText))
  for (const [one, outcome] of outcomes) {
    if (outcome !== inOtherOrder.get(one)) throw new Error('the order decides')
    if (outcome !== 'ok' && known.has(toText(one))) throw new Error('the holder lost')
  }
  const accepted = list.filter((one) => outcomes.get(one) === 'ok')
  const different = [...new Map(accepted.map((one) => [toText(one), one])).values()]
  const claims = different.flatMap((one) => claimsOf(one, mayShare))
  if (new Set(claims).size !== claims.length) throw new Error('two holders')
  return { held: different, losses: list.length - accepted.length }
}

t.test(
  'whatever the lists are: one holder each, the same in any order, and nobody is driven out',
  async (t) => {
    let losses = 0
    const lists = fc.array(rows, { minLength: 2, maxLength: 4 })
    const property = fc.asyncProperty(lists, fc.boolean(), fc.nat(1e6), async (lists, mayShare, seed) => {
      let held: readonly CheckedRow[] = []
      for (const list of lists) {
        const outcome = await assertRules(list, held, mayShare, seed)
        held = outcome.held
        losses += outcome.losses
      }
    })
    await fc.assert(property, { seed: 18, numRuns: 1000 })
    t.ok(losses > 1000)
  },
)

t.test('100,000 rows of one name take no longer than others', async (t) => {
  const list = Array.from({ length: 100_000 }, () => row('acme', P1))
  t.strictSame((await settleDisputes(list, holders())).filter(isRow), [])
})
