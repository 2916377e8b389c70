/**
 * The annotations of guards: which requests pass a hook. OpenAPI and the audit of routes read these annotations.
 * @module
 */

import type { TokenUse } from '../claims/standard-claims.js'
import { isConditions, type RequiredGroups, type RequiredNames } from '../verify/required-names.js'
import type { PoolPolicy } from '../verify/token-policy.js'

/** The hooks of Fastify that run before the handler of a route and can refuse a request. */
export const GUARD_HOOKS = ['onRequest', 'preValidation', 'preHandler'] as const

/** A kind of request that passes a guard: one without credentials, or one with a token of one pool. */
export interface Alternative {
  /** Name of the pool; `null` without credentials. */
  readonly pool: string | null
  /** Kinds of token that pass; empty without credentials. */
  readonly tokenUses: readonly TokenUse[]
  /** Scopes that the token needs. */
  readonly scopes: readonly string[]
  /** The requirements besides the pool in words, such as ``the scope `orders/read` ``. */
  readonly asks: readonly string[]
  /** `true` when a valid token may get 403. */
  readonly isSelective: boolean
}

/** The settings of a guard that determine its alternatives. */
export interface GuardTerms {
  /** The accepted tokens by the name of their pool: their kinds, and the levels of their sign-in, highest first. */
  readonly pools: ReadonlyMap<string, Pick<PoolPolicy, 'tokenUses' | 'accepted'>>
  readonly isOptional: boolean
  readonly scopes?: RequiredNames | undefined
  readonly groups?: RequiredGroups | undefined
  readonly amr?: RequiredNames | undefined
  readonly hasCheck: boolean
}

// Global symbols, so that two copies of the package recognise each other's guards.
const ALTERNATIVES = Symbol.for('fastify-cognito.alternatives')
const PARTS = Symbol.for('fastify-cognito.parts')
const FACTORY = Symbol.for('fastify-cognito.factory')

const ANONYMOUS: Alternative = Object.freeze({
  pool: null,
  tokenUses: [],
  scopes: [],
  asks: [],
  isSelective: false,
})

/** Annotates a hook with its alternatives, and returns the hook. */
export function annotateGuard<H extends object>(hook: H, alternatives: readonly Alternative[]): H {
  return Object.defineProperty(hook, ALTERNATIVES, { value: Object.freeze(alternatives), configurable: true })
}

/** Returns the alternatives of a hook; `undefined` where the hook is no guard. */
export function readAlternatives(hook: unknown): readonly Alternative[] | undefined {
  return typeof hook === 'function' ? Reflect.get(hook, ALTERNATIVES) : undefined
}

/** Annotates a hook that has guards among its parts but unknown alternatives, and returns the hook. */
export function annotateComposite<H extends object>(hook: H): H {
  return Object.defineProperty(hook, PARTS, { value: true, configurable: true })
}

/** Returns `true` when a hook is a guard, or has a guard among its parts. */
export function hasGuard(hook: unknown): boolean {
  return (
    readAlternatives(hook) !== undefined || (typeof hook === 'function' && Reflect.get(hook, PARTS) === true)
  )
}

/** Annotates a function that makes guards with its name, and returns the function. */
export function annotateFactory<F extends object>(factory: F, name: string): F {
  return Object.defineProperty(factory, FACTORY, { value: name })
}

/** Returns the name of a function that makes guards; `undefined` for any other value. */
export function factoryNameOf(value: unknown): string | undefined {
  return typeof value === 'function' ? Reflect.get(value, FACTORY) : undefined
}

/** Lists the alternatives of a guard. */
export function listAlternatives({
  pools,
  isOptional,
  scopes,
  groups,
  amr,
  hasCheck,
}: GuardTerms): readonly Alternative[] {
  const permissions = [...describeNames('scope', scopes), ...describeNames('group', groups)]
  const isSelective = hasCheck || permissions.length > 0
  const alternatives = [...pools].flatMap(([pool, { tokenUses, accepted }]) => {
    const asks = [...permissions, ...describeLevels(accepted), ...describeMethods(amr)]
    const common = { pool, tokenUses: [...tokenUses], asks, isSelective }
    return listScopeSets(scopes).map((needed): Alternative => ({ ...common, scopes: needed }))
  })
  return isOptional ? [ANONYMOUS, ...alternatives] : alternatives
}

function listScopeSets(required: RequiredNames | undefined): readonly (readonly string[])[] {
  if (required === undefined) return [[]]
  return isConditions(required) ? required.anyOf.map((name) => [name]) : [[required].flat()]
}

type Quantity = 'all' | 'one' | 'none'

/** Describes required names in words, with a text for each condition. */
function describeNames(kind: string, required: RequiredGroups | undefined): readonly string[] {
  if (required === undefined) return []
  if (!isConditions(required)) return describeList(kind, 'all', [required].flat())
  const { allOf = [], anyOf = [], noneOf = [] } = required
  return [
    ...describeList(kind, 'all', allOf),
    ...describeList(kind, 'one', anyOf),
    ...describeList(kind, 'none', noneOf),
  ]
}

function describeList(kind: string, quantity: Quantity, names: readonly string[]): readonly string[] {
  if (names.length === 0) return []
  const list = names.map((name) => `\`${name}\``).join(', ')
  const isOne = names.length === 1 && quantity !== 'none'
  return [isOne ? `the ${kind} ${list}` : `${quantity} of the ${kind}s ${list}`]
}

const describeLevels = (accepted: readonly string[]): readonly string[] =>
  accepted.length === 0 ? [] : [`a sign-in of level ${accepted.map((name) => `\`${name}\``).join(' or ')}`]

const describeMethods = (amr: RequiredNames | undefined): readonly string[] =>
  describeNames('method', amr).map((methods) => `a sign-in by ${methods}`)

/** Combines the alternatives of two guards in a row. A request has the same credentials for both guards. */
export function passBoth(
  first: readonly Alternative[],
  second: readonly Alternative[],
): readonly Alternative[] {
  const alternatives = first.flatMap((a) => second.filter((b) => b.pool === a.pool).map((b) => merge(a, b)))
  return alternatives.filter(({ pool, tokenUses }) => pool === null || tokenUses.length > 0)
}

const merge = (a: Alternative, b: Alternative): Alternative => ({
  pool: a.pool,
  tokenUses: a.tokenUses.filter((tokenUse) => b.tokenUses.includes(tokenUse)),
  scopes: [...new Set([...a.scopes, ...b.scopes])],
  asks: [...new Set([...a.asks, ...b.asks])],
  isSelective: a.isSelective || b.isSelective,
})

/**
 * Annotates a hook that is composed of guards, and returns the hook.
 *
 * @param guards - one item has to let the request pass. An item is a guard, or a list of guards that all have to pass.
 * @throws {TypeError} when the hook is no function, or an item has something that is no guard
 */
export function annotateComposed<H>(hook: H, guards: readonly unknown[]): H {
  if (typeof hook !== 'function')
    throw new TypeError('composed: expected the hook that the guards are part of')
  const alternatives = Array.isArray(guards) ? guards.flatMap((guard) => passAll([guard].flat())) : []
  if (alternatives.length === 0) {
    throw new TypeError('composed: expected a list of guards of which one at least can let a request pass')
  }
  return annotateGuard(hook, alternatives)
}

function passAll(guards: readonly unknown[]): readonly Alternative[] {
  const [first = [], ...others] = guards.map(readGuard)
  return others.reduce(passBoth, first)
}

function readGuard(guard: unknown): readonly Alternative[] {
  const alternatives = readAlternatives(guard)
  if (alternatives !== undefined) return alternatives
  throw new TypeError('composed: expected guards as authRequired and authOptional return them')
}
