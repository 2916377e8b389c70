/**
 * Required names: the scopes, the groups and the methods of sign-in that a route asks for.
 * @module
 */
import type { NameList } from '../base/name-list.js'
import { assertDefined, closedObject } from '../base/option-schema.js'
import { Type } from '../base/schema.js'

/** Required names: one name, all names of a list, or any name of a list. */
export type RequiredNames = string | readonly string[] | { readonly anyOf: readonly string[] }

/** Conditions on groups. All of the given conditions have to hold. */
export interface GroupConditions {
  /**
   * The user needs all of these groups.
   *
   * @defaultValue none
   */
  readonly allOf?: readonly string[]
  /**
   * The user needs one of these groups.
   *
   * @defaultValue none
   */
  readonly anyOf?: readonly string[]
  /**
   * The user may be in none of these groups. A token without the claim `cognito:groups` meets this condition.
   *
   * @defaultValue none
   */
  readonly noneOf?: readonly string[]
}

/** Required groups: one group, all groups of a list, or {@link GroupConditions}. */
export type RequiredGroups = string | readonly string[] | GroupConditions

/** Pattern of a scope (RFC 6749 §3.3). */
export const SCOPE = '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$'

/** Pattern of a group's name, and of a method of sign-in. */
export const NAME = '^\\S{1,128}$'

const listOf = (pattern: string, expected: string) =>
  Type.Array(Type.String({ pattern, expected }), { minItems: 1, uniqueItems: true, expected })

/** Makes the schema of {@link RequiredNames}. */
export function namesSchema(expected: string, pattern: string) {
  const list = listOf(pattern, expected)
  return Type.Optional(
    Type.Union([Type.String({ pattern }), list, closedObject({ anyOf: list }, expected)], { expected }),
  )
}

const CONDITIONS = ['allOf', 'anyOf', 'noneOf'] as const

/** Makes the schema of {@link RequiredGroups}. */
export function groupsSchema(expected: string) {
  const list = listOf(NAME, expected)
  const condition = Type.Optional(list)
  const conditions = Type.Object(
    { allOf: condition, anyOf: condition, noneOf: condition },
    { additionalProperties: false, minProperties: 1, expected },
  )
  return Type.Optional(Type.Union([Type.String({ pattern: NAME }), list, conditions], { expected }))
}

/** Returns `true` for an object of conditions, and `false` for a name or a list of names. */
export function isConditions<T extends object>(required: string | readonly string[] | T): required is T {
  return typeof required === 'object' && !Array.isArray(required)
}

/** Required names, ready for comparison. */
export interface CompiledNames {
  readonly names: readonly string[]
  /** The requirement in words: `any of a, b`. */
  readonly text: string
  readonly isMetBy: (held: Pick<NameList, 'has'>) => boolean
}

/** Compiles required names. The names are copied, because the application may change its list later. */
export function compileNames(required: RequiredNames): CompiledNames {
  if (isConditions(required)) {
    const names = [...required.anyOf]
    return {
      names,
      text: `any of ${names.join(', ')}`,
      isMetBy: (held) => names.some((name) => held.has(name)),
    }
  }
  const names = [required].flat()
  return {
    names,
    text: `all of ${names.join(', ')}`,
    isMetBy: (held) => names.every((name) => held.has(name)),
  }
}

/**
 * Reads required groups as conditions, of which an empty list asks for nothing. The lists are copied, because the
 * application may change its lists later.
 *
 * @param path - path of the requirement, for the message of an error
 * @throws {TypeError} for a condition that is `undefined`, and for conditions that exclude each other
 */
export function readConditions(required: RequiredGroups, path: string): Required<GroupConditions> {
  if (!isConditions(required)) return { allOf: [required].flat(), anyOf: [], noneOf: [] }
  const at = `${path}.groups`
  assertDefined(required, CONDITIONS, at)
  const { allOf = [], anyOf = [], noneOf = [] } = required
  const isProhibited = (name: string) => noneOf.includes(name)
  if (allOf.some(isProhibited) || (anyOf.length > 0 && anyOf.every(isProhibited))) {
    throw new TypeError(`${at}: this can never hold: noneOf prohibits groups that the route requires`)
  }
  return { allOf: [...allOf], anyOf: [...anyOf], noneOf: [...noneOf] }
}
