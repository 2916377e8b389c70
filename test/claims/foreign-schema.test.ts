/**
 * Schemas of other libraries: none is taken as it is, and the way that the boot names to use them today works.
 * @module
 */
import { readFileSync } from 'node:fs'
import { Type as Type034 } from '@sinclair/typebox'
import { type } from 'arktype'
import t from 'tap'
import Type from 'typebox'
import { Value } from 'typebox/value'
import * as v from 'valibot'
import { z } from 'zod'
import { adviseGuard, findLibrary } from '../../src/claims/foreign-schema.js'
import { createAccounts } from '../support/accounts.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { eu } = await startIssuer(t)

const zodSchema = z.object({ 'custom:tenant': z.string(), 'custom:seats': z.coerce.number().optional() })
const valibotSchema = v.object({
  'custom:tenant': v.string(),
  'custom:seats': v.optional(v.pipe(v.string(), v.transform(Number))),
})
const arktypeSchema = type({ 'custom:tenant': 'string', 'custom:seats?': 'string.integer.parse' })
const typeboxSchema = Type.Object({
  'custom:tenant': Type.String(),
  'custom:seats': Type.Optional(Type.String()),
})

const LIBRARIES = {
  zod: zodSchema,
  valibot: valibotSchema,
  arktype: arktypeSchema,
  'typebox 1.x': typeboxSchema,
}

t.test('a schema of another library is recognised, and stops the boot with a way to use it', async (t) => {
  for (const [library, schema] of Object.entries<unknown>(LIBRARIES)) {
    const message = new RegExp(
      `^pools\\.eu\\.claims: a schema of ${library} is not taken .* wrap the schema in a type guard: `,
    )
    await t.rejects(createApp(t, { eu: { ...eu.options(), claims: schema as never } }), {
      name: 'TypeError',
      message,
    })
    const app = await createApp(t, { eu: eu.options() })
    t.throws(() => app.authRequired('eu', { claims: schema as never }), {
      name: 'TypeError',
      message: new RegExp(`claims: a schema of ${library} is not taken`),
    })
    t.throws(() => app.authRequired('eu', { claims: Type034.Object({ it: schema as never }) }), {
      name: 'TypeError',
      message: new RegExp(`claims\\.it: expected a schema of @sinclair/typebox 0\\.34, not of ${library}$`),
    })
    await t.rejects(createAccounts(t, { options: { attributes: schema as never } }), {
      name: 'TypeError',
      message: new RegExp(`^user-routes\\.attributes: expected Type\\.Object.*, not a schema of ${library}$`),
    })
  }
})

t.test('what is no schema of another library is not taken for one', async (t) => {
  for (const value of [undefined, null, 7, 'zod', {}, [], () => true, Type034.Object({})])
    t.equal(findLibrary(value), undefined)
  const unknown = { '~standard': { version: 1, vendor: 'constructor', validate: () => ({ value: {} }) } }
  t.equal(findLibrary(unknown), 'another library')
  t.equal(findLibrary(Object.assign(() => true, unknown)), 'another library')
  t.equal(findLibrary({ '~standard': {} }), 'another library')
  t.match(adviseGuard('another library'), /^wrap the schema in a type guard: \(claims\): claims is Member/)
})

t.test(
  'the type guards that are advised accept what the schema does, and say the truth of its type',
  async (t) => {
    const app = await createApp(t, { eu: { ...eu.options(), tokenUse: 'id' } })
    {
      const Member = zodSchema
      const claims = (claims: unknown): claims is z.input<typeof Member> => Member.safeParse(claims).success
      app.get('/zod', { onRequest: app.authRequired('eu', { claims }) }, async ({ cognito }) => ({
        tenant: cognito.claims['custom:tenant'] satisfies string,
        // Not a number: the schema converts a copy of its own.
        seats: cognito.claims['custom:seats'] satisfies unknown,
      }))
    }
    {
      const Member = valibotSchema
      const claims = (claims: unknown): claims is v.InferInput<typeof Member> => v.is(Member, claims)
      app.get('/valibot', { onRequest: app.authRequired('eu', { claims }) }, async ({ cognito }) => ({
        tenant: cognito.claims['custom:tenant'] satisfies string,
        seats: cognito.claims['custom:seats'] satisfies string | undefined,
      }))
    }
    {
      const Member = arktypeSchema
      const claims = (claims: unknown): claims is typeof Member.inferIn => Member.allows(claims)
      app.get('/arktype', { onRequest: app.authRequired('eu', { claims }) }, async ({ cognito }) => ({
        tenant: cognito.claims['custom:tenant'] satisfies string,
        seats: cognito.claims['custom:seats'] satisfies string | undefined,
      }))
    }
    {
      const Member = typeboxSchema
      const claims = (claims: unknown): claims is Type.Static<typeof Member> => Value.Check(Member, claims)
      app.get('/typebox', { onRequest: app.authRequired('eu', { claims }) }, async ({ cognito }) => ({
        tenant: cognito.claims['custom:tenant'] satisfies string,
        seats: cognito.claims['custom:seats'] satisfies string | undefined,
      }))
    }
    const good = { 'custom:tenant': 'acme', 'custom:seats': '7' }
    for (const url of ['/zod', '/valibot', '/arktype', '/typebox']) {
      const ask = (claims: object) => app.inject({ url, headers: bearer(eu.idToken({ ...claims })) })
      const answer = await ask(good)
      t.equal(answer.statusCode, 200, url)
      t.strictSame(answer.json(), { tenant: 'acme', seats: '7' }, `${url}: claims are as they came`)
      t.equal((await ask({ 'custom:tenant': 7 })).statusCode, 401, url)
      t.equal((await ask({})).statusCode, 401, url)
    }
  },
)

t.test('the advice is what this file compiles', async (t) => {
  const source = readFileSync(new URL(import.meta.url), 'utf8')
  for (const library of Object.keys(LIBRARIES)) {
    const [, guard = ''] = /type guard: (.+)$/.exec(adviseGuard(library)) ?? []
    t.ok(source.includes(guard.replace('(claims)', '(claims: unknown)')), guard)
  }
})
