/**
 * Claims by the schemas of other libraries: the output of the schema is what the application gets, and no schema can change
 * a payload, turn a standard claim into a lie, or bring a value into a reason.
 */
import { Type as Type034 } from '@sinclair/typebox'
import { type } from 'arktype'
import t from 'tap'
import Type from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'
import type { CognitoError } from '../../src/base/errors.js'
import { deepFreeze } from '../../src/base/members.js'
import { type ClaimsOption, compileClaims } from '../../src/claims/reader.js'
import { claimsFrom } from '../../src/claims/renaming.js'
import type { Payload } from '../../src/claims/standard-claims.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { eu } = await startIssuer(t)

const id: Payload = {
  sub: 's',
  iss: 'i',
  exp: 2,
  iat: 1,
  token_use: 'id',
  aud: 'c',
  'cognito:groups': ['reader'],
}

/** Reads a payload as a guard does, which must stay as it is. */
function read(schema: unknown, claims: Payload = {}) {
  const payload = deepFreeze(structuredClone({ ...id, ...claims }))
  const before = structuredClone(payload)
  const reading = compileClaims(schema as ClaimsOption, 'claims').read(payload, 'id')
  t.strictSame(payload, before, 'the payload is as it was')
  return reading
}

/** Makes a schema of no library. */
const own = (validate: unknown, more: object = {}) => ({
  '~standard': { version: 1, vendor: 'own', validate, ...more },
})
const putOut = (value: unknown) => own(() => ({ value }))

/** The code of the fault that a schema is. */
function faultOf(schema: unknown, claims: Payload = {}) {
  const error = read(schema, claims).fault?.('eu') as CognitoError
  t.equal(error.code, 'COGNITO_ERR_INTERNAL')
  t.equal(error.pool, 'eu')
  return [error.reasonCode, error.reason] as const
}

const SCHEMAS = {
  zod: z.object({
    'custom:tenant': z.string().min(1),
    'custom:seats': z.string().regex(/^\d+$/).transform(Number).optional(),
    name: z.object({ first: z.string().toUpperCase() }).optional(),
  }),
  valibot: v.object({
    'custom:tenant': v.pipe(v.string(), v.minLength(1)),
    'custom:seats': v.optional(v.pipe(v.string(), v.digits(), v.transform(Number))),
    name: v.optional(v.object({ first: v.pipe(v.string(), v.toUpperCase()) })),
  }),
  arktype: type({
    'custom:tenant': 'string > 0',
    'custom:seats?': 'string.integer.parse',
    'name?': { first: 'string.upper' },
  }),
}

t.test('the output of a schema is what the application gets, beside the standard claims', async (t) => {
  for (const [library, schema] of Object.entries(SCHEMAS)) {
    const { claims } = read(schema, {
      'custom:tenant': 'acme',
      'custom:seats': '7',
      name: { first: 'ada' },
      email_verified: 'true',
      email: 'ada@example.com',
    })
    const output = { 'custom:tenant': 'acme', 'custom:seats': 7, name: { first: 'ADA' } }
    t.strictSame(claims, { ...id, ...output, email: 'ada@example.com', email_verified: true }, library)
    t.strictSame(read(schema, {}), { misfits: ['custom:tenant'] }, library)
    const wrong = read(schema, { 'custom:tenant': '', 'custom:seats': 'secret' })
    t.strictSame(wrong, { misfits: ['custom:tenant', 'custom:seats'] }, library)
    t.strictSame(read(schema, { 'custom:tenant': 'a', name: { first: 7 } }), { misfits: ['name'] }, library)
    t.strictSame(
      read(schema, { 'custom:tenant': 'a', aud: 7 }),
      { misfits: ['aud'] },
      'standard claims count',
    )
  }
})

t.test('a schema gets a copy at all levels, flags as booleans, and profile claims of any type', async (t) => {
  let seen: Record<string, unknown> = {}
  const schema = own((value: typeof seen) => {
    seen = value
    Object.assign(value['deep'] as object, { list: ['changed'], more: 1 })
    return { value: { sub: value['sub'] } }
  })
  const claims = { deep: { list: [{ a: 1 }] }, phone_number_verified: 'false', name: { first: 'Ada' } }
  t.strictSame(read(schema, claims), { claims: { ...id, phone_number_verified: false } })
  t.strictSame(seen, {
    ...id,
    deep: { list: ['changed'], more: 1 },
    phone_number_verified: false,
    name: { first: 'Ada' },
  })
  t.notOk(Object.isFrozen(seen))
})

t.test('what comes first: TypeBox 0.34, then Standard Schema, then a type guard', async (t) => {
  const typeBox = Object.assign(Type034.Object({ a: Type034.Integer({ alias: 'custom:a' }) }), own(t.fail))
  t.match(read(typeBox, { 'custom:a': '7' }), { claims: { a: 7 } })
  const callable = Object.assign(() => true, putOut({ a: 1 }))
  t.match(read(callable), { claims: { a: 1 } })
  t.equal(typeof SCHEMAS.arktype, 'function')
})

t.test(
  'a schema that answers with a promise is a fault of the application, also when it would fit',
  async (t) => {
    const rejected = () => Promise.reject(new Error('unhandled'))
    for (const schema of [
      v.objectAsync({ sub: v.string() }),
      z.object({ sub: z.string().refine(async () => true) }),
      own(rejected),
      own(async () => ({ value: {} })),
      putOut(rejected()),
      // zod tries a function that threw once more, as an asynchronous one.
      z.object({ sub: z.string().transform(() => JSON.parse('{')) }),
    ]) {
      t.equal(faultOf(schema)[0], 'CLAIMS_SCHEMA_ASYNCHRONOUS')
    }
    // zod answers at once where a value does not fit.
    t.strictSame(read(z.object({ sub: z.number().refine(async () => true) })), { misfits: ['sub'] })
  },
)

t.test('a promise at any level of an output is a fault of the application', async (t) => {
  const reject = async () => {
    throw new Error('unhandled')
  }
  const late = { late: 'x' }
  for (const schema of [
    z.object({ late: z.string() }).transform(() => ({ late: reject(), more: reject() })),
    v.object({ late: v.pipe(v.string(), v.transform(reject)) }),
    type({ late: type('string').pipe(reject) }),
    claimsFrom({ given: 'late' }, v.object({ given: v.pipe(v.string(), v.transform(reject)) })),
  ]) {
    t.equal(faultOf(schema, late)[0], 'CLAIMS_SCHEMA_ASYNCHRONOUS')
  }
  const cycle: Record<string, unknown> = { list: [{ fulfilled: Promise.resolve() }, reject()] }
  cycle['self'] = cycle
  t.equal(faultOf(putOut(cycle))[0], 'CLAIMS_SCHEMA_ASYNCHRONOUS')
  const withThen = (then: unknown) => Object.fromEntries([['then', then]])
  t.equal(faultOf(putOut({ late: withThen(() => 1) }))[0], 'CLAIMS_SCHEMA_ASYNCHRONOUS')
  const second = v.object({ late: v.pipe(v.string(), v.transform(reject)), n: v.number() })
  t.strictSame(read(second, late), { misfits: ['n'] }, 'a misfit counts first, and nothing is left unhandled')
  const text = { ...withThen('text'), at: new Date(0) }
  t.match(read(putOut(text)), { claims: text })
})

t.test('a strict object refuses every token', async (t) => {
  const claims = { 'custom:tenant': 'acme' }
  for (const schema of [
    z.strictObject({ 'custom:tenant': z.string() }),
    z.object({ 'custom:tenant': z.string() }).strict(),
    v.strictObject({ 'custom:tenant': v.string() }),
    type({ '+': 'reject', 'custom:tenant': 'string' }),
  ]) {
    t.ok(read(schema, claims).misfits)
  }
})

class Account {
  readonly admin = true
}

t.test('an output that is no plain object is a fault of the application', async (t) => {
  const withProto: unknown = JSON.parse('{"a":1,"__proto__":{"admin":true}}')
  for (const value of [
    undefined,
    null,
    7,
    'text',
    true,
    ['a'],
    new Map([['a', 1]]),
    new Date(),
    new Account(),
    () => 1,
    withProto,
  ]) {
    t.equal(faultOf(putOut(value))[0], 'CLAIMS_OUTPUT_NOT_PLAIN', String(value))
  }
  for (const result of [undefined, null, 7, {}]) {
    t.equal(faultOf(own(() => result))[0], 'CLAIMS_OUTPUT_NOT_PLAIN')
  }
  t.equal(
    faultOf(z.object({ sub: z.string() }).transform(({ sub }) => new Map([['sub', sub]])))[0],
    'CLAIMS_OUTPUT_NOT_PLAIN',
  )
  const bare = Object.assign(Object.create(null), { a: 1 })
  t.match(read(putOut(bare)), { claims: { a: 1, sub: 's' } })
  t.match(read(putOut(Object.freeze({ a: 1 }))), { claims: { a: 1 } })
  const inherited = Object.create({ a: 1 })
  t.equal(faultOf(putOut(inherited))[0], 'CLAIMS_OUTPUT_NOT_PLAIN')
})

t.test('a schema that throws refuses the token, as a type guard does', async (t) => {
  const misfits = ['the schema threw']
  const raise = () => {
    throw new Error('secret')
  }
  t.strictSame(read(own(raise)), { misfits })
  t.strictSame(read(v.object({ sub: v.pipe(v.string(), v.transform(raise)) })), { misfits })
  t.strictSame(read(type({ sub: ['string', '=>', raise] })), { misfits })
  t.strictSame(read(own(() => Object.defineProperty({}, 'issues', { get: raise }))), { misfits })
  t.strictSame(read(putOut(Object.defineProperty({}, 'a', { get: raise, enumerable: true }))), { misfits })
})

t.test('no output turns a standard claim into a lie', async (t) => {
  for (const [name, value] of Object.entries({
    sub: 'admin',
    iss: 'https://evil.example',
    exp: new Date(),
    token_use: 'access',
    aud: 'another',
    'cognito:groups': ['reader', 'admin'],
    'cognito:username': 'root',
    'cognito:roles': [],
    email_verified: true,
    client_id: 'machine',
    scope: 'aws.cognito.signin.user.admin',
    username: 'root',
    auth_time: 1,
    acr: 'urn:cognito:loa:4',
    amr: ['hwk'],
  })) {
    const [reasonCode, reason] = faultOf(putOut({ tenant: 'acme', [name]: value }))
    t.equal(reasonCode, 'STANDARD_CLAIM_CHANGED')
    t.match(reason, `changed the standard claim ${name};`)
  }
  t.equal(faultOf(putOut({ sub: undefined }))[0], 'STANDARD_CLAIM_CHANGED', 'taken away')
  t.equal(faultOf(z.object({ exp: z.coerce.date() }))[0], 'STANDARD_CLAIM_CHANGED')
  t.equal(faultOf(z.object({ scope: z.string().default('all') }))[0], 'STANDARD_CLAIM_CHANGED')
  const writing = own((value: Record<string, unknown>) => {
    value['sub'] = 'admin'
    return { value }
  })
  t.equal(faultOf(writing)[0], 'STANDARD_CLAIM_CHANGED', 'a change of the input is a change')
  const same = { ...id, 'cognito:groups': ['reader'], scope: undefined }
  t.strictSame(read(putOut(same)), { claims: same }, 'the same value and an absent one are no change')
  const identities = [{ userId: '1', providerName: 'Okta', primary: 'true' }]
  const provider = z.object({ identities: z.array(z.object({ providerName: z.string() })) })
  t.strictSame(
    read(provider, { identities }),
    { claims: { ...id, identities: [{ providerName: 'Okta' }] } },
    'what a schema leaves out is no lie',
  )
  for (const value of [
    [{ providerName: 'Google' }],
    [{ providerName: 'Okta', admin: true }],
    [{ providerName: 'Okta' }, {}],
    [],
    Array(1),
    [new Map()],
    [[]],
    ['Okta'],
    { 0: { providerName: 'Okta' } },
    null,
  ])
    t.equal(faultOf(putOut({ identities: value }), { identities })[0], 'STANDARD_CLAIM_CHANGED')
  const verified = z.object({ email_verified: z.literal(true), 'cognito:groups': z.array(z.string()).min(1) })
  t.match(read(verified, { email_verified: 'true' }), { claims: { email_verified: true } })
  t.strictSame(read(verified, { email_verified: 'false' }), { misfits: ['email_verified'] })
  t.match(read(putOut({ email: 'other', name: 7, event_id: null })), { claims: { email: 'other', name: 7 } })
})

const withPaths = (...paths: unknown[]) =>
  own(() => ({ issues: paths.map((path) => ({ message: 'SECRET', path })) }))

t.test('a reason has the first key of each path, and nothing else of an issue', async (t) => {
  const misfitsOf = (...paths: unknown[]) => read(withPaths(...paths)).misfits
  t.strictSame(misfitsOf(['custom:a', 'SECRET'], ['custom:a'], [{ key: 'b', value: 'SECRET' }]), [
    'custom:a',
    'b',
  ])
  t.strictSame(misfitsOf(undefined, [], 'SECRET', null), ['the object as a whole'])
  t.strictSame(misfitsOf(), ['the object as a whole'])
  for (const key of [
    'a b',
    'a,b',
    '\n',
    '"',
    'é',
    '',
    'a'.repeat(65),
    7,
    Symbol('SECRET'),
    null,
    {},
    () => 'SECRET',
  ])
    t.strictSame(misfitsOf([key]), [
      typeof key === 'object' && key !== null ? 'the object as a whole' : 'a claim',
    ])
  t.strictSame(misfitsOf(['a'.repeat(64)]), ['a'.repeat(64)])
  const many = Array.from({ length: 20 }, (_, index) => [`c${index}`])
  t.strictSame(misfitsOf(...many), ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'others'])
  t.strictSame(misfitsOf(...many.slice(0, 8))?.length, 8)
  for (const issues of [null, false, 'SECRET', 7, [], [null]])
    t.notMatch(JSON.stringify(read(own(() => ({ issues, value: {} })))), /SECRET|claims/, 'no success')
})

t.test('a wrong schema stops the boot with its path', async (t) => {
  const boot = (schema: unknown) => () => compileClaims(schema as ClaimsOption, 'pools.eu.claims')
  const wrong = (message: RegExp) => ({ name: 'TypeError', message })
  for (const version of [undefined, 0, 2, '1'])
    t.throws(boot(own(() => ({}), { version })), wrong(/^pools\.eu\.claims\.~standard\.version: expected 1$/))
  for (const standard of [undefined, null, 7, {}])
    t.throws(boot({ '~standard': standard }), wrong(/~standard\.version: expected 1$/))
  for (const validate of [undefined, null, {}, 'validate'])
    t.throws(boot(own(validate)), wrong(/^pools\.eu\.claims\.~standard\.validate: expected a function$/))
  t.throws(boot(Type.Object({ a: Type.String() })), wrong(/^pools\.eu\.claims: .*fastify-cognito\/typebox$/))
  for (const nothing of [null, 7, 'zod', {}, [], { type: 'object', properties: {} }])
    t.throws(boot(nothing), wrong(/^pools\.eu\.claims: expected an object schema .* or a type guard$/))
  const app = await createApp(t, { eu: eu.options() })
  for (const claims of [null, false, 0, '']) {
    t.throws(() => app.authRequired('eu', { claims: claims as never }), wrong(/^authRequired\.claims: /))
  }
  await t.rejects(
    createApp(t, { eu: { ...eu.options(), claims: own(1) as never } }),
    wrong(/^pools\.eu\.claims\.~s/),
  )
})

t.test('what becomes of a schema after the boot changes nothing', async (t) => {
  const schema = own(() => ({ value: { a: 1 } }))
  const { read: reader } = compileClaims(schema as never, '')
  schema['~standard'].validate = () => ({ value: { a: 2 } })
  t.match(reader(id, 'id'), { claims: { a: 1 } })
})

t.test(
  'over HTTP: each library, each request anew, and no value in an answer or a line of the log',
  async (t) => {
    const lines: string[] = []
    const stream = { write: (line: string) => void lines.push(line) }
    const app = await createApp(
      t,
      { eu: { ...eu.options(), tokenUse: 'id' } },
      {},
      { logger: { level: 'debug', stream } },
    )
    const kept: object[] = []
    for (const [name, claims] of Object.entries<ClaimsOption>(SCHEMAS)) {
      app.get(`/${name}`, { onRequest: app.authRequired('eu', { claims }) }, async ({ cognito }) => {
        kept.push(cognito.claims)
        return cognito.claims
      })
    }
    app.get(
      '/late',
      { onRequest: app.authRequired('eu', { claims: v.objectAsync({ sub: v.string() }) }) },
      async () => 1,
    )
    const ask = async (url: string, claims: object, status: number) => {
      const answer = await app.inject({ url, headers: bearer(eu.idToken({ ...claims })) })
      t.equal(answer.statusCode, status, `${url} ${JSON.stringify(claims)}`)
      t.notMatch(answer.body, /SECRET/)
      return answer.json()
    }
    for (const name of Object.keys(SCHEMAS)) {
      const claims = { 'custom:tenant': 'acme', 'custom:seats': '7' }
      const token = eu.idToken(claims)
      for (const _ of [1, 2, 3]) {
        const answer = await app.inject({ url: `/${name}`, headers: bearer(token) })
        t.match(answer.json(), { 'custom:tenant': 'acme', 'custom:seats': 7 })
      }
      t.not(kept.at(-1), kept.at(-2), 'read for each request')
      t.ok(Object.isFrozen(kept.at(-1)))
      await ask(`/${name}`, {}, 401)
      await ask(`/${name}`, { 'custom:tenant': 'acme', 'custom:seats': 'SECRET' }, 401)
      await ask(`/${name}`, { 'custom:tenant': { SECRET: 'SECRET' } }, 401)
    }
    t.match(await ask('/late', { name: 'SECRET' }, 500), { code: 'COGNITO_ERR_INTERNAL' })
    t.notMatch(lines.join(''), /SECRET/)
    const reasons = lines.map((line) => JSON.parse(line).err?.reason).filter(Boolean)
    t.equal(reasons.filter((reason) => /schema: custom:seats$/.test(reason)).length, 3)
    t.equal(reasons.filter((reason) => /answered with a promise/.test(reason)).length, 1)
  },
)

t.test('two guards: the second one reads what it names anew, and keeps what it does not know', async (t) => {
  const app = await createApp(t, { eu: { ...eu.options(), tokenUse: 'id' } })
  const first = app.authRequired('eu', { claims: z.object({ 'custom:plan': z.string() }) })
  const named = app.authRequired('eu', {
    claims: claimsFrom({ plan: 'custom:plan' }, z.object({ plan: z.string() })),
  })
  const other = claimsFrom({ plan: 'custom:other' }, z.object({ plan: z.string().optional() }))
  const second = app.authRequired('eu', { claims: other })
  app.get('/', { onRequest: [first, named] as never }, async ({ cognito }) => cognito?.claims)
  app.get('/anew', { onRequest: [first, named, second] as never }, async ({ cognito }) => cognito?.claims)
  const withDefault = app.authRequired('eu', { claims: z.object({ plan: z.string().default('free') }) })
  const bare = app.authRequired('eu', { claims: z.object({ plan: z.string().optional() }) })
  app.get('/bare', { onRequest: [withDefault, bare] as never }, async ({ cognito }) => cognito?.claims)
  app.get('/named', { onRequest: [withDefault, second] as never }, async ({ cognito }) => cognito?.claims)
  const ask = async (url: string) => {
    const answer = await app.inject({ url, headers: bearer(eu.idToken({ 'custom:plan': 'gold' })) })
    const { plan, 'custom:plan': wire } = answer.json()
    return [plan, wire]
  }
  t.strictSame(await ask('/'), ['gold', 'gold'])
  t.strictSame(await ask('/bare'), ['free', undefined], 'a bare schema does not tell what it declares')
  t.strictSame(await ask('/named'), [undefined, undefined])
  t.strictSame(
    await ask('/anew'),
    [undefined, 'gold'],
    'another claim under the same name is not the earlier one',
  )
})
