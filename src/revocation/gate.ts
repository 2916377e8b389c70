/**
 * Whether a verified token was revoked, as far as a store answers in time; and what happens where it does not.
 * @module
 */

import { type Clock, monotonicClock } from '../base/clock.js'
import { refuse } from '../base/errors.js'
import { ownMember } from '../base/members.js'
import { isPromised } from '../base/promises.js'
import type { VerifiedToken } from '../verify/authentication.js'
import { readIdentity } from '../verify/cognito-token.js'
import { publishRevocationFailure } from '../verify/diagnostics.js'
import { Breaker } from './breaker.js'
import type { ResolvedRevocation } from './options.js'
import { keysOf, type RevocableToken, type RevocationMark } from './store.js'

/** Told when the store begins to fail, with the reason, and when it answers again, with `undefined`. */
export type OnChange = (reason: string | undefined) => void

/** A mark has more time than a check: it must not be lost, and nobody waits for it with every request. */
const REVOKE_TIMEOUT_MS = 500

/** Stands between verified tokens and the store. */
export class RevocationGate {
  readonly #options: ResolvedRevocation
  readonly #onChange: OnChange
  readonly #clock: Clock
  readonly #breaker: Breaker
  #isFailing = false

  constructor(options: ResolvedRevocation, onChange: OnChange, clock: Clock = monotonicClock) {
    this.#options = options
    this.#onChange = onChange
    this.#clock = clock
    this.#breaker = new Breaker(options.timeout * 1000, clock)
  }

  /**
   * Lets a token pass that was not revoked; synchronously where the store answers so.
   *
   * @throws {CognitoError} thrown or rejected: `COGNITO_ERR_TOKEN_REVOKED`, and `COGNITO_ERR_REVOCATION_UNAVAILABLE` where
   * the store fails and `onError` is `'deny'`
   */
  pass(token: VerifiedToken): void | Promise<void> {
    let answer: unknown
    try {
      answer = this.#ask(toRevocable(token))
    } catch (error) {
      return this.#fail(error, token)
    }
    return isPromised(answer) ? this.#wait(answer, token) : this.#conclude(answer as boolean, token)
  }

  /** What the store knows comes first: it needs no answer. */
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
   * Adds a mark.
   *
   * @throws {CognitoError} rejected: `COGNITO_ERR_REVOCATION_UNAVAILABLE` where the store did not confirm it
   */
  async revoke(mark: RevocationMark, pool: string): Promise<void> {
    try {
      await within(REVOKE_TIMEOUT_MS, this.#options.store.revoke(mark), this.#clock)
    } catch (error) {
      throw refuse('REVOCATION_NOT_STORED', { pool, retryAfter: 1 }, { word: toWord(error) })
    }
  }

  async #wait(answer: PromiseLike<unknown>, token: VerifiedToken): Promise<void> {
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

  #conclude(isRevoked: boolean, { pool }: VerifiedToken): void {
    if (this.#isFailing) this.#onChange(undefined)
    this.#isFailing = false
    if (!isRevoked) return
    throw refuse('TOKEN_REVOKED', { pool: pool.name })
  }

  #fail(error: unknown, { pool }: VerifiedToken): void {
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

/** What the gate finds wrong with a store. */
class Failure extends Error {}

/** An error of a store may carry what it was sent; its name or code does not. */
export function toWord(error: unknown): string {
  if (error instanceof Failure) return error.message
  const { code, name } = Object(error) as { readonly code?: unknown; readonly name?: unknown }
  return [code, name, 'it threw'].find((word) => typeof word === 'string' && WORD.test(word)) as string
}

const WORD = /^\w[\w ]{0,59}$/

async function within(ms: number, answer: unknown, clock: Clock): Promise<unknown> {
  if (!isPromised(answer)) return answer
  return new Promise((resolve, reject) => {
    // A process that was busy for that long may have the answer by now: it is read before.
    const callOff = clock.after(ms, () => setImmediate(reject, new Failure(`no answer within ${ms} ms`)))
    void Promise.resolve(answer).then(resolve, reject).then(callOff)
  })
}

/** One description serves all requests with a token. */
function toRevocable(token: VerifiedToken): RevocableToken {
  token.revocable ??= describeToken(token)
  return token.revocable as RevocableToken
}

function describeToken({ pool, payload }: VerifiedToken): RevocableToken {
  const { subject, clientId } = readIdentity(payload)
  const ids = {
    userPoolId: pool.userPoolId,
    jti: ownMember(payload, 'jti') as string | undefined,
    originJti: ownMember(payload, 'origin_jti') as string | undefined,
    subject,
    clientId,
    issuedAt: payload['iat'] as number,
    expiresAt: payload['exp'] as number,
  }
  return Object.freeze({ ...ids, keys: Object.freeze(keysOf(ids)) })
}
