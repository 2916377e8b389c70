/**
 * The gate between verified tokens and a store of revocations: it refuses revoked tokens, and handles a failing store.
 * @module
 */

import { afterReading, type Clock, monotonicClock } from '../base/clock.js'
import { wordOf } from '../base/error-word.js'
import { refuse } from '../base/errors.js'
import { type Members, ownMember } from '../base/members.js'
import { isPromised } from '../base/promises.js'
import type { VerifiedToken } from '../verify/authentication.js'
import { readIdentity } from '../verify/cognito-claims.js'
import { publishRevocationFailure } from '../verify/diagnostics.js'
import { Breaker } from './breaker.js'
import { WatchedTokens } from './listeners.js'
import type { ResolvedRevocation } from './options.js'
import { keysOf, type RevocableToken, type RevocationMark } from './store.js'

/** A listener that gets the reason when the store begins to fail, and `undefined` when the store answers again. */
export type OnChange = (reason: string | undefined) => void

/**
 * Deadline for adding a mark, in milliseconds. The deadline is longer than that of a lookup, because a mark must not be
 * lost and is added rarely.
 */
const REVOKE_TIMEOUT_MS = 500

/** The members of a verified token that a gate reads, and its description, which the gate writes. */
export type UsedToken = Pick<VerifiedToken, 'pool' | 'payload' | 'revocable'>

/** The gate of one store. */
export class RevocationGate {
  readonly #options: ResolvedRevocation
  readonly #onChange: OnChange
  readonly #clock: Clock
  readonly #breaker: Breaker
  readonly #watched = new WatchedTokens()
  /** Ends the calls of the store's `watch`, which last as long as a token is watched. */
  #endHearing: (() => void) | undefined
  #isFailing = false

  constructor(options: ResolvedRevocation, onChange: OnChange, clock: Clock = monotonicClock) {
    this.#options = options
    this.#onChange = onChange
    this.#clock = clock
    this.#breaker = new Breaker(options.timeout * 1000, clock)
  }

  /**
   * Lets a token pass that was not revoked: synchronously where the store answers synchronously.
   *
   * @throws {CognitoError} thrown or rejected: `COGNITO_ERR_TOKEN_REVOKED`, and `COGNITO_ERR_REVOCATION_UNAVAILABLE` when
   *   the store fails and `onError` is `'deny'`
   */
  pass(token: UsedToken): void | Promise<void> {
    let answer: boolean | PromiseLike<unknown>
    try {
      answer = this.#ask(toRevocable(token))
    } catch (error) {
      return this.#fail(error, token)
    }
    return isPromised(answer) ? this.#wait(answer, token) : this.#conclude(answer, token)
  }

  /** Tries `recall` first, because it needs no lookup. */
  #ask(token: RevocableToken): boolean | PromiseLike<unknown> {
    const { store } = this.#options
    const known: unknown = store.recall?.(token)
    if (known !== undefined) return toVerdict(known)
    if (!this.#breaker.admits()) throw new Failure('it failed several times in a row')
    const answer: unknown = store.isRevoked(token)
    if (isPromised(answer)) return answer
    const isRevoked = toVerdict(answer)
    this.#breaker.succeeded()
    return isRevoked
  }

  /**
   * Adds a mark to the store.
   *
   * @throws {CognitoError} rejected: `COGNITO_ERR_REVOCATION_UNAVAILABLE` when the store does not confirm the mark
   */
  async revoke(mark: RevocationMark, pool: string): Promise<void> {
    try {
      await within(REVOKE_TIMEOUT_MS, this.#options.store.revoke(mark), this.#clock)
    } catch (error) {
      throw refuse('REVOCATION_NOT_STORED', { pool, retryAfter: 1 }, { word: toWord(error) })
    }
    // A store without `watch` does not tell of the mark.
    this.#watched.hear(mark)
  }

  /**
   * Calls back when the process hears of a mark that revokes a token. Marks of other processes are heard where the store
   * has `watch`.
   *
   * @returns a function that ends the watch
   */
  watch(token: UsedToken, onRevoked: () => void): () => void {
    this.#endHearing ??= this.#hear()
    const end = this.#watched.add(toRevocable(token), onRevoked)
    return () => {
      end()
      if (!this.#watched.isEmpty) return
      this.#endHearing?.()
      this.#endHearing = undefined
    }
  }

  #hear(): (() => void) | undefined {
    const { store } = this.#options
    if (store.watch === undefined) return undefined
    const end: unknown = store.watch((mark) => this.#watched.hear(mark))
    if (typeof end === 'function') return () => end()
    throw new TypeError('revocation.store.watch: expected it to return a function that ends the calls')
  }

  async #wait(answer: PromiseLike<unknown>, token: UsedToken): Promise<void> {
    let isRevoked: boolean
    try {
      isRevoked = toVerdict(await within(this.#options.timeout * 1000, answer, this.#clock))
    } catch (error) {
      this.#breaker.failed()
      return this.#fail(error, token)
    }
    this.#breaker.succeeded()
    return this.#conclude(isRevoked, token)
  }

  #conclude(isRevoked: boolean, { pool }: UsedToken): void {
    if (this.#isFailing) this.#onChange(undefined)
    this.#isFailing = false
    if (!isRevoked) return
    throw refuse('TOKEN_REVOKED', { pool: pool.name })
  }

  #fail(error: unknown, { pool }: UsedToken): void {
    const retryAfter = Math.max(1, Math.ceil(this.#breaker.remaining() / 1000))
    const details = { word: toWord(error) }
    const refusal = refuse('REVOCATION_STORE_FAILED', { pool: pool.name, retryAfter }, details)
    const { reason } = refusal
    if (!this.#isFailing) this.#onChange(reason)
    this.#isFailing = true
    const isAllowed = this.#options.onError === 'allow'
    publishRevocationFailure({ pool: pool.name, reason, isAllowed })
    if (!isAllowed) throw refusal
  }
}

function toVerdict(answer: unknown): boolean {
  if (typeof answer !== 'boolean') throw new Failure('its answer is no boolean')
  return answer
}

/** A fault of a store that the gate itself has found. */
class Failure extends Error {}

/** Returns a short word for an error. */
export const toWord = (error: unknown): string => (error instanceof Failure ? error.message : wordOf(error))

async function within(ms: number, answer: unknown, clock: Clock): Promise<unknown> {
  if (!isPromised(answer)) return answer
  return new Promise((resolve, reject) => {
    // An answer that arrived while the process was busy is read first.
    const cancel = clock.after(ms, () => afterReading(() => reject(new Failure(`no answer within ${ms} ms`))))
    void Promise.resolve(answer).then(resolve, reject).then(cancel)
  })
}

/** Describes a token once for all its requests. */
function toRevocable(token: UsedToken): RevocableToken {
  token.revocable ??= describeToken(token)
  return token.revocable as RevocableToken
}

function describeToken({ pool, payload }: UsedToken): RevocableToken {
  const { subject, clientId } = readIdentity(payload)
  const ids = {
    userPoolId: pool.userPoolId,
    jti: textOf(payload, 'jti'),
    originJti: textOf(payload, 'origin_jti'),
    subject,
    clientId,
    issuedAt: Number(payload['iat']),
    expiresAt: Number(payload['exp']),
  }
  return Object.freeze({ ...ids, keys: Object.freeze(keysOf(ids)) })
}

function textOf(payload: Members, name: string): string | undefined {
  const value = ownMember(payload, name)
  return typeof value === 'string' ? value : undefined
}
