/**
 * How an object that came with a token is read: by its own members only, never through its prototype.
 * @module
 */

/** A parsed JSON object. */
export type Members = Readonly<Record<string, unknown>>

/** The member of that name, or `undefined` where the object has none of its own. */
export function ownMember(object: Members, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}
