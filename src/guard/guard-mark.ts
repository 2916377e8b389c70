/**
 * What a guard says of itself: the ways past it, for the documentation of routes and for their audit.
 * @module
 */

import type { TokenUse } from '../claims/standard-claims.js'
import { isAnyOf, type RequiredNames } from '../verify/authorization.js'

/** The hooks of Fastify that run before the handler of a route and can keep a request from it. */
export const GUARDING = ['onRequest', 'preValidation', 'preHandler'] as const

/** One way past a guard: without credentials, or with a token of one pool. */
export interface Way {
  /** `null` without credentials. */
  readonly pool: string | null
  /** Kinds of token that pass; none without credentials. */
  readonly tokenUses: readonly TokenUse[]
  /** Scopes that the token has to have. */
  readonly scopes: readonly string[]
  /** What is asked besides the pool, each in words: ``the scope `orders/read` ``. */
  readonly asks: readonly string[]
  /** Whether a valid token may get 403. */
  readonly isSelective: boolean
}

/** What the ways past a guard follow from. */
export interface GuardTerms {
  /** The pools whose tokens it may take, by their names, each with the kinds of token. */
  readonly pools: ReadonlyMap<string, readonly TokenUse[]>
  readonly isOptional: boolean
  readonly scopes?: RequiredNames | undefined
  readonly groups?: RequiredNames | undefined
  readonly hasCheck: boolean
}

// Not a variable of this module alone: of two copies of the package, each knows the guards of the other.
const WAYS = Symbol.for('fastify-cognito.ways')

const PARTS = Symbol.for('fastify-cognito.parts')
const FACTORY = Symbol.for('fastify-cognito.factory')

const ANONYMOUS: Way = Object.freeze({ pool: null, tokenUses: [], scopes: [], asks: [], isSelective: false })

/** Marks a hook with the ways past it, and returns the hook. */
export function markHook<H extends object>(hook: H, ways: readonly Way[]): H {
  return Object.defineProperty(hook, WAYS, { value: Object.freeze(ways), configurable: true })
}

/** The ways past a hook, or `undefined` where it is no guard. */
export function readWays(hook: unknown): readonly Way[] | undefined {
  return typeof hook === 'function' ? Reflect.get(hook, WAYS) : undefined
}

/** Marks a hook that has guards among its parts, and returns the hook. The ways past it are not known. */
export function markParts<H extends object>(hook: H): H {
  return Object.defineProperty(hook, PARTS, { value: true, configurable: true })
}

/** Whether a hook is a guard, or has one among its parts. */
export function hasGuard(hook: unknown): boolean {
  return readWays(hook) !== undefined || (typeof hook === 'function' && Reflect.get(hook, PARTS) === true)
}

/** Marks a function that makes guards with its name, and returns the function. */
export function markFactory<F extends object>(factory: F, name: string): F {
  return Object.defineProperty(factory, FACTORY, { value: name })
}

/** The name of a function that makes guards, or `undefined` where it is none. */
export function factoryNameOf(value: unknown): string | undefined {
  return typeof value === 'function' ? Reflect.get(value, FACTORY) : undefined
}

/** The ways past a guard. */
export function listWays({ pools, isOptional, scopes, groups, hasCheck }: GuardTerms): readonly Way[] {
  const asks = [...describeNames('scope', scopes), ...describeNames('group', groups)]
  const isSelective = hasCheck || asks.length > 0
  const ways = [...pools].flatMap(([pool, tokenUses]) =>
    listAlternatives(scopes).map((needed): Way => ({ pool, tokenUses, scopes: needed, asks, isSelective })),
  )
  return isOptional ? [ANONYMOUS, ...ways] : ways
}

const toList = (required: RequiredNames): readonly string[] =>
  isAnyOf(required) ? required.anyOf : [required].flat()

function listAlternatives(required: RequiredNames | undefined): readonly (readonly string[])[] {
  if (required === undefined) return [[]]
  return isAnyOf(required) ? toList(required).map((name) => [name]) : [toList(required)]
}

function describeNames(kind: string, required: RequiredNames | undefined): readonly string[] {
  if (required === undefined) return []
  const list = toList(required).map((name) => `\`${name}\``)
  if (list.length === 1) return [`the ${kind} ${list[0]}`]
  return [`${isAnyOf(required) ? 'one' : 'all'} of the ${kind}s ${list.join(', ')}`]
}

/** The ways past two guards, one after the other: a request has the same credentials for both. */
export function passBoth(first: readonly Way[], second: readonly Way[]): readonly Way[] {
  const ways = first.flatMap((a) => second.filter((b) => b.pool === a.pool).map((b) => merge(a, b)))
  return ways.filter(({ pool, tokenUses }) => pool === null || tokenUses.length > 0)
}

const merge = (a: Way, b: Way): Way => ({
  pool: a.pool,
  tokenUses: a.tokenUses.filter((tokenUse) => b.tokenUses.includes(tokenUse)),
  scopes: [...new Set([...a.scopes, ...b.scopes])],
  asks: [...new Set([...a.asks, ...b.asks])],
  isSelective: a.isSelective || b.isSelective,
})

/**
 * Marks a hook that was composed of guards.
 *
 * @param guards - of which one has to let the request pass; of a list among them, all
 * @throws {TypeError} where the hook is no function, or something in the list is no guard
 */
export function markComposed<H>(hook: H, guards: readonly unknown[]): H {
  if (typeof hook !== 'function')
    throw new TypeError('composed: expected the hook that the guards are part of')
  const ways = Array.isArray(guards) ? guards.flatMap((guard) => passAll([guard].flat())) : []
  if (ways.length === 0) {
    throw new TypeError('composed: expected a list of guards of which one at least can let a request pass')
  }
  return markHook(hook, ways) as H
}

function passAll(guards: readonly unknown[]): readonly Way[] {
  const [first = [], ...others] = guards.map(readGuard)
  return others.reduce(passBoth, first)
}

function readGuard(guard: unknown): readonly Way[] {
  const ways = readWays(guard)
  if (ways !== undefined) return ways
  throw new TypeError('composed: expected guards as authRequired and authOptional return them')
}
