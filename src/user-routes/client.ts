/**
 * A client of the AWS SDK, by its shape: the declarations of this package do without those of the SDK.
 * @module
 */

/** A `CognitoIdentityProviderClient` of the AWS SDK, by its shape. */
export interface CognitoClient {
  readonly send: (command: never, options: { readonly abortSignal: AbortSignal }) => Promise<unknown>
}
