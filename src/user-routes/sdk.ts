/**
 * How Cognito is called, and for how long it is waited for. The door of the AWS SDK.
 * @module
 */
import type * as Sdk from '@aws-sdk/client-cognito-identity-provider'
import type { CognitoClient } from './client.js'
import { type Operation, toUserRouteError } from './exceptions.js'

/** What an operation takes and answers. */
interface Operations extends Record<Operation, readonly [input: object, output: object]> {
  SignUp: [Sdk.SignUpCommandInput, Sdk.SignUpCommandOutput]
  ConfirmSignUp: [Sdk.ConfirmSignUpCommandInput, object]
  ResendConfirmationCode: [Sdk.ResendConfirmationCodeCommandInput, object]
  InitiateAuth: [Sdk.InitiateAuthCommandInput, Sdk.InitiateAuthCommandOutput]
  RefreshTokenAuth: [Sdk.InitiateAuthCommandInput, Sdk.InitiateAuthCommandOutput]
  RespondToAuthChallenge: [Sdk.RespondToAuthChallengeCommandInput, Sdk.RespondToAuthChallengeCommandOutput]
  GetTokensFromRefreshToken: [
    Sdk.GetTokensFromRefreshTokenCommandInput,
    Sdk.GetTokensFromRefreshTokenCommandOutput,
  ]
  RevokeToken: [Sdk.RevokeTokenCommandInput, object]
  GlobalSignOut: [Sdk.GlobalSignOutCommandInput, object]
  ForgotPassword: [Sdk.ForgotPasswordCommandInput, object]
  ConfirmForgotPassword: [Sdk.ConfirmForgotPasswordCommandInput, object]
  ChangePassword: [Sdk.ChangePasswordCommandInput, object]
  GetUser: [Sdk.GetUserCommandInput, Sdk.GetUserCommandOutput]
}

/**
 * Calls an operation, once: an answer that was lost may have had its effect.
 *
 * @param deadline - shared by the calls of one request; by default one of its own
 * @throws {UserRouteError} rejected: what Cognito answered, or that it did not
 */
export type Call = <O extends Operation>(
  operation: O,
  input: Operations[O][0],
  deadline?: AbortSignal,
) => Promise<Operations[O][1]>

/** How Cognito can be called. */
export interface Connection {
  readonly call: Call
  /** Ends its connections, but not those of a client that was given. */
  readonly close: () => void
}

/** Where Cognito is, and for which pool it is called. */
export interface ConnectionInit {
  /** Name of the pool, for errors. */
  readonly pool: string
  readonly region: string
  readonly endpoint: string | undefined
  /** One that the application has made; it knows region and endpoint by itself. */
  readonly client: CognitoClient | undefined
}

const PACKAGE = '@aws-sdk/client-cognito-identity-provider'
/** With what else a request takes, it is answered within three seconds. */
const DEADLINE_MS = 2500

/** Calls at once. The SDK has 50 by itself, and those that wait for one of them would run into the deadline. */
const MAX_SOCKETS = 1000

/** When whatever a request asks of Cognito has to be answered. */
export const createDeadline = () => AbortSignal.timeout(DEADLINE_MS)

const loadSdk = async (): Promise<typeof Sdk> => import('@aws-sdk/client-cognito-identity-provider')

/**
 * Loads the AWS SDK, which is an optional peer, and makes a client unless one is given.
 *
 * @param load - imports the SDK
 * @throws {Error} rejected: the SDK is not installed
 */
export async function connect(init: ConnectionInit, load = loadSdk): Promise<Connection> {
  const sdk = await load().catch((cause: unknown) => {
    throw new Error(`user-routes: expected the package ${PACKAGE}: npm install ${PACKAGE}`, { cause })
  })
  const own = init.client === undefined ? createClient(sdk, init) : undefined
  const client = init.client ?? (own as CognitoClient)
  const call = async (operation: Operation, input: object, deadline = createDeadline()): Promise<unknown> => {
    const name = operation === 'RefreshTokenAuth' ? 'InitiateAuth' : operation
    const Command = sdk[`${name}Command`] as new (input: object) => object
    try {
      const answer = client.send(new Command(input) as never, { abortSignal: deadline })
      return await untilAborted(answer, deadline)
    } catch (error) {
      throw toUserRouteError(operation, error, init.pool)
    }
  }
  return { call: call as Call, close: () => own?.destroy() }
}

function createClient(sdk: typeof Sdk, { region, endpoint }: ConnectionInit) {
  return new sdk.CognitoIdentityProviderClient({
    region,
    maxAttempts: 1,
    requestHandler: { httpsAgent: { maxSockets: MAX_SOCKETS }, httpAgent: { maxSockets: MAX_SOCKETS } },
    ...(endpoint !== undefined && { endpoint }),
  })
}

/** A client that was given may sleep between its attempts without looking at the signal. */
async function untilAborted<T>(answer: Promise<T>, deadline: AbortSignal): Promise<T> {
  const timeout = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(deadline.reason)
    if (deadline.aborted) fail()
    else deadline.addEventListener('abort', fail, { once: true })
  })
  return Promise.race([answer, timeout])
}
