/**
 * A program whose pools and routes have claims by schemas of other libraries: `claims` has the type of their output.
 */
import { Type as Type034 } from '@sinclair/typebox'
import { type } from 'arktype'
import Fastify from 'fastify'
import cognito, {
  type AccessClaims,
  type Authentication,
  type AuthOf,
  claimsFrom,
  definePools,
  type IdClaims,
  type Pools,
  type StandardSchema,
} from 'fastify-cognito'
import { claims } from 'fastify-cognito/typebox'
import Type from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'
import { expectType } from './expect.js'

const rest = { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: 'client' } as const

const pools = definePools({
  zod: {
    ...rest,
    claims: z.object({ 'custom:seats': z.string().transform(Number), 'custom:plan': z.string().optional() }),
  },
  valibot: {
    ...rest,
    tokenUse: 'id',
    claims: v.object({
      tenant: v.pipe(
        v.string(),
        v.transform((text) => text.length),
      ),
    }),
  },
  arktype: { ...rest, claims: type({ seats: 'string.integer.parse', 'plan?': 'string' }) },
  named: {
    ...rest,
    tokenUse: 'id',
    claims: claimsFrom(
      { tenant: 'custom:tenant', seats: { claim: 'custom:seats', as: 'integer' } },
      z.object({ tenant: z.string(), seats: z.number().optional() }),
    ),
  },
  typebox: {
    ...rest,
    claims: claims(
      Type.Object({
        seats: Type.Integer({ alias: 'custom:seats' }),
        since: Type.Optional(Type.Decode(Type.String({ alias: 'custom:since' }), (text) => new Date(text))),
      }),
    ),
  },
  old: { ...rest, claims: Type034.Object({ seats: Type034.Integer({ alias: 'custom:seats' }) }) },
  none: rest,
})

declare module 'fastify-cognito' {
  interface Register {
    pools: typeof pools
  }
}

const app = Fastify()
await app.register(cognito, { pools, defaultPool: 'none' })

app.get('/zod', { onRequest: app.authRequired('zod') }, async ({ cognito }) => {
  expectType<number>()(cognito.claims['custom:seats'])
  expectType<string | undefined>()(cognito.claims['custom:plan'])
  expectType<string>()(cognito.claims.client_id)
  // @ts-expect-error the top of the claims is frozen
  cognito.claims['custom:seats'] = 7
  // @ts-expect-error the claim is not declared
  cognito.claims.tenant
})
app.get('/valibot', { onRequest: app.authRequired('valibot') }, async ({ cognito }) => {
  expectType<number>()(cognito.claims.tenant)
  expectType<string>()(cognito.claims.sub)
  expectType<boolean | undefined>()(cognito.claims.email_verified)
  expectType<unknown>()(cognito.claims.email)
})
app.get('/arktype', { onRequest: app.authRequired('arktype') }, async ({ cognito }) => {
  expectType<number>()(cognito.claims.seats)
  expectType<string | undefined>()(cognito.claims.plan)
})
app.get('/named', { onRequest: app.authRequired('named') }, async ({ cognito }) => {
  expectType<string>()(cognito.claims.tenant)
  expectType<number | undefined>()(cognito.claims.seats)
})
app.get('/typebox', { onRequest: app.authRequired('typebox') }, async ({ cognito }) => {
  expectType<number>()(cognito.claims.seats)
  expectType<Date | undefined>()(cognito.claims.since)
  expectType<'access'>()(cognito.claims.token_use)
})
app.get('/any', { onRequest: app.authRequired(['old', 'typebox', 'none']) }, async ({ cognito }) => {
  if (cognito.pool !== 'none') expectType<number>()(cognito.claims.seats)
})

// A requirement's schema takes the place of the pool's.
const member = app.authRequired('old', { claims: z.object({ tenant: z.string() }) })
app.get('/own', { onRequest: member }, async ({ cognito }) => {
  expectType<string>()(cognito.claims.tenant)
  // @ts-expect-error a claim of the pool's own schema
  cognito.claims.seats
})
const either = z.union([
  z.object({ plan: z.literal('free') }),
  z.object({ plan: z.literal('paid'), seats: z.number() }),
])
app.get('/either', { onRequest: app.authRequired('none', { claims: either }) }, async ({ cognito }) => {
  if (cognito.claims.plan === 'paid') expectType<number>()(cognito.claims.seats)
})
app.get(
  '/ark',
  { onRequest: app.authRequired('none', { tokenUse: 'id', claims: type({ email: 'string' }) }) },
  async ({ cognito }) => {
    expectType<string>()(cognito.claims.email)
    expectType<unknown>()(cognito.claims.name)
  },
)
app.get(
  '/loose',
  { onRequest: app.authRequired('none', { claims: z.looseObject({ seats: z.number() }) }) },
  async ({ cognito }) => {
    expectType<number>()(cognito.claims.seats)
    expectType<string>()(cognito.claims.client_id)
    expectType<unknown>()(cognito.claims['other'])
  },
)
const checked = app.authRequired('none', {
  claims: z.object({ seats: z.number() }),
  check: ({ claims }) => claims.client_id === 'one',
})
app.get('/checked', { onRequest: checked }, async ({ cognito }) => cognito.claims.seats satisfies number)

const proof = await app.cognito.verify('token', 'none', { claims: v.object({ tenant: v.string() }) })
expectType<string>()(proof.claims.tenant)
expectType<Authentication<'typebox', 'access', AccessClaims & Readonly<{ seats: number; since?: Date }>>>()(
  await app.cognito.verify('token', 'typebox'),
)
const auth = null as unknown as AuthOf<Pools, 'named'>
expectType<number | undefined>()(auth.claims.seats)
expectType<IdClaims['exp']>()(auth.claims.exp)

// A schema written by hand, and one whose types are unknown.
const byHand: StandardSchema<unknown, { readonly tenant: string }> = {
  '~standard': { version: 1, vendor: 'own', validate: () => ({ value: { tenant: 'acme' } }) },
}
app.get('/hand', { onRequest: app.authRequired('none', { claims: byHand }) }, async ({ cognito }) => {
  expectType<string>()(cognito.claims.tenant)
})

// @ts-expect-error the output of a schema is an object
app.authRequired('none', { claims: z.string() })
// @ts-expect-error a schema of typebox 1.x goes through `claims`
app.authRequired('none', { claims: Type.Object({ a: Type.String() }) })
// @ts-expect-error TypeBox 0.34 needs no `claims`
claims(Type034.Object({ a: Type034.String() }))
// @ts-expect-error a name that the schema does not have
claimsFrom({ tenat: 'custom:tenant' }, z.object({ tenant: z.string() }))
// @ts-expect-error text is not converted to text
claimsFrom({ tenant: { claim: 'custom:tenant', as: 'string' } }, z.object({ tenant: z.string() }))
// @ts-expect-error no schema
claimsFrom({ tenant: 'custom:tenant' }, (claims: unknown) => claims)
claimsFrom({ plan: 'custom:plan', seats: { claim: 'custom:seats', as: 'integer' } }, either)
claimsFrom({ anything: 'custom:any' }, z.record(z.string(), z.unknown()))
claimsFrom(
  { a: 'custom:a' },
  z.preprocess((value) => value, z.object({ a: z.string() })),
)
