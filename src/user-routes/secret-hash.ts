/**
 * How an app client with a secret proves it in a call.
 * @module
 */
import { createHmac } from 'node:crypto'

/** An app client, and its secret if it has one. */
export interface AppClient {
  readonly clientId: string
  readonly clientSecret: string | undefined
}

/**
 * The `SECRET_HASH` of a call.
 *
 * @param username - as the call itself names the user; for the answer to a challenge the real username, not an alias
 * @returns base64 of the HMAC-SHA256 under the secret; `undefined` for an app client without one
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
 */
export function toSecretHash({ clientId, clientSecret }: AppClient, username: string): string | undefined {
  if (clientSecret === undefined) return undefined
  return createHmac('sha256', clientSecret)
    .update(username + clientId)
    .digest('base64')
}
