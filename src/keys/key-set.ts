/**
 * Reads the keys of a JWKS document strictly (RFC 7517 §5).
 * @module
 */
import { type Members, ownMember } from '../base/members.js'
import { type PublishedKey, toJwk, toPublicKey } from './jwk.js'

/** Key id → usable key of a key set. */
export type PublishedKeys = ReadonlyMap<string, PublishedKey>

/** Entries of a set at the most. A user pool has two. */
export const MAX_KEYS = 100

/** The form of a key id that the header of a token can have. */
const KID = /^[\x21-\x7E]{1,256}$/

/**
 * Reads the entries of a JWKS document.
 *
 * @param content - the parsed document
 * @returns at most 100 entries; `undefined` for a document that is no key set
 */
export function readEntries(content: unknown): readonly Members[] | undefined {
  const keys = isObject(content) ? ownMember(content, 'keys') : undefined
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) return undefined
  return keys.filter(isObject)
}

/**
 * Reads the usable keys of a JWKS document and ignores unusable entries. A key id of two different usable keys is left
 * out, because a token that names the id could mean either key.
 *
 * @param content - the parsed document
 * @returns `undefined` for a document that is no key set; an empty map for a set without a usable key
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
