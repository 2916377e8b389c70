/**
 * The types of the registered pools and of what a guard of them proves, and {@link definePools}.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import type { ObjectSchema } from '../claims/reader.js'
import type { AccessClaims, IdClaims, ProfileClaim, TokenUse } from '../claims/standard-claims.js'
import type { OutputOf, StandardSchema } from '../claims/standard-schema.js'
import type { PoolOptions } from '../pool/pool.js'
import type { LoadTenants, TenantsOptions } from '../tenants/options.js'
import type { Authentication, WithUser } from '../verify/authentication.js'
import type { TenantSelector } from './tenant-selector.js'

/** Options of pools by the name of the pool. */
export type PoolSet = Readonly<Record<string, PoolOptions>>

/** Turns a misspelt optional key of a pool into a compile error. */
export type OnlyKnown<P> = {
  readonly [K in keyof P]: { readonly [F in Exclude<keyof P[K], keyof PoolOptions>]: never }
}

/**
 * Keeps the exact type of the pools, so that guards can be typed by them. Returns its argument unchecked: the plugin
 * validates the pools when it is registered.
 *
 * @example
 * const pools = definePools({ eu: { userPoolId: 'eu-west-1_AbCdEf123', appClientId: '3n4b5urk1ft4fl3mg5e62d9ado' } })
 * declare module 'fastify-cognito' {
 *   interface Register { pools: typeof pools }
 * }
 */
export function definePools<const P extends PoolSet>(pools: P & OnlyKnown<P>): P {
  return pools
}

/**
 * Keeps the exact type of the options of tenants, so that guards of tenants can be typed by them. Returns its argument
 * unchecked: the plugin validates the options when it is registered.
 *
 * @example
 * const tenants = defineTenants({ load: () => listTenants(), tokenUse: 'id', claims: Type.Object({ plan: Type.String() }) })
 * declare module 'fastify-cognito' {
 *   interface Register { tenants: typeof tenants }
 * }
 */
export function defineTenants<const T extends TenantTypes>(tenants: T & OnlyKnownOfTenants<T>): T {
  return tenants
}

/**
 * The interface that an application augments, once a program: with `pools: typeof pools`, with `tenants: typeof tenants`, and
 * with `user`, the type of the user that `loadUser` returns.
 *
 * @example
 * declare module 'fastify-cognito' {
 *   interface Register { pools: typeof pools; user: Account }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: a type alias could not be augmented
export interface Register {}

interface Misregistered {
  'Register.pools has to be typeof what definePools returned': PoolOptions
}

/** The registered pools; pools of any names where the application registers none. */
export type Pools = Register extends { pools: infer P } ? (P extends PoolSet ? P : Misregistered) : PoolSet

/** The part of the options of tenants that types depend on, and `load`, because most options of tenants have nothing else. */
export type TenantTypes = Pick<PoolOptions, 'tokenUse' | 'claims'> & { readonly load?: LoadTenants }

/** Turns a misspelt option of tenants into a compile error. */
export type OnlyKnownOfTenants<T> = { readonly [F in Exclude<keyof T, keyof TenantsOptions>]: never }

/** The registered options of tenants; options of any tenants where the application registers none. */
export type Tenants = Register extends { tenants: infer T }
  ? T extends TenantTypes
    ? T
    : never
  : TenantTypes
/** The selector of tenants, where the application registers them. */
export type RegisteredTenants = Register extends { tenants: unknown } ? TenantSelector : never

type DecodedOf<S, T = Extract<S[Extract<keyof S, symbol>], { Decode: unknown }>> = T extends {
  Decode: (value: never) => infer O
}
  ? O
  : never
type PropertiesOf<C extends ObjectSchema, S = (C & { params: [] })['static']> = {
  readonly [K in keyof S]: K extends keyof C['properties']
    ? [DecodedOf<C['properties'][K]>] extends [never]
      ? S[K]
      : DecodedOf<C['properties'][K]>
    : S[K]
}

/** The literal names of `T`, without its index signatures. */
type KnownKeys<T> = keyof {
  [K in keyof T as string extends K ? never : number extends K ? never : symbol extends K ? never : K]: never
}
/** The standard claims `S` and the declared claims `D`. A declared profile claim has its declared type alone. */
type Declared<S, D> = D extends unknown
  ? [KnownKeys<D> & ProfileClaim] extends [never]
    ? S & D
    : Omit<S, KnownKeys<D> & ProfileClaim> & D
  : never
/**
 * The standard claims beside a type guard or a schema of another library. These get the payload, and may pass on what they
 * do not declare, so that other profile claims may have any type.
 */
type UncheckedProfile<S> = Omit<S, ProfileClaim> & { readonly [K in ProfileClaim]?: unknown }
type Beside<U extends TokenUse, T> = U extends 'id'
  ? Declared<UncheckedProfile<IdClaims>, T>
  : StandardOf<U> & T
// A type of arktype is a function, so Standard Schema comes before type guards.
type ClaimsOf<U extends TokenUse, C> = C extends ObjectSchema
  ? Declared<StandardOf<U>, PropertiesOf<C>>
  : C extends StandardSchema
    ? Beside<U, Readonly<OutputOf<C>>>
    : C extends (claims: unknown) => claims is infer T
      ? Beside<U, T>
      : StandardOf<U>
type StandardOf<U extends TokenUse> = { access: AccessClaims; id: IdClaims }[U]

type UseOf<P> = P extends { readonly tokenUse: infer U }
  ? (U extends readonly (infer E)[] ? E : U) & TokenUse
  : 'tokenUse' extends keyof P
    ? TokenUse
    : 'access'
type OptionOf<P> = P extends { readonly claims: infer C } ? C : unknown
/** The user of the plugin's `loadUser`, where the application registers its type. */
type RegisteredUser = Register extends { user: infer T } ? WithUser<T> : unknown
/** The results of `loadUser` that refuse the request. */
type Unknown = null | undefined | false
type UserOf<R> = [R] extends [never] ? RegisteredUser : WithUser<Exclude<Awaited<R>, Unknown>>

type OfUse<N extends string, U, C> = U extends TokenUse ? Authentication<N, U, ClaimsOf<U, C>> : never

/** A pool of `P` by its name, or tenants by a selector. */
export type Named<P> = (keyof P & string) | TenantSelector

/** The authentication by a token of the pools `N`, before a user is loaded. The parameters are those of {@link AuthOf}. */
export type ProofOf<P, N, U = never, C = never> = N extends TenantSelector
  ? OfOptions<`tenant:${string}`, Tenants, U, C>
  : N extends keyof P & string
    ? OfOptions<N, P[N], U, C>
    : never
type OfOptions<N extends string, O, U, C> = OfUse<
  N,
  [U] extends [never] ? UseOf<O> : U,
  [C] extends [never] ? OptionOf<O> : C
>

/**
 * The authentication that a guard of the pools `N` proves. Several names give a union, discriminated by `pool`. `U`, `C`
 * and `R` are the `tokenUse`, the `claims` and the result of `loadUser` of a requirement, where it has them.
 */
export type AuthOf<P, N extends Named<P>, U = never, C = never, R = never> = ProofOf<P, N, U, C> & UserOf<R>

/**
 * Finds the application's own user of a verified token. The results `null`, `undefined` and `false` refuse the request
 * with 403. An error goes unchanged to the error handler of the application.
 */
export type LoadUser<A = Authentication, R = unknown> = (authentication: A, request: FastifyRequest) => R

/** The option `loadUser` of the plugin, typed by the registered pools and user. */
export type LoadRegisteredUser = LoadUser<
  ProofOf<Pools, (keyof Pools & string) | RegisteredTenants>,
  Register extends { user: infer T } ? T | Unknown | Promise<T | Unknown> : unknown
>

/**
 * The pools of a guard: a name, a selector of tenants, a list of these, or a function of the request that returns one name or
 * several. A selector of tenants that such a function returns compiles, and refuses the request with a 500, because TypeScript infers
 * no literal names through a narrower type.
 */
export type PoolSelector<N> =
  | N
  | readonly N[]
  | ((request: FastifyRequest) => N | readonly N[] | Promise<N | readonly N[]>)
