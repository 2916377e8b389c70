/**
 * The functions of `app.cognito` for what outlives a token. They know the store of revocations.
 * @module
 */
import type { Clock } from '../base/clock.js'
import type { RevocationGate, UsedToken } from '../revocation/gate.js'
import { type CloseOnExpiry, createCloseOnExpiry } from './close-on-expiry.js'
import { createExpirySignal, type ExpirySignal } from './expiry-signal.js'
import { type ReadToken, type Revocations, readToken } from './token-in-use.js'

/** The members of `app.cognito` for what outlives a token: they hear of revocations. */
export interface Expiry {
  /**
   * Does the same as the function `expirySignal` of the package, and fires for a revoked token, too: at once where the
   * store hears of marks, else within a minute. `signal.reason.code` is then `COGNITO_ERR_TOKEN_REVOKED`.
   *
   * @param authentication - see `expirySignal`; an authentication of this application
   * @param options - see `expirySignal`
   * @throws {TypeError} when an argument is anything else
   * @example const signal = app.cognito.expirySignal(request.cognito, { signal: leaving })
   */
  readonly expirySignal: ExpirySignal
  /**
   * Does the same as the function `closeOnExpiry` of the package, and closes at the revocation of the token, too: at once
   * where the store hears of marks, else within a minute. A WebSocket then gets the reason `The token was revoked`.
   *
   * @param target - see `closeOnExpiry`
   * @param authentication - see `closeOnExpiry`; an authentication of this application
   * @throws {TypeError} when an argument is anything else
   * @example app.cognito.closeOnExpiry(socket, request.cognito)
   */
  readonly closeOnExpiry: CloseOnExpiry
}

/**
 * Makes `app.cognito.expirySignal` and `app.cognito.closeOnExpiry`.
 *
 * @param pools - the registered pools by their names
 * @param gate - `undefined` where no store of revocations is set
 */
export function createExpiry(
  pools: ReadonlyMap<string, UsedToken['pool']>,
  gate: RevocationGate | undefined,
  clock?: Clock,
): Expiry {
  const read: ReadToken = (authentication, caller) => {
    const token = readToken(authentication, caller)
    if (gate === undefined) return token
    return { ...token, revocations: revocationsOf(gate, readUsed(pools, authentication, caller)) }
  }
  return { expirySignal: createExpirySignal(read, clock), closeOnExpiry: createCloseOnExpiry(read, clock) }
}

function revocationsOf(gate: RevocationGate, token: UsedToken): Revocations {
  return {
    ask: async () => gate.pass(token),
    listen: (onRevoked) => gate.watch(token, onRevoked),
  }
}

/** Reads the claims that a mark names. A value of another application would be followed in vain. */
function readUsed(
  pools: ReadonlyMap<string, UsedToken['pool']>,
  authentication: unknown,
  caller: string,
): UsedToken {
  const { pool: name, payload } = authentication as { readonly pool: string } & Pick<UsedToken, 'payload'>
  const pool = pools.get(name)
  if (pool === undefined || typeof payload['sub'] !== 'string' || typeof payload['iat'] !== 'number') {
    throw new TypeError(
      `${caller}: expected an authentication of this application, with its pool and the claims sub and iat, because a mark may revoke the token`,
    )
  }
  return { pool, payload, revocable: undefined }
}
