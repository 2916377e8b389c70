/**
 * The calls to Cognito and their deadline. Only this module imports the AWS SDK.
 * @module
 */
import type * as Sdk from '@aws-sdk/client-cognito-identity-provider'
import type { CognitoClient } from './client.js'
import { type Operation, toUserRouteError } from './exceptions.js'

/** The input and the output of each operation. */
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
 * Calls an operation once. The call is not repeated, because it may have had its effect although its answer was lost.
 *
 * @param deadline - the deadline that the calls of one request share; by default a deadline for this call
 * @throws {UserRouteError} rejected, for an exception of Cognito and for a missing answer
 */
export type Call = <O extends Operation>(
  operation: O,
  input: Operations[O][0],
  deadline?: AbortSignal,
) => Promise<Operations[O][1]>

/** A connection to Cognito. */
export interface Connection {
  readonly call: Call
  /** Closes the connections, but not those of the option `client`. */
  readonly close: () => void
}

/** The settings of a connection. */
export interface ConnectionInit {
  /** Name of the pool in errors. */
  readonly pool: string
  readonly region: string
  readonly endpoint: string | undefined
  /** The option `client`, which has its own region and endpoint. */
  readonly client: CognitoClient | undefined
}

const PACKAGE = '@aws-sdk/client-cognito-identity-provider'
/** Deadline of the calls of a request, in milliseconds. With its other work, a request then takes less than 3 seconds. */
const DEADLINE_MS = 2500

/** Greatest number of calls at the same time. The default of the SDK is 50, and further calls would miss their deadline. */
const MAX_SOCKETS = 1000

/** Makes the deadline for the calls of one request. */
export const createDeadline = () => AbortSignal.timeout(DEADLINE_MS)

const loadSdk = async (): Promise<typeof Sdk> => import('@aws-sdk/client-cognito-identity-provider')

/**
 * Loads the AWS SDK, an optional peer dependency, and makes a client unless the application gives one.
 *
 * @param load - imports the SDK
 * @throws {Error} rejected, when the SDK is not installed
 */
export async function connect(init: ConnectionInit, load = loadSdk): Promise<Connection> {
  const sdk = await load().catch((cause: unknown) => {
    throw new Error(`user-routes: expected the package ${PACKAGE}: npm install ${PACKAGE}`, { cause })
  })
  const { client, close } =
    init.client === undefined ? createClient(sdk, init) : { client: init.client, close() {} }
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
  return { call: call as Call, close }
}

function createClient(sdk: typeof Sdk, { region, endpoint }: ConnectionInit) {
  const client = new sdk.CognitoIdentityProviderClient({
    region,
    maxAttempts: 1,
    requestHandler: { httpsAgent: { maxSockets: MAX_SOCKETS }, httpAgent: { maxSockets: MAX_SOCKETS } },
    ...(endpoint !== undefined && { endpoint }),
  })
  return { client, close: () => client.destroy() }
}

/** Waits no longer than the deadline, because a client of the application may pause between attempts despite the signal. */
async function untilAborted<T>(answer: Promise<T>, deadline: AbortSignal): Promise<T> {
  const timeout = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(deadline.reason)
    if (deadline.aborted) fail()
    else deadline.addEventListener('abort', fail, { once: true })
  })
  return Promise.race([answer, timeout])
}
