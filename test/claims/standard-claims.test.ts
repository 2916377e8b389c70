/**
 * The standard claims of each kind of token: their types, and how a schema may narrow them.
 * @module
 */
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { type ClaimsOption, compileClaims } from '../../src/claims/reader.js'
import type { Payload } from '../../src/claims/standard-claims.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const issuer = startIssuer(t)

const access: Payload = { sub: 's', iss: 'i', exp: 2, iat: 1, token_use: 'access', client_id: 'c' }
const id: Payload = { sub: 's', iss: 'i', exp: 2, iat: 1, token_use: 'id', aud: 'c' }

const read = (schema: unknown, claims: Payload) =>
  compileClaims(schema as ClaimsOption, 'claims').read({ ...id, ...claims }, 'id')

t.test('the standard claims of each kind of token, and their types', async (t) => {
  const { read: standard } = compileClaims(undefined, '')
  t.strictSame(standard({ ...access, extra: 1 }, 'access'), { claims: access })
  t.match(standard({ ...access, username: 7, auth_time: 'x' }, 'access'), {
    misfits: ['auth_time', 'username'],
  })
  t.match(standard({ ...id, 'cognito:groups': ['a'], identities: [{ primary: 'true' }] }, 'id'), {
    claims: { 'cognito:groups': ['a'] },
  })
  t.match(standard(access, 'id'), { misfits: ['token_use', 'aud'] })
  t.match(
    compileClaims(Type.Object({ x: Type.String() }), '').read({ ...access, x: 'y', username: 7 }, 'access'),
    { misfits: ['username'] },
  )
})

t.test('a flag is true or false whatever its schema, and whichever flow wrote it', async (t) => {
  const schema = Type.Object({
    email_verified: Type.Union([Type.String(), Type.Literal(true)]),
    phone: Type.Optional(Type.Boolean({ alias: 'phone_number_verified' })),
  })
  for (const email_verified of [true, 'true']) {
    t.match(read(schema, { email_verified, phone_number_verified: 'false' }), {
      claims: { email_verified: true, phone: false, phone_number_verified: false },
    })
  }
  t.match(read(schema, { email_verified: 'false' }), { misfits: ['email_verified'] })
  t.match(read(schema, { email_verified: 'yes' }), { misfits: ['email_verified'] })
})

t.test('an address is the text that Cognito wraps into an object', async (t) => {
  const text = Type.Object({ address: Type.String({ minLength: 3 }) })
  t.match(read(text, { address: { formatted: 'Dorset Street 1' } }), {
    claims: { address: 'Dorset Street 1' },
  })
  t.match(read(text, { address: 'Dorset Street 1' }), { claims: { address: 'Dorset Street 1' } })
  for (const address of [
    { formatted: 'x' },
    { formatted: 7 },
    { street_address: 'Dorset Street 1' },
    { formatted: 'Dorset Street 1', country: 'UK' },
    {},
    null,
    ['Dorset Street 1'],
  ]) {
    t.match(read(text, { address }), { misfits: ['address'] }, JSON.stringify(address))
  }
  const home = Type.Object({ home: Type.String({ alias: 'address' }) })
  t.match(read(home, { address: { formatted: 'Dorset Street 1' } }), { claims: { home: 'Dorset Street 1' } })
  t.match(
    read(Type.Object({ other: Type.String({ alias: 'custom:address' }) }), {
      'custom:address': { formatted: 'x' },
    }),
    {
      misfits: ['other (custom:address)'],
    },
  )
  t.match(
    read(Type.Object({ address: Type.Object({ formatted: Type.String() }) }), {
      address: { formatted: '{"formatted":"x"}' },
    }),
    { claims: { address: { formatted: '{"formatted":"x"}' } } },
    'a schema of an object has it as it is',
  )
})

t.test('a profile claim that a Lambda wrote as another type stays in the payload', async (t) => {
  const { read: standard } = compileClaims(undefined, '')
  const profile = [
    'email',
    'phone_number',
    'name',
    'given_name',
    'family_name',
    'preferred_username',
    'event_id',
  ]
  for (const name of profile) {
    for (const value of [7, ['x'], { x: 1 }, true, null]) {
      t.strictSame(
        standard({ ...id, [name]: value }, 'id'),
        { claims: id },
        `${name} ${JSON.stringify(value)}`,
      )
    }
    t.strictSame(standard({ ...id, [name]: 'x' }, 'id'), { claims: { ...id, [name]: 'x' } })
  }
  const inherited: Payload = Object.assign(Object.create({ email: 'inherited' }), id)
  t.strictSame(standard(inherited, 'id'), { claims: id })
  t.match(standard({ ...access, event_id: 7 }, 'access'), { misfits: ['event_id'] }, 'no Lambda writes that')
})

t.test('a declared profile claim has its declared type alone', async (t) => {
  const schema = Type.Object({
    name: Type.Object({ first: Type.String() }),
    email: Type.Optional(Type.Array(Type.String())),
  })
  const name = { first: 'Ada' }
  t.strictSame(read(schema, { name, email: ['a@b'] }), { claims: { ...id, name, email: ['a@b'] } })
  t.strictSame(read(schema, { name }), { claims: { ...id, name } })
  t.strictSame(read(schema, { name, email: 'a@b' }), { misfits: ['email'] })
  t.strictSame(read(schema, { name: 'Ada' }), { misfits: ['name'] })
})

t.test('a schema narrows a claim that security rests on, and cannot loosen it', async (t) => {
  const loose = Type.Object(
    Object.fromEntries(
      ['sub', 'iss', 'exp', 'iat', 'aud', 'cognito:groups', 'email_verified', 'cognito:username'].map(
        (name) => [name, Type.Optional(Type.Any())],
      ),
    ),
  )
  t.match(read(loose, { 'cognito:username': 'x' }), { claims: { ...id, 'cognito:username': 'x' } })
  for (const [name, value] of Object.entries({
    sub: 7,
    iss: ['i'],
    exp: '2',
    iat: null,
    aud: ['c'],
    'cognito:groups': 'admin',
    email_verified: 'yes',
    'cognito:username': {},
  })) {
    t.strictSame(read(loose, { [name]: value }), { misfits: [name] }, name)
  }
  const { sub: _, ...nobody } = id
  const reader = compileClaims(loose, '')
  t.strictSame(reader.read(nobody, 'id'), { misfits: ['sub'] })
  const admins = Type.Object({ 'cognito:groups': Type.Array(Type.Literal('admin'), { minItems: 1 }) })
  t.match(read(admins, { 'cognito:groups': ['admin'] }), { claims: { 'cognito:groups': ['admin'] } })
  t.match(read(admins, { 'cognito:groups': ['staff'] }), { misfits: ['cognito:groups'] })
})

t.test(
  'ID tokens as a Lambda may write them pass, and access tokens as it may not are refused',
  async (t) => {
    const { eu } = await issuer
    const app = await createApp(t, { eu: { ...eu.options(), tokenUse: ['id', 'access'] } })
    app.get('/', { onRequest: app.authRequired() }, async ({ cognito: { claims, payload, scopes } }) => ({
      claims,
      payload,
      scopes,
    }))
    app.get(
      '/declared',
      { onRequest: app.authRequired('eu', { claims: Type.Object({ name: Type.Object({}) }) }) },
      async ({ cognito }) => cognito.claims.name,
    )
    const ask = (token: string, url = '/') => app.inject({ url, headers: bearer(token) })
    const written = {
      name: { first: 'Ada' },
      email: ['a@b'],
      scope: ['orders/read'],
      username: 7,
      version: {},
    }
    const token = eu.idToken(written)
    const answer = await ask(token)
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), { payload: written, scopes: [] })
    t.notOk('name' in answer.json().claims)
    t.strictSame((await ask(token, '/declared')).json(), { first: 'Ada' })
    t.equal((await ask(eu.idToken({ name: 'Ada' }), '/declared')).statusCode, 401)
    t.equal((await ask(eu.accessToken({ scope: ['orders/read'] }))).statusCode, 401)
    t.equal((await ask(eu.accessToken({ scope: 'orders/read' }))).statusCode, 200)
    t.equal((await ask(eu.idToken({ 'cognito:groups': 'admin' }))).statusCode, 401)
  },
)

t.test('a later guard that does not declare a profile claim has it as text or not at all', async (t) => {
  const { eu } = await issuer
  const app = await createApp(t, { eu: { ...eu.options(), tokenUse: ['id', 'access'] } })
  const numbers = app.authRequired('eu', {
    claims: Type.Object({ email: Type.Integer(), seen: Type.Integer() }),
  })
  app.addHook('onRequest', numbers)
  app.get('/', async ({ cognito }) => cognito?.claims)
  app.get('/later', { onRequest: app.authRequired('eu') }, async ({ cognito }) => cognito.claims)
  const ask = async (token: string, url: string) => (await app.inject({ url, headers: bearer(token) })).json()
  const idToken = eu.idToken({ email: 7, seen: 1 })
  t.match(await ask(idToken, '/'), { email: 7, seen: 1 })
  const later = await ask(idToken, '/later')
  t.match(later, { seen: 1 })
  t.notOk('email' in later)
  t.match(await ask(eu.accessToken({ email: 7, seen: 1 }), '/later'), { email: 7, seen: 1 })
})
