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
import { narrowTenant, type Selectable, splitSelector } from './pool-selection.js'
import { assertDefaultPool, type RequestContext } from './request-authentication.js'
import { assertNoSelector, type TenantChoice } from './tenant-selector.js'

const NOTHING: TokenRequirement = Object.freeze({})

/** Makes `verify`. */
export function createVerifyToken({
  verifier,
  revocation,
  defaultPool,
  realm,
}: Pick<RequestContext, 'verifier' | 'revocation' | 'defaultPool' | 'realm'>) {
  const compile = compileOnce((pool: Selectable | readonly Selectable[], requirement: TokenRequirement) => {
    assertNoSelector(requirement, 'verify')
    assertRequirement(requirement, 'verify')
    const { names, tenant } = splitSelector(pool, 'verify')
    assertWithoutRequest(tenant)
    const takesTenants = tenant !== undefined
    return narrowTenant(verifier.compilePolicy({ names, takesTenants }, requirement, 'verify'), tenant)
  })

  return async (
    token: string,
    ...given: [pool?: Selectable | readonly Selectable[], requirement?: TokenRequirement]
  ) => {
    assertGiven(given, 'verify')
    const [pool = assertDefaultPool(defaultPool, 'verify'), requirement = NOTHING] = given
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

function assertWithoutRequest(tenant: TenantChoice | undefined): void {
  if (typeof tenant !== 'function') return
  throw new TypeError(
    "verify: expected tenant('name') or anyTenant; there is no request from which a function could take the name",
  )
}
