/**
 * Everything that is given at boot is what it was at boot: what becomes of the application's own objects later changes no
 * answer.
 * @module
 */

import fastifySwagger from '@fastify/swagger'
import { Type } from '@sinclair/typebox'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import cognito, { type PluginOptions, type Requirement, type TokenSource } from '../../src/index.js'
import { createAccounts } from '../support/accounts.js'
import { bearer, startIssuer } from '../support/app.js'

const { eu, us } = await startIssuer(t)

const REPLACEMENTS = ['staff', 'x', '', 0, true, null, undefined] as const

/** Changes every list, plain object, set and map below a value, in a way that `random` chooses. */
function vandalize(value: unknown, random: () => number, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value) || Object.isFrozen(value)) return
  seen.add(value)
  const junk = () => REPLACEMENTS[Math.floor(random() * REPLACEMENTS.length)]
  for (const name of Reflect.ownKeys(value)) vandalize(Reflect.get(value, name), random, seen)
  if (value instanceof Set) value.clear()
  else if (value instanceof Map) value.clear()
  else if (Array.isArray(value)) vandalizeList(value, random, junk)
  else vandalizeObject(value, random, junk)
}

function vandalizeList(list: unknown[], random: () => number, junk: () => unknown): void {
  if (random() < 0.5) list.push('staff', 'ops', junk())
  else list.splice(0, list.length, 'staff')
}

function vandalizeObject(object: object, random: () => number, junk: () => unknown): void {
  for (const name of Reflect.ownKeys(object)) {
    const dice = random()
    if (dice < 0.4) Reflect.deleteProperty(object, name)
    else if (dice < 0.7) Reflect.set(object, name, junk())
  }
  Reflect.set(object, 'added', junk())
}

/** Options and requirements with every list and object that they can have, made anew. */
function createGiven() {
  const source: TokenSource = {
    kind: 'custom',
    read: ({ headers }) => headers['x-token'] as string | undefined,
  }
  const options = {
    pools: {
      eu: eu.options({
        appClientId: [eu.appClientId, 'another'],
        tokenUse: ['access', 'id'],
        audience: ['https://api.example'],
        issuer: [eu.issuers.original, eu.issuers.updated],
        claims: Type.Object({
          tenant: Type.String({ alias: 'custom:tenant', minLength: 2 }),
          seats: Type.Optional(Type.Integer({ alias: 'custom:seats', minimum: 1 })),
        }),
      }),
      us: us.options({ appClientId: [us.appClientId] }),
    },
    tokenFrom: [source],
    keys: { prefetch: false, lookupBurst: 1000 },
    tokenCache: { max: 10, ttl: 5 },
    resource: { url: 'https://api.example/', scopes: ['orders/read'] },
  } satisfies PluginOptions
  const requirements: readonly Requirement[] = [
    {},
    { groups: { anyOf: ['admin'] } },
    { groups: ['admin', 'ops'] },
    { scopes: { anyOf: ['orders/read'] }, tokenUse: ['access'] },
    { scopes: ['orders/read', 'orders/write'] },
    { claims: Type.Object({ tenant: Type.Literal('acme', { alias: 'custom:tenant' }) }) },
    { tokenUse: ['id'] },
  ]
  const pools: readonly string[][] = [['eu'], ['eu', 'us']]
  return { options, requirements, pools }
}

async function createApp(test: Test, { options, requirements, pools }: ReturnType<typeof createGiven>) {
  const app = Fastify()
  test.teardown(() => app.close())
  await app.register(cognito, options)
  await app.register(fastifySwagger, (parent: FastifyInstance) => parent.cognito.openapi({ openapi: {} }))
  for (const [index, requirement] of requirements.entries()) {
    for (const [which, names] of pools.entries()) {
      const isPossible = !('scopes' in requirement) || requirement.tokenUse !== undefined || which === 0
      if (isPossible) {
        app.get(
          `/${index}/${which}`,
          { onRequest: app.authRequired(names, requirement) },
          async ({ cognito }) => ({
            pool: cognito.pool,
            claims: cognito.claims,
          }),
        )
      }
    }
  }
  await app.ready()
  return app
}

const now = Math.floor(Date.now() / 1000)
const FIXED = {
  sub: 'ada',
  iat: now,
  auth_time: now,
  exp: now + 3000,
  jti: 'j',
  origin_jti: 'o',
  event_id: 'e',
  username: 'ada',
  'cognito:username': 'ada',
}
const AUD = { aud: 'https://api.example' }
const TOKENS = [
  eu.accessToken({ ...FIXED, ...AUD, 'custom:tenant': 'acme' }),
  eu.accessToken({ ...FIXED, ...AUD, 'custom:tenant': 'acme', 'cognito:groups': ['admin'] }),
  eu.accessToken({ ...FIXED, ...AUD, 'custom:tenant': 'acme', 'cognito:groups': ['admin', 'ops'] }),
  eu.accessToken({ ...FIXED, ...AUD, 'custom:tenant': 'acme', 'cognito:groups': ['staff'], scope: 'x' }),
  eu.accessToken({ ...FIXED, ...AUD, 'custom:tenant': 'other', scope: 'orders/read orders/write' }),
  eu.accessToken({ ...FIXED, ...AUD, 'custom:tenant': 'acme', 'custom:seats': '07' }),
  eu.accessToken({ ...FIXED, ...AUD, 'custom:tenant': 'acme', 'custom:seats': '7' }),
  eu.accessToken({ ...FIXED, ...AUD, 'custom:tenant': 'a' }),
  eu.accessToken({ ...FIXED, ...AUD }),
  eu.accessToken({ ...FIXED, aud: 'staff', 'custom:tenant': 'acme' }),
  eu.accessToken({ ...FIXED, ...AUD, client_id: 'staff', 'custom:tenant': 'acme' }),
  eu.accessToken({ ...FIXED, ...AUD, iss: 'staff', 'custom:tenant': 'acme' }),
  eu.idToken({ ...FIXED, 'custom:tenant': 'acme' }),
  us.accessToken(FIXED),
  us.idToken(FIXED),
]

async function ask(app: FastifyInstance): Promise<string> {
  const answers: unknown[] = []
  const routes = [0, 1, 2, 3, 4, 5, 6].flatMap((index) => [`/${index}/0`, `/${index}/1`])
  for (const url of [...routes, '/.well-known/oauth-protected-resource']) {
    for (const token of TOKENS) {
      const { statusCode, body, headers } = await app.inject({ url, headers: { 'x-token': token } })
      answers.push([url, statusCode, body, headers['www-authenticate']])
    }
    answers.push((await app.inject({ url, headers: bearer('x') })).statusCode)
  }
  return JSON.stringify([answers, app.swagger(), app.cognito.pools])
}

t.test('whatever becomes of the objects that were given, every answer stays', async (t) => {
  const untouched = await createApp(t, createGiven())
  const expected = await ask(untouched)
  t.match(expected, /tenant[\\":]+acme/, 'some are let in')
  t.match(expected, /insufficient_scope/, 'some are refused')
  const property = fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 - 1 }), async (seed) => {
    const given = createGiven()
    const app = await createApp(t, given)
    vandalize(given, randomOf(seed))
    t.equal(await ask(app), expected, `seed ${seed}`)
  })
  await fc.assert(property, { numRuns: 12, seed: 1 })
})

t.test('the vandal does change what it is given', async (t) => {
  const given = createGiven()
  vandalize(given, randomOf(7))
  await t.rejects(createApp(t, given))
})

/** A small generator, so that a seed tells the whole course. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

t.test('the example: a list of groups that grows after the boot lets nobody else in', async (t) => {
  for (const wrap of [(list: string[]) => list, (list: string[]) => ({ anyOf: list })]) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(cognito, { pools: { eu: eu.options() } })
    const need = ['admin']
    const requirement = { groups: wrap(need) }
    const guard = app.authRequired('eu', requirement)
    const verify = () => app.cognito.verify(staff, 'eu', requirement)
    const staff = eu.accessToken({ 'cognito:groups': ['staff'] })
    app.get('/', { onRequest: guard }, async () => 'in')
    await t.rejects(verify(), { code: 'COGNITO_ERR_GROUP_INSUFFICIENT' })
    need.push('staff')
    await t.rejects(verify(), { code: 'COGNITO_ERR_GROUP_INSUFFICIENT' })
    t.equal((await app.inject({ url: '/', headers: bearer(staff) })).statusCode, 403)
    const admin = eu.accessToken({ 'cognito:groups': ['admin'] })
    t.equal((await app.inject({ url: '/', headers: bearer(admin) })).statusCode, 200)
  }
})

t.test('a list of prohibited groups that shrinks after the boot lets nobody else in', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(cognito, { pools: { eu: eu.options() } })
  const groups: { noneOf: string[]; allOf?: string[] } = { noneOf: ['suspended'] }
  app.get('/', { onRequest: app.authRequired('eu', { groups }) }, async () => 'in')
  groups.noneOf.pop()
  groups.noneOf = ['left']
  const statusOf = async (name: string) =>
    (await app.inject({ url: '/', headers: bearer(eu.accessToken({ 'cognito:groups': [name] })) })).statusCode
  t.equal(await statusOf('suspended'), 403)
  t.equal(await statusOf('left'), 200)
})

t.test('the attributes of account routes are what they were at boot', async (t) => {
  const attributes = Type.Object({ seats: Type.Optional(Type.Integer({ alias: 'custom:seats' })) })
  const { app } = await createAccounts(t, { options: { attributes } } as never)
  const signUp = (seats: unknown) =>
    app.inject({
      method: 'POST',
      url: '/users/signup',
      body: { username: 'eve', password: 'Secret-7-word', attributes: { seats } },
    })
  vandalize(attributes, randomOf(3))
  t.equal((await signUp('7')).statusCode, 400)
  t.equal((await signUp(7)).statusCode, 201)
})
