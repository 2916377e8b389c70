/**
 * Whether the app clients of a pool are named by their ids: a secret or a name in the place of an id lets nobody in.
 * @module
 */
import type { ResolvedPool } from './pool.js'
import { deriveIssuers, parseUserPoolId } from './user-pool-id.js'

/** Those of Cognito have 26 characters, and their secrets 51 or more. An emulator may name its clients as it likes. */
const CLIENT_ID = /^[a-z0-9]{1,40}$/

/** Whether text can be the id of an app client; what cannot is not to be shown. */
export const isClientId = (text: string): boolean => CLIENT_ID.test(text)

/** Tells a pool of AWS, for which nobody has configured another issuer. */
export function hasCognitoIssuers({ userPoolId, issuers }: ResolvedPool): boolean {
  const parts = parseUserPoolId(userPoolId)
  return parts !== undefined && deriveIssuers(userPoolId, parts).every((issuer) => issuers.has(issuer))
}

/** Whether a pool of AWS has something else for the id of an app client. */
export const hasOddClient = (pool: ResolvedPool): boolean =>
  hasCognitoIssuers(pool) && ![...(pool.clientIds ?? [])].every(isClientId)
