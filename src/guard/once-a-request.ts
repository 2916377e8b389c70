/**
 * The steps that a request takes once, however many guards it passes: the verification of its token, and the lookup of
 * revocations.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { chain } from '../base/promises.js'
import { type LocatedToken, tokenTextOf } from '../jwt/located-token.js'
import type { RevocationGate } from '../revocation/gate.js'
import type { VerifiedToken } from '../verify/authentication.js'
import type { TokenPolicy } from '../verify/token-policy.js'
import type { Verifier } from '../verify/verifier.js'

/** A request, which keeps its verified token under symbols of the plugin instance. */
export type GuardedRequest = FastifyRequest & { [memo: symbol]: VerifiedToken | undefined }

/** The parts of the plugin that verify a token and look its revocation up. */
export interface OnceContext {
  readonly verifier: Verifier
  readonly revocation: RevocationGate | undefined
  /**
   * Key under which a request keeps its verified token, so that a further guard does not verify the token again. Each
   * plugin instance has its own key, because another instance may have other pools under the same names.
   */
  readonly memo: symbol
  /** Key under which a request keeps the token that the store of revocations let pass. */
  readonly unrevoked: symbol
}

/**
 * Verifies the token of a request, unless an earlier guard has verified it.
 *
 * @throws {CognitoError} thrown or rejected, when the token is refused
 */
export function verifyOnce(
  { verifier, memo }: OnceContext,
  request: GuardedRequest,
  token: LocatedToken,
  policy: TokenPolicy,
): VerifiedToken | Promise<VerifiedToken> {
  const seen = request[memo]
  if (seen && seen.text === tokenTextOf(token)) return seen
  const verified = verifier.verify(token.input, policy, token.start)
  return verified instanceof Promise
    ? verified.then((later) => remember(request, memo, later))
    : remember(request, memo, verified)
}

function remember(request: GuardedRequest, memo: symbol, verified: VerifiedToken): VerifiedToken {
  request[memo] = verified
  return verified
}

/**
 * Asks the store of revocations once for each request: also for a cached token, but not for a further guard.
 *
 * @throws {CognitoError} thrown or rejected, when the token is revoked or the store fails
 */
export function passOnce(
  { revocation, unrevoked }: OnceContext,
  request: GuardedRequest,
  verified: VerifiedToken,
): void | Promise<void> {
  if (revocation === undefined || request[unrevoked] === verified) return
  const passed = () => {
    request[unrevoked] = verified
  }
  return chain(revocation.pass(verified), passed)
}
