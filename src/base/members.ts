/**
 * Reads and freezes parsed JSON: own members only, never members of the prototype.
 * @module
 */

/** A parsed JSON object: member names and their values. */
export type Members = Readonly<Record<string, unknown>>

/** Tells whether a value is a JSON object. A list is not one. */
export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Tells whether a value is an object of members alone. Its prototype is the last of its chain, because a test runner may
 * have objects of its own realm.
 */
export function isPlainObject(value: unknown): value is Members {
  if (!isMembers(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Freezes parsed JSON at all levels, so that one request cannot change what another request reads. */
export function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member)
  }
  return Object.freeze(value)
}

/** Returns the own member of that name; `undefined` when the object has none. */
export function ownMember(object: Members, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}
