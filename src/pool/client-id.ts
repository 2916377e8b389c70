/**
 * Tells whether the option `appClientId` has ids: with a secret or a name in place of an id, every token is refused.
 * @module
 */
import { deriveIssuers, parseUserPoolId } from '../base/user-pool-id.js'
import type { ResolvedPool } from './pool.js'

/**
 * The form of an app client id. Cognito's ids have 26 characters, its secrets 51 or more. An emulator may use other ids.
 */
const CLIENT_ID = /^[a-z0-9]{1,40}$/

/** Advice for an `appClientId` that is no id. */
export const CLIENT_ID_ADVICE =
  "this may be the client's name or its secret: the id is in the AWS console under App clients"

/** Tells whether a text can be the id of an app client. Do not show any other text, because it may be a secret. */
export const isClientId = (text: string): boolean => CLIENT_ID.test(text)

/** Tells whether a pool is one of AWS with AWS's own issuers. */
export function hasCognitoIssuers({ userPoolId, issuers }: ResolvedPool): boolean {
  const parts = parseUserPoolId(userPoolId)
  return parts !== undefined && deriveIssuers(userPoolId, parts).every((issuer) => issuers.has(issuer))
}

/** Tells whether a pool of AWS has an `appClientId` that cannot be an id. */
export const hasOddClient = (pool: ResolvedPool): boolean =>
  hasCognitoIssuers(pool) && ![...(pool.clientIds ?? [])].every(isClientId)
