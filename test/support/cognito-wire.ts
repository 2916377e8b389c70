/**
 * A stand-in for Cognito's own API where the emulator has none: a real HTTP server that speaks the wire protocol of the
 * AWS SDK, checks the hash of an app client with a secret, and answers what Cognito documents.
 * @module
 */
import { createHmac, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import type { TestPool } from '../../src/testing/index.js'
import { startServer } from './server.js'

/** What a call carries, as far as anybody looks at it. */
export interface Input {
  readonly [name: string]: unknown
  readonly ClientId?: string
  readonly Username?: string
  readonly Password?: string
  readonly SecretHash?: string
  readonly ClientSecret?: string
  readonly AccessToken?: string
  readonly AuthFlow?: string
  readonly AuthParameters?: Readonly<Record<string, string>>
  readonly ChallengeName?: string
  readonly ChallengeResponses?: Readonly<Record<string, string>>
  readonly Session?: string
  readonly RefreshToken?: string
  readonly PreviousPassword?: string
}

type Answer = (input: Input) => object | Promise<object>

/** An exception as Cognito answers it. */
export class WireException extends Error {
  readonly exception: string
  readonly status: number

  /** @param exception - its name with the suffix */
  constructor(exception: string, message = 'A message of Cognito', status = 400) {
    super(message)
    this.exception = exception
    this.status = status
  }
}

/** A user: signs in under the name or the alias. */
interface WireUser {
  /** The real user name. */
  readonly username: string
  readonly alias: string
  password: string
}

/** A user pool with one app client. */
export class CognitoWire {
  /** Every call so far. */
  readonly calls: { readonly operation: string; readonly input: Input }[] = []
  /** What is answered in place of the usual, by operation. */
  readonly answers = new Map<string, Answer>()
  readonly user: WireUser = { username: randomUUID(), alias: 'ada@example.com', password: 'Correct-horse-1' }
  refreshToken = 'the-first-refresh-token'
  readonly #pool: TestPool
  readonly #secret: string | undefined

  constructor(pool: TestPool, secret?: string) {
    this.#pool = pool
    this.#secret = secret
  }

  /** Answers an operation with an exception. */
  fail(operation: string, exception: string, message?: string, status?: number): void {
    this.answers.set(operation, () => {
      throw new WireException(exception, message, status)
    })
  }

  /** The inputs that an operation was called with. */
  inputsOf(operation: string): Input[] {
    return this.calls.filter((call) => call.operation === operation).map(({ input }) => input)
  }

  /** Answers a request of the SDK. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [service, operation = ''] = String(request.headers['x-amz-target']).split('.')
    const input: Input = JSON.parse(await text(request))
    const isGenuine =
      service === 'AWSCognitoIdentityProviderService' &&
      request.headers['content-type'] === 'application/x-amz-json-1.1' &&
      request.headers.authorization === undefined
    if (!isGenuine) return void response.writeHead(418).end()
    this.calls.push({ operation, input })
    const { status, body } = await this.#answer(operation, input)
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
  }

  async #answer(operation: string, input: Input): Promise<{ status: number; body: object }> {
    try {
      this.#checkClient(operation, input)
      const answer = this.answers.get(operation) ?? this.#usual[operation]
      if (answer === undefined) throw new WireException('UnknownOperationException')
      return { status: 200, body: await answer(input) }
    } catch (error) {
      if (!(error instanceof WireException)) throw error
      return { status: error.status, body: { __type: error.exception, message: error.message } }
    }
  }

  #checkClient(operation: string, input: Input): void {
    // A user proves himself by his token.
    if (input.AccessToken !== undefined) return
    if (input.ClientId !== this.#pool.appClientId) throw new WireException('ResourceNotFoundException')
    if (operation === 'GetTokensFromRefreshToken' || operation === 'RevokeToken') {
      if (input.ClientSecret === this.#secret) return
      throw new WireException('NotAuthorizedException', 'Client secret does not match')
    }
    const parameters = input.AuthParameters ?? input.ChallengeResponses
    const hash = parameters?.['SECRET_HASH'] ?? input.SecretHash
    if (hash === this.#hash(this.#nameIn(input))) return
    const message =
      hash === undefined
        ? `Client ${input.ClientId} is configured with secret but SECRET_HASH was not received`
        : `Unable to verify secret hash for client ${input.ClientId}`
    throw new WireException('NotAuthorizedException', message)
  }

  /** Of a challenge and of a refresh token the hash is over the real username, else over what was typed. */
  #nameIn({ AuthFlow, AuthParameters, ChallengeResponses, Username = '' }: Input): string {
    if (ChallengeResponses !== undefined || AuthFlow === 'REFRESH_TOKEN_AUTH') return this.user.username
    return AuthParameters?.['USERNAME'] ?? Username
  }

  #hash(username: string): string | undefined {
    if (this.#secret === undefined) return undefined
    const hmac = createHmac('sha256', this.#secret)
    return hmac.update(`${username}${this.#pool.appClientId}`).digest('base64')
  }

  /** The tokens of a sign-in. */
  tokens(): object {
    const { username } = this.user
    const claims = { sub: username, username, 'cognito:username': username }
    return {
      AuthenticationResult: {
        AccessToken: this.#pool.accessToken(claims),
        IdToken: this.#pool.idToken(claims),
        RefreshToken: this.refreshToken,
        ExpiresIn: 3600,
        TokenType: 'Bearer',
      },
      ChallengeParameters: {},
    }
  }

  #assertKnown(name: unknown): void {
    if (name !== this.user.username && name !== this.user.alias) {
      throw new WireException('UserNotFoundException', 'User does not exist.')
    }
  }

  #assertPassword(password: unknown): void {
    if (password !== this.user.password) {
      throw new WireException('NotAuthorizedException', 'Incorrect username or password.')
    }
  }

  #initiate({ AuthFlow, AuthParameters = {} }: Input): object {
    if (AuthFlow === 'REFRESH_TOKEN_AUTH') {
      if (AuthParameters['REFRESH_TOKEN'] === this.refreshToken) return this.tokens()
      throw new WireException('NotAuthorizedException', 'Refresh Token has been revoked')
    }
    this.#assertKnown(AuthParameters['USERNAME'])
    this.#assertPassword(AuthParameters['PASSWORD'])
    return this.tokens()
  }

  /** With rotation: each refresh token serves once. */
  #refresh({ RefreshToken }: Input): object {
    if (RefreshToken !== this.refreshToken) {
      throw new WireException('RefreshTokenReuseException', 'Refresh token has been used')
    }
    this.refreshToken = randomUUID()
    return this.tokens()
  }

  #change({ PreviousPassword, ProposedPassword }: Input): object {
    this.#assertPassword(PreviousPassword)
    this.user.password = String(ProposedPassword)
    return {}
  }

  readonly #usual: Readonly<Record<string, Answer>> = {
    SignUp: () => ({
      UserSub: this.user.username,
      UserConfirmed: false,
      CodeDeliveryDetails: { Destination: 'a***@e***', DeliveryMedium: 'EMAIL', AttributeName: 'email' },
    }),
    ConfirmSignUp: () => ({}),
    ResendConfirmationCode: ({ Username }) => {
      this.#assertKnown(Username)
      return { CodeDeliveryDetails: { Destination: 'a***@e***', DeliveryMedium: 'EMAIL' } }
    },
    ForgotPassword: ({ Username }) => {
      this.#assertKnown(Username)
      return { CodeDeliveryDetails: { Destination: 'a***@e***', DeliveryMedium: 'EMAIL' } }
    },
    ConfirmForgotPassword: () => ({}),
    InitiateAuth: (input) => this.#initiate(input),
    RespondToAuthChallenge: () => this.tokens(),
    GetTokensFromRefreshToken: (input) => this.#refresh(input),
    RevokeToken: () => ({}),
    GlobalSignOut: () => ({}),
    ChangePassword: (input) => this.#change(input),
    GetUser: () => ({
      Username: this.user.username,
      UserAttributes: [
        { Name: 'sub', Value: this.user.username },
        { Name: 'email', Value: this.user.alias },
        { Name: 'custom:seats', Value: '7' },
      ],
    }),
  }
}

/**
 * Starts the API of a pool; it is closed with the test.
 *
 * @param secret - of the app client
 */
export async function startWire(
  test: Test,
  pool: TestPool,
  secret?: string,
): Promise<{ wire: CognitoWire; endpoint: string }> {
  const wire = new CognitoWire(pool, secret)
  const endpoint = await startServer(test, (request, response) => void wire.handle(request, response))
  return { wire, endpoint }
}
