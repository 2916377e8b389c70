/**
 * The steps that a request takes once, however many guards it passes: the verification of its token, and the lookup of
 * revocations.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { type LocatedToken, tokenTextOf } from '../jwt/located-token.js'
import type { RevocationGate } from '../revocation/gate.js'
import type { VerifiedToken } from '../verify/authentication.js'
import type { TokenPolicy } from '../verify/token-policy.js'
import type { Verifier } from '../verify/verifier.js'

/** The steps that a request has taken. */
interface Steps {
  readonly verified: VerifiedToken
  /** The lookup of revocations. Guards that run at the same time wait for one lookup. */
  lookup: 'due' | 'passed' | Promise<void>
}

/** A request, which keeps its steps under a symbol of the plugin instance. */
export type GuardedRequest = FastifyRequest & { [memo: symbol]: Steps | undefined }

/** The parts of the plugin that verify a token and look its revocation up. */
export interface OnceContext {
  readonly verifier: Verifier
  readonly revocation: RevocationGate | undefined
  /**
   * Key under which a request keeps its steps, so that a further guard does not repeat them. Each plugin instance has its own
   * key, because another instance may have other pools under the same names.
   */
  readonly memo: symbol
  /** Returns milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Verifies the token of a request, unless an earlier guard has verified it. A request that stays open is verified again when
 * its token may have expired.
 *
 * @throws {CognitoError} thrown or rejected, when the token is refused
 */
export function verifyOnce(
  context: OnceContext,
  request: GuardedRequest,
  token: LocatedToken,
  policy: TokenPolicy,
): VerifiedToken | Promise<VerifiedToken> {
  const seen = recall(context, request, tokenTextOf(token))
  if (seen) return seen
  const verified = context.verifier.verify(token.input, policy, token.start)
  return verified instanceof Promise
    ? verified.then((later) => recall(context, request, later.text) ?? remember(context, request, later))
    : remember(context, request, verified)
}

/** Returns the verified token of a request. Another guard may have verified it meanwhile. */
function recall(
  { memo, now }: OnceContext,
  request: GuardedRequest,
  text: string,
): VerifiedToken | undefined {
  const seen = request[memo]?.verified
  const isInTime = seen && seen.text === text && now() / 1000 < seen.validUntil
  return isInTime && seen.membership?.isCurrent() !== false ? seen : undefined
}

function remember({ memo }: OnceContext, request: GuardedRequest, verified: VerifiedToken): VerifiedToken {
  request[memo] = { verified, lookup: 'due' }
  return verified
}

/**
 * Asks the store of revocations once for each request: also for a cached token, but not for a further guard.
 *
 * @throws {CognitoError} thrown or rejected, when the token is revoked or the store fails
 */
export function passOnce(
  { revocation, memo }: OnceContext,
  request: GuardedRequest,
  verified: VerifiedToken,
): void | Promise<void> {
  const { [memo]: steps } = request
  if (revocation === undefined || steps?.verified !== verified) return revocation?.pass(verified)
  if (steps.lookup === 'passed') return
  if (steps.lookup !== 'due') return steps.lookup
  const passing = revocation.pass(verified)
  steps.lookup = passing instanceof Promise ? passing : 'passed'
  // A lookup that failed is made again, because the request may stay open.
  if (passing instanceof Promise)
    passing.then(
      () => {
        steps.lookup = 'passed'
      },
      () => {
        steps.lookup = 'due'
      },
    )
  return passing
}
