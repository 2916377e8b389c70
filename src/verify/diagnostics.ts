/**
 * What can be observed of verifications: `node:diagnostics_channel`, and nothing where nobody subscribes.
 * @module
 */
import { channel, tracingChannel } from 'node:diagnostics_channel'
import { CognitoError } from '../base/errors.js'
import type { ReasonCode } from '../base/reasons.js'
import type { CognitoErrorCode } from '../base/refusal-codes.js'
import type { VerifiedToken } from './authentication.js'

/**
 * What the tracing channel `fastify-cognito.verify` and the channel `fastify-cognito.rejected` publish. The members are
 * set when the verification ends; nothing of a token is among them. A tracing channel adds `error`, as it was thrown: a
 * `CognitoError`, or whatever a function of the application threw.
 */
export interface VerificationMessage {
  /** `anonymous`: an optional guard without credentials; `failed`: a function of the application threw. */
  outcome?: 'accepted' | 'anonymous' | 'refused' | 'failed'
  /** Name of the pool, as far as it is known. */
  pool?: string
  /** Of a refusal. */
  code?: CognitoErrorCode
  /** Of a refusal, for the operator: fixed words and names from the configuration. */
  reason?: string
  /** Code of that reason; absent where an application has made the error. */
  reasonCode?: ReasonCode
  /** Whether the token was a remembered one by the time the verification ended; absent where none was verified. */
  cached?: boolean
  /** From the begin to the end of the guard, with `check` and `loadUser`; milliseconds. */
  durationMs?: number
}

/** What the channel `fastify-cognito.revocation.failed` publishes of each token that no store could be asked about. */
export interface RevocationFailureMessage {
  /** Name of the pool. */
  readonly pool: string
  /** For the operator: fixed words, and the name or code of the store's error. */
  readonly reason: string
  /** Whether the token passed nevertheless, as `onError: 'allow'` says. */
  readonly isAllowed: boolean
}

type Done = (error?: Error) => void

const verification = tracingChannel<VerificationMessage>('fastify-cognito.verify')
const rejection = channel('fastify-cognito.rejected')
const revocationFailure = channel('fastify-cognito.revocation.failed')

/** Whether anybody wants to know. */
export function isObserved(): boolean {
  return verification.hasSubscribers || rejection.hasSubscribers
}

/** Tells whoever listens that a store of revocations could not be asked. */
export function publishRevocationFailure(message: RevocationFailureMessage): void {
  revocationFailure.publish(message)
}

/** The token as far as it was verified. */
type Read = () => VerifiedToken | undefined

/**
 * Runs a guard under observation.
 *
 * @param run - calls back with what refused the request
 */
export function observeGuard(run: (done: Done) => void, read: Read, done: Done): void {
  const observation = begin(read)
  const observed = (callback: Done) =>
    run((error) => {
      observation.end(error)
      callback(error)
    })
  verification.traceCallback(observed, 0, observation.message, undefined, done)
}

/** Runs a verification under observation. */
export async function observePromise<T>(run: () => Promise<T>, read: Read): Promise<T> {
  const observation = begin(read)
  let result: T | undefined
  // A channel publishes what the traced function returns: this one returns nothing, for the result has the token.
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

function begin(read: Read) {
  const message: VerificationMessage = {}
  const start = performance.now()
  return {
    message,
    end(error?: unknown) {
      message.durationMs = performance.now() - start
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
