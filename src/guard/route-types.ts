/**
 * The types by which TypeScript knows what the guard of a route proves.
 * @module
 */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerBase,
  RouteGenericInterface,
} from 'fastify'
import type { ClaimsOption } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import type { Authentication } from '../verify/authentication.js'
import type { AuthOf, Named, PoolSelector, ProofOf } from './register.js'
import type { Requirement } from './requirement.js'

declare const kAuth: unique symbol
declare const kExactly: unique symbol
declare const kRoute: unique symbol

/**
 * The route generic of a guard that proves `A`, for handlers that are written apart and for routes with explicit generics.
 * Invariant in `A`: a handler cannot claim more than its guard proves.
 *
 * @example
 * async function show(request: FastifyRequest<CognitoRoute<AuthOf<Pools, 'eu'>>>) {
 *   return request.cognito.subject
 * }
 */
export interface CognitoRoute<A> extends RouteGenericInterface {
  readonly [kAuth]?: A
  readonly [kExactly]?: (proved: A) => A
}

/** The type provider of a scope whose routes are all behind a guard that proves `A`. */
export interface Identified<A> {
  readonly [kAuth]: A
}

/** Carries the route generic to the request, where TypeScript infers the guard from it. No request has the member. */
export interface RouteBrand<RouteGeneric> {
  readonly [kRoute]?: RouteGeneric
}

/**
 * The type of `request.cognito` on a route. `{} | null` removes the `undefined` of an optional member without adding to
 * the intersection, so that editors show the proved type alone.
 */
export type CognitoOf<RouteGeneric, TypeProvider> = ProvedOr<
  Authentication | null,
  (RouteGeneric & TypeProvider & Identified<NonNullable<unknown> | null>)[typeof kAuth]
>

type ProvedOr<Default, A> = A extends Default ? A : Default

/**
 * A hook that proves `A`: for `onRequest`, `preValidation`, `preHandler`, `addHook` and `@fastify/auth`.
 *
 * An intersection, because TypeScript does not infer from a generic call that returns a plain function type.
 */
export type Guard<A> = ((
  request: RouteBrand<CognitoRoute<A>>,
  reply: object,
  done: (error?: Error) => void,
) => void) & { readonly guard?: never }

/** A guard of any pools. */
export type AnyGuard = ((...args: never) => void) & { readonly guard?: never }

/**
 * Makes guards for the pools `P`. `Anonymous` is the authentication of a request without credentials: `null` for
 * `authOptional`, `never` for `authRequired`.
 */
export type GuardFactory<P, Anonymous> = <
  N extends Named<P> = keyof P & string,
  U extends TokenUse = never,
  C extends ClaimsOption = never,
  R = never,
>(
  pool?: PoolSelector<N>,
  requirement?: Requirement<U, C, ProofOf<P, N, U, C>, R>,
) => Guard<AuthOf<P, N, U, C, R> | Anonymous>

/** Puts a guard before every route of a scope, and types these routes by the guard. */
export type Protect = <
  S extends RawServerBase,
  Q extends RawRequestDefaultExpression<S>,
  R extends RawReplyDefaultExpression<S>,
  L extends FastifyBaseLogger,
  T extends FastifyTypeProvider,
  A,
>(
  scope: FastifyInstance<S, Q, R, L, T>,
  guard: Guard<A>,
) => FastifyInstance<S, Q, R, L, T & Identified<A>>

/** A handler of `setNotFoundHandler`. */
export type NotFoundReplier = (request: FastifyRequest, reply: FastifyReply) => unknown
