/**
 * What a store of revocations is told and asked, and under which keys it keeps its marks.
 * @module
 */

/** Claims by which tokens are revoked, and `'pool'` for all tokens of a pool. */
export type RevocationClaim = 'jti' | 'origin_jti' | 'sub' | 'client_id' | 'pool'

/** What is revoked. Times are whole seconds since 1970. Nothing of it is a token's text. */
export interface RevocationMark {
  /** What a store keeps the mark under: the user pool, the claim and its value in one. */
  readonly key: string
  readonly userPoolId: string
  readonly by: RevocationClaim
  /** Of the claim; empty for `'pool'`. */
  readonly value: string
  /** Tokens that were issued then or earlier are revoked; `null` where every one is. */
  readonly notBefore: number | null
  /** From then on no token that the mark concerns is valid any more, so that it can be forgotten. */
  readonly expiresAt: number
}

/** A verified token, as far as a store has to know it. Times are seconds since 1970. */
export interface RevocableToken {
  /** The keys of all marks that can concern the token, most of which are not there. */
  readonly keys: readonly string[]
  readonly userPoolId: string
  /** `undefined` where the app client has token revocation switched off. */
  readonly jti: string | undefined
  /** `undefined` for a machine, too. */
  readonly originJti: string | undefined
  readonly subject: string
  readonly clientId: string
  /** The claim `iat`. */
  readonly issuedAt: number
  /** The claim `exp`. */
  readonly expiresAt: number
}

/**
 * Remembers what was revoked. One may serve several applications: the keys are those of the user pools.
 *
 * @example
 * const marks = new Map<string, RevocationMark>()
 * const store: RevocationStore = {
 *   revoke: (mark) => void marks.set(mark.key, mark),
 *   isRevoked: ({ keys, issuedAt }) => keys.some((key) => concerns(marks.get(key), issuedAt)),
 * }
 */
export interface RevocationStore {
  /** Whether a mark concerns the token. Whatever it throws or rejects with, and no boolean, counts as no answer. */
  readonly isRevoked: (token: RevocableToken) => boolean | Promise<boolean>
  /**
   * Adds a mark. Of two marks with one key the later not-before and the later expiry count, in whatever order they come.
   *
   * @throws whatever keeps the mark from being remembered; thrown or rejected
   */
  readonly revoke: (mark: RevocationMark) => void | Promise<void>
  /**
   * What the store knows about a token without asking anybody; `undefined` where it has to be asked. It is believed even
   * while the store itself is left alone because it fails.
   */
  readonly recall?: (token: RevocableToken) => boolean | undefined
  /**
   * Called when an application that uses the store is ready, which it does not wait for.
   *
   * @param report - takes the code of what is wrong with the store while nobody asks it, and `undefined` when it is right
   */
  readonly open?: (report?: (code: string | undefined) => void) => void | Promise<void>
  /** Called when that application closes. */
  readonly close?: () => void | Promise<void>
}

/**
 * The key of a mark. No two marks share one: neither a claim's name nor the encoded id of a pool has a colon.
 *
 * @example toKey('eu-west-1_AbCdEf123', 'sub', 'f00') // 'sub:eu-west-1_AbCdEf123:f00'
 */
export function toKey(userPoolId: string, by: RevocationClaim, value: string): string {
  return `${by}:${userPoolId.replace(/[%:]/g, encodeURIComponent)}:${value}`
}

/** The keys of all marks that can concern a token; of a claim that it lacks, none. */
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
 * Whether a mark concerns a token, in whole seconds: one of the very second is revoked.
 *
 * @param mark - `undefined` where there is none
 * @param issuedAt - of the token; seconds since 1970
 */
export function concerns(mark: Pick<RevocationMark, 'notBefore'> | undefined, issuedAt: number): boolean {
  if (mark === undefined) return false
  return mark.notBefore === null || Math.floor(issuedAt) <= mark.notBefore
}

/** The later of two marks with one key. */
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
