/**
 * The shape of a client of the AWS SDK, so that the declarations of this package do not need those of the SDK.
 * @module
 */

/** A `CognitoIdentityProviderClient` of the AWS SDK, or an object with its method `send`. */
export interface CognitoClient {
  readonly send: (command: never, options: { readonly abortSignal: AbortSignal }) => Promise<unknown>
}
