/**
 * Which pools the program knows, and what a guard of them proves: types only, but for {@link definePools}.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import type { ObjectSchema } from '../claims/reader.js'
import type { AccessClaims, IdClaims, ProfileClaim, TokenUse } from '../claims/standard-claims.js'
import type { PoolOptions } from '../pool/pool.js'
import type { Authentication, WithUser } from '../verify/authentication.js'

/** Named pools. */
export type PoolSet = Readonly<Record<string, PoolOptions>>

/** Makes a misspelt optional key of a pool a compile error. */
export type OnlyKnown<P> = {
  readonly [K in keyof P]: { readonly [F in Exclude<keyof P[K], keyof PoolOptions>]: never }
}

/**
 * Keeps the exact type of the pools, so that guards can be typed by them. Returns what it was given, unchecked: the
 * plugin validates it when it is registered.
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
 * The application augments it, once a program: with `pools: typeof pools`, and with `user`, the type of what its
 * `loadUser` finds.
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

/** The registered pools; any names where nothing is registered. */
export type Pools = Register extends { pools: infer P } ? (P extends PoolSet ? P : Misregistered) : PoolSet

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

/** The names of `T` that are written out: not those of an index signature. */
type KnownKeys<T> = keyof {
  [K in keyof T as string extends K ? never : number extends K ? never : symbol extends K ? never : K]: never
}
/** The standard claims `S` beside the declared ones `D`. A declared profile claim has its declared type alone. */
type Declared<S, D> = D extends unknown
  ? [KnownKeys<D> & ProfileClaim] extends [never]
    ? S & D
    : Omit<S, KnownKeys<D> & ProfileClaim> & D
  : never
/** A type guard sees the payload, so what it says nothing of may be a profile claim of any type. */
type Unvouched<S> = Omit<S, ProfileClaim> & { readonly [K in ProfileClaim]?: unknown }
type ClaimsOf<U extends TokenUse, C> = C extends ObjectSchema
  ? Declared<StandardOf<U>, PropertiesOf<C>>
  : C extends (claims: unknown) => claims is infer T
    ? U extends 'id'
      ? Declared<Unvouched<IdClaims>, T>
      : StandardOf<U> & T
    : StandardOf<U>
type StandardOf<U extends TokenUse> = { access: AccessClaims; id: IdClaims }[U]

type UseOf<P> = P extends { readonly tokenUse: infer U }
  ? (U extends readonly (infer E)[] ? E : U) & TokenUse
  : 'tokenUse' extends keyof P
    ? TokenUse
    : 'access'
type OptionOf<P> = P extends { readonly claims: infer C } ? C : unknown
/** What the plugin's `loadUser` finds, where the program says what that is. */
type RegisteredUser = Register extends { user: infer T } ? WithUser<T> : unknown
/** No user is found by these: the request is refused. */
type Unknown = null | undefined | false
type UserOf<R> = [R] extends [never] ? RegisteredUser : WithUser<Exclude<Awaited<R>, Unknown>>

type OfUse<N extends string, U, C> = U extends TokenUse ? Authentication<N, U, ClaimsOf<U, C>> : never

/** What a token of the pools `N` proves, before a user is loaded; else as {@link AuthOf}. */
export type ProofOf<P, N extends keyof P, U = never, C = never> = N extends keyof P & string
  ? OfUse<N, [U] extends [never] ? UseOf<P[N]> : U, [C] extends [never] ? OptionOf<P[N]> : C>
  : never

/**
 * What a guard of the pools `N` proves; several names give a union told apart by `pool`. `U`, `C` and `R` are the
 * `tokenUse`, the `claims` and what `loadUser` returns of a requirement, where it has them.
 */
export type AuthOf<P, N extends keyof P, U = never, C = never, R = never> = ProofOf<P, N, U, C> & UserOf<R>

/**
 * Finds the application's own user of a verified token. `null`, `undefined` and `false` refuse the request; what it
 * throws goes to the application's error handler as it is.
 */
export type LoadUser<A = Authentication, R = unknown> = (authentication: A, request: FastifyRequest) => R

/** The plugin's own, typed by what the program registers. */
export type LoadRegisteredUser = LoadUser<
  ProofOf<Pools, keyof Pools & string>,
  Register extends { user: infer T } ? T | Unknown | Promise<T | Unknown> : unknown
>

/** How a guard names its pool: by name, by a list of names, or by a function of the request. */
export type PoolSelector<N> =
  | N
  | readonly N[]
  | ((request: FastifyRequest) => N | readonly N[] | Promise<N | readonly N[]>)
