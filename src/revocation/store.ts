/**
 * The interface of a store of revocations, and the keys of its marks.
 * @module
 */

/** Claims by which tokens are revoked, and `'pool'` for all tokens of a pool. */
export type RevocationClaim = 'jti' | 'origin_jti' | 'sub' | 'client_id' | 'pool'

/** An entry of the store: which tokens are revoked. Times are whole seconds since 1970. No member has a token's text. */
export interface RevocationMark {
  /** Key of the mark in the store: the user pool, the claim and its value in one text. */
  readonly key: string
  readonly userPoolId: string
  readonly by: RevocationClaim
  /** Value of the claim; empty for `'pool'`. */
  readonly value: string
  /** Tokens that were issued at this time or earlier are revoked; `null` for tokens of any age. */
  readonly notBefore: number | null
  /** Time after which the store can drop the mark, because no token that it revokes is valid any more. */
  readonly expiresAt: number
}

/** The members of a verified token that a store needs. Times are seconds since 1970. */
export interface RevocableToken {
  /** The keys of all marks that can revoke the token. Most of these marks do not exist. */
  readonly keys: readonly string[]
  readonly userPoolId: string
  /** The claim `jti`; `undefined` when token revocation is disabled for the app client. */
  readonly jti: string | undefined
  /** The claim `origin_jti`; `undefined` as `jti` is, and for a machine. */
  readonly originJti: string | undefined
  readonly subject: string
  readonly clientId: string
  /** The claim `iat`. */
  readonly issuedAt: number
  /** The claim `exp`. */
  readonly expiresAt: number
}

/**
 * A store of revocations. Several applications may share a store, because its keys have the id of the user pool.
 *
 * @example
 * const marks = new Map<string, RevocationMark>()
 * const store: RevocationStore = {
 *   revoke: (mark) => void marks.set(mark.key, mark),
 *   isRevoked: ({ keys, issuedAt }) => keys.some((key) => concerns(marks.get(key), issuedAt)),
 * }
 */
export interface RevocationStore {
  /** Returns `true` when a mark revokes the token. An error, a rejection and a value of another type are no answer. */
  readonly isRevoked: (token: RevocableToken) => boolean | Promise<boolean>
  /**
   * Adds a mark. Of two marks with one key the later not-before and the later expiry count, in any order of the calls.
   *
   * @throws {Error} thrown or rejected, when the store did not keep the mark
   */
  readonly revoke: (mark: RevocationMark) => void | Promise<void>
  /**
   * Returns what the process knows about a token without a lookup; `undefined` where `isRevoked` has to be called. A
   * boolean counts even while the store is failing.
   */
  readonly recall?: (token: RevocableToken) => boolean | undefined
  /**
   * Calls `onMark` for each mark that this process learns of, whichever process has added it, so that open sockets and
   * streams end at once. A mark may come more than once, but not before `isRevoked` counts it. Without `watch`, marks of
   * other processes are found by `isRevoked`, which is called once a minute for each open socket or stream.
   *
   * @returns a function that ends the calls
   */
  readonly watch?: (onMark: (mark: Pick<RevocationMark, 'key' | 'notBefore'>) => void) => () => void
  /**
   * Is called when an application that uses the store is ready. The application does not wait for the promise.
   *
   * @param report - takes the code of a fault that the store finds between lookups, and `undefined` when the fault is over
   */
  readonly open?: (report?: (code: string | undefined) => void) => void | Promise<void>
  /** Is called when the application closes. */
  readonly close?: () => void | Promise<void>
}

/**
 * Returns the key of a mark. Keys are unique, because neither the name of a claim nor the encoded id of a pool has a colon.
 *
 * @example toKey('eu-west-1_AbCdEf123', 'sub', 'f00') // 'sub:eu-west-1_AbCdEf123:f00'
 */
export function toKey(userPoolId: string, by: RevocationClaim, value: string): string {
  return `${by}:${userPoolId.replace(/[%:]/g, encodeURIComponent)}:${value}`
}

/** Returns the keys of all marks that can revoke a token. A claim that the token lacks has no key. */
export function keysOf({
  userPoolId,
  jti,
  originJti,
  subject,
  clientId,
}: Omit<RevocableToken, 'keys'>): readonly string[] {
  const keys = [
    toKey(userPoolId, 'sub', subject),
    toKey(userPoolId, 'client_id', clientId),
    toKey(userPoolId, 'pool', ''),
  ]
  if (jti !== undefined) keys.push(toKey(userPoolId, 'jti', jti))
  if (originJti !== undefined) keys.push(toKey(userPoolId, 'origin_jti', originJti))
  return keys
}

/**
 * Returns `true` when a mark revokes a token. A token that was issued in the second of the not-before is revoked.
 *
 * @param mark - the mark; `undefined` where the store has none under the key
 * @param issuedAt - the claim `iat` of the token, in seconds since 1970
 * @example keys.some((key) => concerns(marks.get(key), issuedAt))
 */
export function concerns(mark: Pick<RevocationMark, 'notBefore'> | undefined, issuedAt: number): boolean {
  if (mark === undefined) return false
  return mark.notBefore === null || Math.floor(issuedAt) <= mark.notBefore
}

/** Merges two marks with one key: the later not-before and the later expiry count. */
export function laterMark<M extends Pick<RevocationMark, 'notBefore' | 'expiresAt'>>(
  one: M | undefined,
  other: M,
): Pick<RevocationMark, 'notBefore' | 'expiresAt'> {
  const { notBefore, expiresAt } = other
  if (one === undefined) return { notBefore, expiresAt }
  return {
    notBefore: one.notBefore === null || notBefore === null ? null : Math.max(one.notBefore, notBefore),
    expiresAt: Math.max(one.expiresAt, expiresAt),
  }
}
