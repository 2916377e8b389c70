/**
 * How an object that came with a token is read.
 * @module
 */
import t from 'tap'
import { ownMember } from '../../src/base/members.js'

t.test('a member of its own is read, one of its prototype is not', async (t) => {
  const object = Object.assign(Object.create({ sub: 'inherited', aud: 'inherited' }), { sub: 'own' })
  t.equal(ownMember(object, 'sub'), 'own')
  t.equal(ownMember(object, 'aud'), undefined)
  t.equal(ownMember({}, 'toString'), undefined)
})
