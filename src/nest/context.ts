/**
 * The kinds of context in which NestJS runs a handler: where the request is, and what a mark proved of its sender.
 * @module
 */
import type { VerifiableRequest } from '../guard/verify-request.js'
import type { Authentication } from '../verify/authentication.js'
import type { ExecutionContext } from './framework.js'
import { type Marked, readMark } from './marks.js'

/** The place of the object that one call of a handler shares with its guard and its parameters, among the arguments. */
const PLACES: Readonly<Record<string, number>> = { http: 0, ws: 0, rpc: 1, graphql: 2 }

/** The identities that marks proved outside of routes, by the object of the call, by the class, because classes inherit handlers, and by the handler. */
const proved = new WeakMap<object, WeakMap<object, Map<unknown, Authentication | null>>>()

/** Returns the request of Fastify, the GraphQL context, the client of a gateway, or the context of a message. */
export const subjectOf = (context: ExecutionContext) =>
  Object(context.getArgByIndex<unknown>(PLACES[context.getType<string>()] ?? 0))

/** Returns the HTTP request behind a context; `undefined` where the context does not lead to one. */
export function findRequest(context: ExecutionContext): VerifiableRequest | undefined {
  const subject = subjectOf(context)
  const type = context.getType<string>()
  return type === 'http' ? subject : Reflect.get(subject, type === 'ws' ? 'request' : 'req')
}

/**
 * Returns the object that the guard and the parameters of one call share, and no other call. The messages of a client share the
 * client, so that a message stands for itself. A message that is no object shares the request of the client.
 */
function callOf(context: ExecutionContext): object {
  const subject = subjectOf(context)
  if (context.getType<string>() !== 'ws') return subject
  const candidates: unknown[] = [context.getArgByIndex(1), Reflect.get(subject, 'request')]
  return candidates.find(isObject) ?? subject
}

/**
 * Keeps what a mark proved, for the parameters of the handler.
 *
 * @throws {TypeError} when the call has the identity of another token already, because parameters would get that of the wrong one
 */
export function keepIdentity(context: ExecutionContext, identity: Authentication | null): void {
  const call = callOf(context)
  const ofCall = proved.get(call) ?? new WeakMap<object, Map<unknown, Authentication | null>>()
  const ofClass = ofCall.get(context.getClass()) ?? new Map<unknown, Authentication | null>()
  const other = ofClass.get(context.getHandler())
  if (other !== undefined && other?.token !== identity?.token)
    throw new TypeError(`${describeHandler(context)}: ${OTHER_TOKEN}`)
  proved.set(call, ofCall.set(context.getClass(), ofClass.set(context.getHandler(), identity)))
}

const OTHER_TOKEN =
  'expected requestOf to return one token for one call. A client whose messages have tokens of their own sends objects as messages'

/**
 * Returns what the mark of the handler proved; `null` for a request without credentials.
 *
 * @throws {TypeError} for a handler without a mark that proves an identity, because the handler relies on one
 */
export function readIdentity(context: ExecutionContext): Authentication | null {
  const kept = proved.get(callOf(context))?.get(context.getClass())?.get(context.getHandler())
  if (kept !== undefined) return kept
  const attached: unknown =
    context.getType() === 'http' ? Reflect.get(subjectOf(context), 'cognito') : undefined
  if (isAuthentication(attached)) return attached
  if (markOf(context)?.name === 'CognitoOptional') return null
  throw new TypeError(
    `${describeHandler(context)}: @Identity expected @Cognito or @CognitoOptional on the method or its class`,
  )
}

/** The plugin alone writes the member `cognito` of a request. */
const isAuthentication = (value: unknown): value is Authentication => isObject(value)

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Returns the mark that counts for the handler of a context. */
export const markOf = (context: ExecutionContext) => readMark(handlerOf(context), context.getClass())

/** The handler, with the type that metadata needs. */
const handlerOf = (context: ExecutionContext) => context.getHandler() as Marked

/** Returns the name of a handler for messages: `Orders.list`. */
export const describeHandler = (context: ExecutionContext): string =>
  `${context.getClass().name}.${context.getHandler().name}`
