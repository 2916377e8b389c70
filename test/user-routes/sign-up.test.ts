/**
 * The sign-up and its confirmation: which attributes a stranger may give, and what Cognito is asked.
 * @module
 */
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { createAccounts } from '../support/accounts.js'
import { Member } from '../support/member.js'

const PASSWORD = 'Correct-horse-1'

t.test('sign-up answers who it is and where the code went', async (t) => {
  const { post, wire } = await createAccounts(t)
  const attributes = { email: 'ada@example.com', given_name: 'Ada' }
  const sub = wire.user.username
  const delivery = { destination: 'a***@e***', medium: 'EMAIL', attribute: 'email' }
  t.strictSame(await post('/signup', { username: 'ada', password: PASSWORD, attributes }), {
    status: 201,
    body: { sub, confirmed: false, delivery },
  })
  wire.answers.set('SignUp', () => ({ UserSub: sub, UserConfirmed: true }))
  t.strictSame(await post('/signup', { username: 'ada', password: PASSWORD }), {
    status: 201,
    body: { sub, confirmed: true, delivery: null },
  })
  t.match(wire.inputsOf('SignUp'), [
    {
      Username: 'ada',
      UserAttributes: [
        { Name: 'email', Value: 'ada@example.com' },
        { Name: 'given_name', Value: 'Ada' },
      ],
    },
    { UserAttributes: [] },
  ])
})

t.test(
  'custom attributes go to Cognito under their alias, as the text that they can be read from',
  async (t) => {
    const { post, wire } = await createAccounts(t, { options: { attributes: Member } })
    const attributes = {
      email: 'ada@example.com',
      tenantId: 'acme',
      seats: 7,
      active: false,
      tags: ['a', 'b'],
      since: '2026-11-21T10:00:00Z',
      rate: 0.5,
      code: '42',
    }
    t.match(await post('/signup', { username: 'ada', password: PASSWORD, attributes }), { status: 201 })
    t.strictSame(wire.inputsOf('SignUp')[0]?.['UserAttributes'], [
      { Name: 'email', Value: 'ada@example.com' },
      { Name: 'custom:tenant_id', Value: 'acme' },
      { Name: 'custom:seats', Value: '7' },
      { Name: 'custom:active', Value: 'false' },
      { Name: 'custom:tags', Value: '["a","b"]' },
      { Name: 'custom:since', Value: '2026-11-21T10:00:00Z' },
      { Name: 'custom:rate', Value: '0.5' },
      { Name: 'custom:code', Value: '42' },
    ])
  },
)

t.test('nobody gives himself an attribute that is not on the list, or of another type', async (t) => {
  const { post, wire } = await createAccounts(t, { options: { attributes: Member } })
  const signUp = (attributes: object) => post('/signup', { username: 'ada', password: PASSWORD, attributes })
  const email = 'ada@example.com'
  const refused: Readonly<Record<string, object>> = {
    'an alias in place of its name': { email, 'custom:tenant_id': 'acme' },
    'an undeclared custom attribute': { email, 'custom:role': 'admin' },
    'a standard attribute that is not declared': { email, given_name: 'Ada' },
    email_verified: { email, email_verified: 'true' },
    sub: { email, sub: 'f00' },
    'text for a number': { email, seats: '7' },
    'a fraction for an integer': { email, seats: 7.5 },
    'a number that is written with an exponent': { email, rate: 1e-7 },
    'text that is no date': { email, since: 'yesterday' },
    'a list of another type': { email, tags: [7] },
    'text that a transform does not take': { email, code: 'no' },
    'a required one left out': { tenantId: 'acme' },
    null: { email, seats: null },
  }
  for (const [name, attributes] of Object.entries(refused)) {
    const { status, body } = await signUp(attributes)
    t.equal(status, 400, name)
    t.match(body, { code: 'COGNITO_USER_ERR_REQUEST_INVALID' }, name)
  }
  t.equal((await post('/signup', { username: 'ada', password: PASSWORD })).status, 400)
  t.strictSame(wire.calls, [])
  t.equal((await signUp({ email })).status, 201)
})

t.test('an attribute that has to be there, a date', async (t) => {
  const attributes = Type.Object({ since: Type.Date({ alias: 'custom:since' }) })
  const { post, wire } = await createAccounts(t, { options: { attributes } })
  const signUp = (given: object) => post('/signup', { username: 'ada', password: PASSWORD, ...given })
  t.equal((await signUp({})).status, 400)
  t.equal((await signUp({ attributes: {} })).status, 400)
  t.equal((await signUp({ attributes: { since: '2026-02-30' } })).status, 400)
  t.strictSame(wire.calls, [])
  t.equal((await signUp({ attributes: { since: '2026-02-28' } })).status, 201)
})

t.test('by default: the standard attributes that users write, and no custom one', async (t) => {
  const { post, wire } = await createAccounts(t)
  for (const name of ['custom:role', 'email_verified', 'sub', 'phone_number_verified', '__proto__']) {
    const attributes = JSON.parse(`{ "${name}": "true" }`)
    t.equal((await post('/signup', { username: 'ada', password: PASSWORD, attributes })).status, 400, name)
  }
  t.strictSame(wire.calls, [])
})

t.test('confirmation and another code', async (t) => {
  const { post, wire } = await createAccounts(t)
  t.strictSame(await post('/confirm', { username: 'ada', code: '123456' }), { status: 204, body: undefined })
  t.match(wire.inputsOf('ConfirmSignUp'), [{ Username: 'ada', ConfirmationCode: '123456' }])
  t.strictSame(await post('/resend', { username: 'ada@example.com' }), { status: 202, body: undefined })
})
