/**
 * The rows of the list: what a row may be, and what each wrong row is called.
 * @module
 */
import t from 'tap'
import { isNoRow, isSameRow, readRow } from '../../src/tenants/row.js'

const ID = 'eu-west-1_AbCdEf123'
const row = (part: object = {}) => ({ name: 'acme', userPoolId: ID, appClientId: 'web', ...part })
const clients = (count: number) => Array.from({ length: count }, (_, index) => `client${index}`)
const throwing = () => {
  throw new Error('a secret')
}

t.test('a row is copied, without what else it has', async (t) => {
  const appClientId = ['web', 'app']
  const given = row({
    appClientId,
    jwksUrl: 'https://evil.example/keys',
    issuer: 'https://evil',
  })
  const checked = readRow(given)
  t.strictSame(checked, row({ appClientId: ['web', 'app'] }))
  appClientId.push('other')
  t.match(checked, { appClientId: ['web', 'app'] })
  t.strictSame(readRow(row()), row({ appClientId: ['web'] }))
})

t.test('names, ids and clients in their accepted forms', async (t) => {
  for (const name of ['a', '0', 'Acme', 'a.b-c_d', 'constructor', 'null', 'a'.repeat(128)]) {
    t.match(readRow(row({ name })), { name })
  }
  for (const userPoolId of [ID, 'us-gov-west-1_AbCdEf123', 'cn-north-1_AbCdEf123']) {
    t.match(readRow(row({ userPoolId })), { userPoolId })
  }
  for (const appClientId of ['a', 'A_1+', 'x'.repeat(128), clients(100)]) {
    t.match(readRow(row({ appClientId })), { appClientId: [appClientId].flat() })
  }
  t.match(readRow(Object.create(row())), { name: 'acme' }, 'an object whose class has the members')
})

t.test('a row that is wrong is told by its code, and nothing is thrown', async (t) => {
  const names = [
    '',
    ' ',
    'a b',
    'ä',
    '.a',
    '-a',
    '_a',
    '*',
    '__proto__',
    'a/b',
    'a:b',
    'tenant:a',
    'a\n',
    'a\0',
  ]
  const ids = ['', 'AbCdEf123', 'eu-west-1', `${ID} `, `${ID}/../us`, `https://evil.example/${ID}`, `${ID}#`]
  const wrong: readonly [string, readonly unknown[]][] = [
    ['NOT_AN_OBJECT', [undefined, null, 'acme', 1, true, () => row(), Symbol('acme')]],
    ['NOT_AN_OBJECT', [new Proxy(row(), { get: throwing })]],
    ['NOT_AN_OBJECT', ['name', 'userPoolId', 'appClientId'].map((name) => withGetter(name))],
    ['NOT_AN_OBJECT', [row({ appClientId: new Proxy(['web'], { get: throwing }) })]],
    [
      'NAME_MALFORMED',
      [...names, 'a'.repeat(129), 1, null, undefined, ['acme'], new String('acme')].map((name) =>
        row({ name }),
      ),
    ],
    ['NAME_MALFORMED', [[], ['acme', ID, 'web'], new Map(Object.entries(row()))]],
    ['USER_POOL_ID_MALFORMED', [...ids, 1, null, undefined, [ID]].map((userPoolId) => row({ userPoolId }))],
    [
      'CLIENTS_MALFORMED',
      [
        null,
        undefined,
        '',
        [],
        [null],
        ['web', 'web'],
        ['web', 1],
        clients(101),
        'a b',
        'x'.repeat(129),
        ['a', ''],
        1,
        {},
        new Set(['web']),
      ].map((appClientId) => row({ appClientId })),
    ],
  ]
  for (const [fault, rows] of wrong) for (const one of rows) t.equal(readRow(one).fault, fault)
})

t.test('a row with a fault keeps the members that have their form', async (t) => {
  const fault = 'CLIENTS_MALFORMED'
  t.strictSame(readRow(row({ appClientId: null })), { name: 'acme', userPoolId: ID, fault })
  t.strictSame(readRow({ appClientId: 'web', name: '*' }), {
    appClientId: ['web'],
    fault: 'NAME_MALFORMED',
  })
  t.strictSame(readRow({ name: 'acme' }), { name: 'acme', fault: 'USER_POOL_ID_MALFORMED' })
  for (const one of [[], {}, null, [row()], row]) t.equal(isNoRow(readRow(one)), true)
  for (const one of [row(), { name: 'acme' }, { appClientId: 'web' }, { userPoolId: ID }]) {
    t.equal(isNoRow(readRow(one)), false)
  }
})

t.test('a promise among the rows is no row, and its rejection ends nothing', async (t) => {
  t.equal(readRow(Promise.reject(new Error('a secret'))).fault, 'NOT_AN_OBJECT')
  const thenable = Object.defineProperty(row(), 'then', { value: () => {} })
  t.equal(readRow(thenable).fault, 'NOT_AN_OBJECT')
})

t.test('a list of many clients is not copied', async (t) => {
  let reads = 0
  const many = new Proxy(clients(101), {
    get: (target, name, receiver) => {
      if (name !== 'length') reads += 1
      return Reflect.get(target, name, receiver)
    },
  })
  t.equal(readRow(row({ appClientId: many })).fault, 'CLIENTS_MALFORMED')
  t.equal(reads, 0)
})

/** A row whose member throws when it is read. */
const withGetter = (name: string) => Object.defineProperty(row(), name, { get: throwing })

t.test('a member that answers differently each time is read once', async (t) => {
  let count = 0
  const changing = Object.defineProperty(row(), 'appClientId', {
    get: () => (++count === 1 ? 'web' : 'another'),
  })
  t.match(readRow(changing), { appClientId: ['web'] })
  t.equal(count, 1)
})

t.test('rows are the same whatever the order of their clients', async (t) => {
  const one = { name: 'acme', userPoolId: ID, appClientId: ['a', 'b'] }
  t.equal(isSameRow(one, { ...one, appClientId: ['b', 'a'] }), true)
  t.equal(isSameRow(one, { ...one, appClientId: ['a', 'c'] }), false)
  t.equal(isSameRow(one, { ...one, appClientId: ['a'] }), false)
  t.equal(isSameRow(one, { ...one, appClientId: ['a', 'b', 'c'] }), false)
  t.equal(isSameRow(one, { ...one, userPoolId: 'us-east-1_AbCdEf123' }), false)
})
