/**
 * The claims that tie a token to a client and a person, where a later check of the schema would refuse it as well.
 * @module
 */
import t from 'tap'
import { checkCognitoClaims, readIdentity } from '../../src/verify/cognito-claims.js'

const pool = { name: 'eu', clientIds: new Set(['one']), audiences: null }
const id = { token_use: 'id', sub: 'ada', aud: 'one' }

t.test('the client of an ID token is its aud, one text, and nothing stands in for it', async (t) => {
  t.equal(checkCognitoClaims(id, pool), 'id')
  for (const claims of [
    { aud: ['one'] },
    { aud: undefined, client_id: 'one' },
    { aud: 'two', client_id: 'one' },
  ]) {
    t.throws(() => checkCognitoClaims({ ...id, ...claims }, pool), { code: 'COGNITO_ERR_TOKEN_INVALID' })
  }
})

t.test('a machine is an access token without a user whose subject is its client', async (t) => {
  const machine = { token_use: 'access', sub: 'one', client_id: 'one' }
  t.equal(readIdentity(machine).principal, 'machine')
  for (const claims of [{ sub: 'ada' }, { username: 'ada' }, { token_use: 'id', aud: 'one' }]) {
    t.equal(readIdentity({ ...machine, ...claims }).principal, 'user', JSON.stringify(claims))
  }
})

t.test(
  'tokens with the same scopes share the list of them; a bounded number of texts is remembered',
  async (t) => {
    const scopesOf = (scope: string) =>
      readIdentity({ token_use: 'access', sub: 's', client_id: 'c', scope }).scopes
    const first = scopesOf('a b')
    t.strictSame(first, ['a', 'b'])
    t.equal(scopesOf('a b'), first)
    for (let index = 0; index < 100; index += 1) t.strictSame(scopesOf(`other/${index}`), [`other/${index}`])
    t.not(scopesOf('a b'), first, 'forgotten')
    const long = `${'x'.repeat(512)} y`
    t.strictSame(scopesOf(long), ['x'.repeat(512), 'y'])
    t.not(scopesOf(long), scopesOf(long), 'too long to be remembered')
    t.strictSame(scopesOf('a b'), ['a', 'b'])
  },
)
