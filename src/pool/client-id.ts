/**
 * Whether the app clients of a pool are named by their ids: a secret or a name in the place of an id lets nobody in.
 * @module
 */

import { deriveIssuers, parseUserPoolId } from '../base/user-pool-id.js'
import type { ResolvedPool } from './pool.js'

/** Cognito's client ids have 26 characters, its secrets 51 or more. An emulator may name its clients as it likes. */
const CLIENT_ID = /^[a-z0-9]{1,40}$/

/** What to do about an app client that has something else for its id. */
export const CLIENT_ID_ADVICE =
  "this may be the client's name or its secret: the id is in the AWS console under App clients"

/** Tells text that can be an app client's id. Do not show other text: it may be a secret. */
export const isClientId = (text: string): boolean => CLIENT_ID.test(text)

/** Tells a pool of AWS, for which nobody has configured another issuer. */
export function hasCognitoIssuers({ userPoolId, issuers }: ResolvedPool): boolean {
  const parts = parseUserPoolId(userPoolId)
  return parts !== undefined && deriveIssuers(userPoolId, parts).every((issuer) => issuers.has(issuer))
}

/** Whether a pool of AWS has something else for the id of an app client. */
export const hasOddClient = (pool: ResolvedPool): boolean =>
  hasCognitoIssuers(pool) && ![...(pool.clientIds ?? [])].every(isClientId)
