/**
 * What a guard tells TypeScript of its route.
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
import type { AuthOf, PoolSelector, ProofOf } from './register.js'
import type { Requirement } from './requirement.js'

declare const kAuth: unique symbol
declare const kExactly: unique symbol
declare const kRoute: unique symbol

/**
 * The generic of a route whose guard proves `A`, for handlers written apart and for routes with explicit generics.
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

/** Marks an instance whose routes all lie behind a guard that proves `A`. */
export interface Identified<A> {
  readonly [kAuth]: A
}

/** Carries the route's generic to where a guard can be inferred from; never present at run time. */
export interface RouteBrand<RouteGeneric> {
  readonly [kRoute]?: RouteGeneric
}

/**
 * What `request.cognito` is on a route. `{} | null` takes away the `undefined` of an optional member and leaves nothing
 * behind in the intersection, so that editors show what the guard proves and no more.
 */
export type CognitoOf<RouteGeneric, TypeProvider> = ProvedOr<
  Authentication | null,
  (RouteGeneric & TypeProvider & Identified<NonNullable<unknown> | null>)[typeof kAuth]
>

type ProvedOr<Anybody, A> = A extends Anybody ? A : Anybody

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

/** A guard, whatever it proves. */
export type AnyGuard = ((...args: never) => void) & { readonly guard?: never }

/** Makes guards for the pools `P`; `Nobody` is what an anonymous request is. */
export type GuardFactory<P, Nobody> = <
  N extends keyof P & string = keyof P & string,
  U extends TokenUse = never,
  C extends ClaimsOption = never,
  R = never,
>(
  pool?: PoolSelector<N>,
  requirement?: Requirement<U, C, ProofOf<P, N, U, C>, R>,
) => Guard<AuthOf<P, N, U, C, R> | Nobody>

/** Puts a guard before every route of a scope, and types them by it. */
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

/** Answers what is not found. */
export type NotFoundReplier = (request: FastifyRequest, reply: FastifyReply) => unknown
