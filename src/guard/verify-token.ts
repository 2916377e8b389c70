/**
 * `app.cognito.verify`: authenticates the sender of a token that no request carries.
 * @module
 */
import { stampRealm } from '../base/errors.js'
import { assertGiven } from '../base/option-schema.js'
import type { VerifiedToken } from '../verify/authentication.js'
import { readAuthentication } from '../verify/authentication-reader.js'
import { isObserved, observePromise } from '../verify/diagnostics.js'
import { assertRequirement, type TokenRequirement } from '../verify/token-requirement.js'
import { compileOnce } from './compiled-once.js'
import type { RequestContext } from './request-authentication.js'

const NOTHING: TokenRequirement = Object.freeze({})

/** Makes `verify`. */
export function createVerifyToken({
  verifier,
  revocation,
  defaultPool,
  realm,
}: Pick<RequestContext, 'verifier' | 'revocation' | 'defaultPool' | 'realm'>) {
  const compile = compileOnce((pool: string | readonly string[], requirement: TokenRequirement) => {
    assertRequirement(requirement, 'verify')
    return verifier.compilePolicy([pool].flat(), requirement, 'verify')
  })

  return async (
    token: string,
    ...given: [pool?: string | readonly string[], requirement?: TokenRequirement]
  ) => {
    assertGiven(given, 'verify')
    const [pool = defaultPool, requirement = NOTHING] = given
    const policy = compile(pool, requirement)
    let verified: VerifiedToken | undefined
    const run = async () => {
      verified = await verifier.verify(typeof token === 'string' ? token : '', policy)
      const authentication = readAuthentication(verified, policy)
      await revocation?.pass(verified)
      policy.authorize(authentication)
      return authentication
    }
    try {
      return await (isObserved() ? observePromise(run, () => verified) : run())
    } catch (error) {
      throw stampRealm(error, realm)
    }
  }
}
