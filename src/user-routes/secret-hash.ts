/**
 * The secret hash, by which an app client proves its secret in a call.
 * @module
 */
import { createHmac } from 'node:crypto'

/** An app client, with its secret where it has one. */
export interface AppClient {
  readonly clientId: string
  readonly clientSecret: string | undefined
}

/**
 * Returns the secret hash of a call.
 *
 * @param username - the username in the call. For the answer to a challenge, it is the real username and not an alias.
 * @returns base64 of the HMAC-SHA256 with the secret; `undefined` for an app client without a secret
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
 */
export function toSecretHash({ clientId, clientSecret }: AppClient, username: string): string | undefined {
  if (clientSecret === undefined) return undefined
  return createHmac('sha256', clientSecret)
    .update(username + clientId)
    .digest('base64')
}
