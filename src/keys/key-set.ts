/**
 * Which keys a JWKS document publishes, read strictly (RFC 7517 §5).
 * @module
 */
import { type Members, ownMember } from '../base/members.js'
import { type PublishedKey, toJwk, toPublicKey } from './jwk.js'

/** The usable keys of a set, by their ids. */
export type PublishedKeys = ReadonlyMap<string, PublishedKey>

/** Entries of a set at the most. A user pool has two. */
export const MAX_KEYS = 100

/** The key id as a token can name it (`jwt.ts`). */
const KID = /^[\x21-\x7E]{1,256}$/

/**
 * Reads the entries of a JWKS document.
 *
 * @param content - the parsed document
 * @returns at most 100 objects; `undefined` for anything that is no key set
 */
export function readEntries(content: unknown): readonly Members[] | undefined {
  const keys = isObject(content) ? ownMember(content, 'keys') : undefined
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) return undefined
  return keys.filter(isObject)
}

/**
 * Reads the usable keys of a JWKS document. Unusable entries beside them are passed over. A key id that stands for two
 * different usable keys stands for none: nothing tells which of them a token means.
 *
 * @param content - the parsed document
 * @returns `undefined` for anything that is no key set; an empty map for a set without a usable key
 */
export function readKeySet(content: unknown): PublishedKeys | undefined {
  const entries = readEntries(content)
  if (entries === undefined) return undefined
  const keys = new Map<string, PublishedKey>()
  const ambiguous = new Set<string>()
  for (const entry of entries) {
    const kid = ownMember(entry, 'kid')
    const key = toPublicKey(entry)
    if (key === undefined || typeof kid !== 'string' || !KID.test(kid)) continue
    if ((keys.get(kid) ?? key).pem !== key.pem) ambiguous.add(kid)
    keys.set(kid, key)
  }
  for (const kid of ambiguous) keys.delete(kid)
  return keys
}

/** Writes keys as a JWKS document, for a store. */
export function toKeySet(keys: PublishedKeys): { readonly keys: readonly Members[] } {
  return { keys: [...keys].map(([kid, key]) => toJwk(kid, key)) }
}

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null
