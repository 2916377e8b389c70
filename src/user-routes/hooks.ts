/**
 * The hooks of account routes: their option, and the order in which they run.
 * @module
 */
import type { RouteShorthandOptions } from 'fastify'
import { optionalMembers, withDefault } from '../base/option-schema.js'
import { Type } from '../base/schema.js'

/** Names of Fastify's hooks that a route can have. */
const HOOKS = [
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
  'onResponse',
  'onError',
] as const

/** Fastify's hooks of a route: each is a function, or a list of functions. */
export type UserRouteHooks = Pick<RouteShorthandOptions, (typeof HOOKS)[number]>

const hook = Type.Function([], Type.Any())
const HOOK = Type.Union([hook, Type.Array(hook)], { expected: 'a function, or a list of functions' })
/** Schema of an option for hooks. */
export const hooksOption = withDefault(
  Type.Unsafe<UserRouteHooks>(optionalMembers(HOOKS, HOOK, 'an object of route hooks')),
  {},
)

/**
 * Merges the hooks of a route: its guard, the hooks of all routes, and its own hooks, in this order.
 *
 * @param guard - the guard runs first, so that the hooks can read `request.cognito`
 */
export function mergeHooks(guard: unknown, ...all: readonly UserRouteHooks[]): UserRouteHooks {
  const merged = HOOKS.map((name) => {
    const hooks = all.flatMap((hooks): unknown[] => [hooks[name] ?? []].flat())
    return [name, name === 'onRequest' && guard !== undefined ? [guard, ...hooks] : hooks]
  })
  return Object.fromEntries(merged)
}
