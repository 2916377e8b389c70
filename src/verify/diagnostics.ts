/**
 * The channels of `node:diagnostics_channel` that publish verifications. Without a subscriber, nothing is measured.
 * @module
 */
import { channel, tracingChannel } from 'node:diagnostics_channel'
import { monotonicClock } from '../base/clock.js'
import { CognitoError } from '../base/errors.js'
import type { ReasonCode } from '../base/reasons.js'
import type { CognitoErrorCode } from '../base/refusal-codes.js'
import type { VerifiedToken } from './authentication.js'

/**
 * The message of the tracing channel `fastify-cognito.verify` and of the channel `fastify-cognito.rejected`. The members
 * are set when the verification ends, and none has any part of a token. The tracing channel adds `error`: the
 * `CognitoError`, or the value that a function of the application threw.
 */
export interface VerificationMessage {
  /**
   * The result. `anonymous`: an optional guard passed a request without credentials. `failed`: a function of the
   * application threw.
   */
  outcome?: 'accepted' | 'anonymous' | 'refused' | 'failed'
  /** Name of the pool, `tenant:acme` for a tenant; absent where the issuer of the token is unknown. */
  pool?: string
  /** The code of a refusal. */
  code?: CognitoErrorCode
  /** The reason of a refusal, for the operator: fixed words and names from the configuration. */
  reason?: string
  /** The code of that reason; absent where an application made the error. */
  reasonCode?: ReasonCode
  /** `true` when the token came from the cache; absent where no token was verified. */
  cached?: boolean
  /** Duration of the guard with `check` and `loadUser`, in milliseconds. */
  durationMs?: number
}

/** The message of the channel `fastify-cognito.revocation.failed`, one for each lookup that failed. */
export interface RevocationFailureMessage {
  /** Name of the pool. */
  readonly pool: string
  /** The reason for the operator: fixed words, and the name or code of the store's error. */
  readonly reason: string
  /** `true` when the token passed nevertheless, because `onError` is `'allow'`. */
  readonly isAllowed: boolean
}

type Done = (error?: Error) => void

const verification = tracingChannel<VerificationMessage>('fastify-cognito.verify')
const rejection = channel('fastify-cognito.rejected')
const revocationFailure = channel('fastify-cognito.revocation.failed')

/** Returns `true` when a channel of verifications has a subscriber. */
export function isObserved(): boolean {
  return verification.hasSubscribers || rejection.hasSubscribers
}

/** Publishes that a lookup in the store of revocations failed. */
export function publishRevocationFailure(message: RevocationFailureMessage): void {
  revocationFailure.publish(message)
}

/** Returns the verified token, or `undefined` where the verification did not get so far. */
type Read = () => VerifiedToken | undefined

/**
 * Runs a guard and publishes its outcome.
 *
 * @param run - calls back with the error that refuses the request
 */
export function observeGuard(run: (done: Done) => void, read: Read, done: Done): void {
  const observation = observe(read)
  const observed = (callback: Done) =>
    run((error) => {
      observation.end(error)
      callback(error)
    })
  verification.traceCallback(observed, 0, observation.message, undefined, done)
}

/** Runs a verification and publishes its outcome. */
export async function observePromise<T>(run: () => Promise<T>, read: Read): Promise<T> {
  const observation = observe(read)
  let result: T | undefined
  // The traced function returns nothing: a channel publishes what it returns, and the result has the token.
  await verification.tracePromise(async () => {
    try {
      result = await run()
      observation.end()
    } catch (error) {
      observation.end(error)
      throw error
    }
  }, observation.message)
  return result as T
}

function observe(read: Read) {
  const message: VerificationMessage = {}
  const start = monotonicClock.now()
  return {
    message,
    end(error?: unknown) {
      message.durationMs = monotonicClock.now() - start
      const verified = read()
      message.outcome = verified ? 'accepted' : 'anonymous'
      if (verified) Object.assign(message, { pool: verified.pool.name, cached: verified.isRepeated })
      if (error !== undefined) refuse(message, error)
    },
  }
}

function refuse(message: VerificationMessage, error: unknown): void {
  message.outcome = 'failed'
  if (!(error instanceof CognitoError)) return
  const { code, pool, reason, reasonCode } = error
  Object.assign(message, { outcome: 'refused', code, reason }, pool !== undefined && { pool })
  if (reasonCode !== undefined) message.reasonCode = reasonCode
  rejection.publish(message)
}
