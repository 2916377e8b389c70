/**
 * How an object that came with a token is read: by its own members only, never through its prototype.
 * @module
 */

/** A parsed JSON object. */
export type Members = Readonly<Record<string, unknown>>

/** Freezes parsed JSON, so that nobody can change what another request reads. */
export function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member)
  }
  return Object.freeze(value)
}

/** The member of that name, or `undefined` where the object has none of its own. */
export function ownMember(object: Members, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}
