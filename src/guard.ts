/**
 * `authRequired` and `authOptional`: read the token, verify it once a request, hold it against the route, attach it.
 * @module
 */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerBase,
  RouteGenericInterface,
} from 'fastify'
import type { Authentication, VerifiedToken } from './authentication.js'
import { type Authenticator, admit } from './authenticator.js'
import { requirementObject, requirementProperties, type TokenRequirement } from './authorization.js'
import type { ClaimsOption } from './claims.js'
import { CognitoError } from './errors.js'
import { type Plan, selectPools } from './plan.js'
import { chain } from './promises.js'
import type { AuthOf, PoolSelector } from './register.js'
import {
  assertDefined,
  assertGiven,
  assertOptions,
  compileSchema,
  type IsDocumented,
  Type,
} from './schema.js'
import type { TokenUse } from './standard-claims.js'
import type { TokenSource } from './token-source.js'

/** What a route asks, besides its pool. */
export interface Requirement<
  U extends TokenUse = TokenUse,
  C extends ClaimsOption = ClaimsOption,
  A = Authentication,
> extends TokenRequirement<U, C> {
  /**
   * Decides last, when everything else is met: `true` lets the request pass, `false` is 403. What it throws goes to
   * the application's error handler as it is.
   */
  readonly check?: (authentication: A, request: FastifyRequest) => boolean | Promise<boolean>
}

const REQUIREMENT = Type.Object(
  {
    ...requirementProperties,
    check: Type.Optional(
      Type.Unsafe<NonNullable<Requirement['check']>>(
        Type.Function([], Type.Any(), { expected: 'a function' }),
      ),
    ),
  },
  requirementObject,
)

/** Does not compile when the interface and the schema drift apart. */
const isDocumented: IsDocumented<Requirement, typeof REQUIREMENT> = true
void isDocumented

const schema = compileSchema(REQUIREMENT)

/** Names of all members of a {@link Requirement}, for the documentation to be held against. */
export const requirementNames: readonly string[] = Object.keys(REQUIREMENT.properties)

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
export interface RouteMark<RouteGeneric> {
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
  request: RouteMark<CognitoRoute<A>>,
  reply: object,
  done: (error?: Error) => void,
) => void) & { readonly guard?: never }

/** Makes guards for the pools `P`; `Nobody` is what an anonymous request is. */
export type GuardFactory<P, Nobody> = <
  N extends keyof P & string = keyof P & string,
  U extends TokenUse = never,
  C extends ClaimsOption = never,
>(
  pool?: PoolSelector<N>,
  requirement?: Requirement<U, C, AuthOf<P, N, U, C>>,
) => Guard<AuthOf<P, N, U, C> | Nobody>

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

type GuardedRequest = FastifyRequest & { [memo: symbol]: VerifiedToken | null }

/** What guards need of the plugin. */
export interface GuardContext {
  readonly authenticator: Authenticator
  readonly findToken: TokenSource['read']
  readonly defaultPool: string
  /**
   * Where a request keeps its verified token, so that a further guard does not verify it again. Of one plugin instance:
   * another one may have other pools under the same names.
   */
  readonly memo: symbol
}

type Selector = PoolSelector<string> | undefined
type Given = [pool?: Selector, requirement?: Requirement]
type Check = Requirement['check']
type ChoosePlan = (request: FastifyRequest) => Plan | Promise<Plan>

/**
 * Makes `authRequired` and `authOptional`.
 *
 * @returns functions that throw a `TypeError` at boot for an unknown pool or a wrong requirement
 */
export function createGuardFactories(context: GuardContext) {
  return {
    authRequired: (...given: Given) =>
      createGuard(context, { name: 'authRequired', isOptional: false }, given),
    authOptional: (...given: Given) =>
      createGuard(context, { name: 'authOptional', isOptional: true }, given),
  }
}

function createGuard(
  context: GuardContext,
  { name, isOptional }: { readonly name: string; readonly isOptional: boolean },
  given: Given,
): Guard<Authentication | null> {
  assertGiven(given, name)
  const [selector, requirement = {}] = given
  assertOptions(schema, requirement, name)
  assertDefined(requirement, requirementNames, name)
  // Read, not spread: a requirement may inherit its members. And once: it is what it was at boot.
  const { check } = requirement
  const choosePlan = createChooser(context, selector, requirement, name)

  function authenticate(request: GuardedRequest): void | Promise<void> {
    const token = context.findToken(request)
    if (typeof token === 'string') {
      return chain(choosePlan(request), (plan) =>
        chain(verifyOnce(context, request, token, plan), (verified) =>
          attach(request, admit(verified, plan, request.cognito), check),
        ),
      )
    }
    if (token === null || !isOptional) {
      throw new CognitoError('COGNITO_ERR_TOKEN_MISSING', { reason: 'the request carries no bearer token' })
    }
    return request.setDecorator('cognito', null)
  }

  const guard = (request: unknown, _reply: object, done: (error?: Error) => void) => {
    if (typeof done !== 'function') throw new TypeError(`${name}: a guard cannot be a preParsing hook`)
    let outcome: void | Promise<void>
    try {
      outcome = authenticate(request as GuardedRequest)
    } catch (error) {
      done(toError(error))
      return
    }
    if (outcome instanceof Promise)
      outcome.then(
        () => done(),
        (error) => done(toError(error)),
      )
    else done()
  }
  return guard
}

/** Fastify takes a falsy error for success: whatever an application's function throws has to count. */
function toError(error: unknown): Error {
  if (typeof error === 'object' && error !== null) return error as Error
  return new CognitoError('COGNITO_ERR_INTERNAL', {
    reason: 'a function of the application threw something that is no error',
  })
}

function verifyOnce(
  { authenticator, memo }: GuardContext,
  request: GuardedRequest,
  text: string,
  plan: Plan,
): VerifiedToken | Promise<VerifiedToken> {
  const seen = request[memo]
  if (seen?.text === text) return seen
  return chain(authenticator.verify(text, plan), (verified) => {
    request[memo] = verified
    return verified
  })
}

/** Lets the route's own check decide last, then sets `request.cognito`. */
function attach(request: GuardedRequest, authentication: Authentication, check: Check): void | Promise<void> {
  if (check === undefined) return request.setDecorator('cognito', authentication)
  return chain(check(authentication, request), (isPermitted) => {
    if (isPermitted === true) return request.setDecorator('cognito', authentication)
    const { pool } = authentication
    throw new CognitoError('COGNITO_ERR_CHECK_FAILED', { reason: 'check did not answer true', pool })
  })
}

/** Compiles how a guard comes by its plan: at boot where its pools are fixed, else by the request. */
function createChooser(
  { authenticator, defaultPool }: GuardContext,
  selector: Selector,
  requirement: TokenRequirement,
  name: string,
): ChoosePlan {
  if (typeof selector === 'function') {
    const all = authenticator.plan(undefined, requirement, name)
    return (request) => choose(selector(request), all)
  }
  const names = [selector === undefined ? defaultPool : selector].flat()
  const plan = authenticator.plan(names, requirement, name)
  return () => plan
}

type Chosen = string | readonly string[]

function choose(chosen: Chosen | Promise<Chosen>, all: Plan): Plan | Promise<Plan> {
  if (typeof chosen === 'string' || Array.isArray(chosen)) return narrow([chosen].flat(), all)
  return Promise.resolve(chosen).then((names) => narrow([names].flat(), all))
}

function narrow(names: readonly string[], all: Plan): Plan {
  const plan = selectPools(all, names)
  if (plan) return plan
  const known = [...all.pools.keys()].join(', ')
  // What the function returned is not repeated: it may come from the request.
  const reason = `the guard's function chose no pool or an unknown one; registered are ${known}`
  throw new CognitoError('COGNITO_ERR_INTERNAL', { reason })
}
