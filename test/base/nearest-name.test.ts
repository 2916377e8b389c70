/**
 * Which known name a misspelt one was meant to be.
 * @module
 */
import t from 'tap'
import { isSameName, nearestName, nearestSpelling } from '../../src/base/nearest-name.js'

const KNOWN = ['userPoolId', 'appClientId', 'tokenUse', 'keys', 'max']

t.test(
  'case and separators, missing, wrong and added letters, and neighbours that changed places',
  async (t) => {
    for (const [name, nearest] of [
      ['UserPoolID', 'userPoolId'],
      ['user_pool_id', 'userPoolId'],
      ['user-pool.id', 'userPoolId'],
      ['userPolId', 'userPoolId'],
      ['usrPolId', 'userPoolId'],
      ['userPoolIdes', 'userPoolId'],
      ['userPoollD', 'userPoolId'],
      ['usrePolId', 'userPoolId'],
      ['usrPolI', undefined],
      ['tokneUse', 'tokenUse'],
      ['tokenUser', 'tokenUse'],
      ['tokenUsers', undefined],
      ['key', 'keys'],
      ['ksye', undefined],
      ['maxx', undefined],
      ['MAX', 'max'],
      ['', undefined],
      ['constructor', undefined],
      ['__proto__', undefined],
    ] as const) {
      t.equal(nearestSpelling(name, KNOWN), nearest, name)
      t.equal(nearestName(name, KNOWN), nearest, name)
    }
    t.equal(
      nearestSpelling('userPoolIx', ['userPoolIds', 'userPoolId']),
      'userPoolId',
      'of two the nearer one',
    )
  },
)

t.test('what an option is called elsewhere, where it is known here', async (t) => {
  t.equal(nearestName('clientId', KNOWN), 'appClientId')
  t.equal(nearestName('client_ids', KNOWN), 'appClientId')
  t.equal(nearestSpelling('clientId', KNOWN), undefined)
  t.equal(nearestName('clientId', ['userPoolId']), undefined)
  t.equal(nearestName('appClientId', ['clientId']), 'clientId')
  t.equal(nearestName('constructor', ['constructors']), 'constructors')
})

t.test('one name in two spellings', async (t) => {
  t.ok(isSameName('TOKEN_USE', 'tokenUse'))
  t.notOk(isSameName('TOKEN_USES', 'tokenUse'))
})
