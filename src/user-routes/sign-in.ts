/**
 * The routes for tokens: sign-in, the answer to a challenge, and new tokens for a refresh token.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import { type Static, Type } from '../base/schema.js'
import { fail } from './errors.js'
import { isNotOffered } from './exceptions.js'
import { body, CHALLENGE, PASSWORD, SESSION, TOKEN, TOKENS, USERNAME } from './fields.js'
import { answerForm, FORM, isForm, readForms } from './form.js'
import { type Accounts, addRoute, withSecret, withSecretParameter } from './route.js'
import { createDeadline } from './sdk.js'

/**
 * The parameter for the answer, by the name of the challenge. Other challenges are missing, because they need more than one
 * answer: SRP, devices, and setting up a second factor.
 *
 * @see https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
 */
export const CHALLENGES = {
  SMS_MFA: 'SMS_MFA_CODE',
  SMS_OTP: 'SMS_OTP_CODE',
  EMAIL_OTP: 'EMAIL_OTP_CODE',
  SOFTWARE_TOKEN_MFA: 'SOFTWARE_TOKEN_MFA_CODE',
  NEW_PASSWORD_REQUIRED: 'NEW_PASSWORD',
  PASSWORD: 'PASSWORD',
  WEB_AUTHN: 'CREDENTIAL',
  SELECT_CHALLENGE: 'ANSWER',
  SELECT_MFA_TYPE: 'ANSWER',
  CUSTOM_CHALLENGE: 'ANSWER',
} as const

const challengeName = Type.Union(
  (Object.keys(CHALLENGES) as (keyof typeof CHALLENGES)[]).map((name) => Type.Literal(name)),
)

/** The answer of Cognito to a sign-in, a challenge and a refresh. */
interface AuthAnswer {
  readonly AuthenticationResult?:
    | {
        readonly AccessToken?: string | undefined
        readonly ExpiresIn?: number | undefined
        readonly IdToken?: string | undefined
        readonly RefreshToken?: string | undefined
      }
    | undefined
  readonly ChallengeName?: string | undefined
  readonly Session?: string | undefined
  readonly ChallengeParameters?: Readonly<Record<string, string>> | undefined
  readonly AvailableChallenges?: readonly string[] | undefined
}

/** Adds the routes for tokens. */
export async function addSignInRoutes(scope: FastifyInstance, accounts: Accounts): Promise<void> {
  // Only the sign-in reads forms, in its own scope, because any website can make a browser send a form.
  await scope.register(async (inner) => {
    readForms(inner)
    addSignIn(inner, accounts)
  })
  addChallenge(scope, accounts)
  addRefresh(scope, accounts)
}

function addSignIn(scope: FastifyInstance, accounts: Accounts): void {
  const { call, clientId, pool } = accounts
  addRoute(scope, accounts, 'signin', {
    summary: 'Sign in',
    body: body({ username: USERNAME, password: PASSWORD }),
    consumes: ['application/json', FORM],
    status: 200,
    answer: Type.Union([TOKENS, CHALLENGE], { description: 'Tokens, or a further step' }),
    faults: [401, 403],
    errorHandler: answerForm,
    async handle({ body: { username, password } }, request) {
      const answer = await call('InitiateAuth', {
        ClientId: clientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: {
          USERNAME: username,
          PASSWORD: password,
          ...withSecretParameter(accounts, username),
        },
      })
      if (isForm(request) && answer.AuthenticationResult === undefined) {
        throw fail('CHALLENGE_IN_FORM', { pool: pool.name })
      }
      return toAnswer(answer, username, pool.name)
    },
  })
}

function addChallenge(scope: FastifyInstance, accounts: Accounts): void {
  const { call, clientId, pool, attributes } = accounts
  addRoute(scope, accounts, 'challenge', {
    summary: 'Answer the challenge of a sign-in',
    body: body({
      challenge: challengeName,
      session: SESSION,
      username: USERNAME,
      answer: Type.String({ minLength: 1, maxLength: 16_384, description: 'A code, a password, a choice' }),
      attributes: Type.Optional(Type.Unsafe<object>(Type.Partial(attributes.schema))),
    }),
    status: 200,
    answer: Type.Union([TOKENS, CHALLENGE], { description: 'Tokens, or a further step' }),
    faults: [401, 403, 409],
    async handle({ body: { challenge, session, username, answer, attributes: given = {} } }) {
      const written = attributes
        .toCognito(given)
        .map(({ Name, Value }) => [`userAttributes.${Name}`, Value] as const)
      const next = await call('RespondToAuthChallenge', {
        ClientId: clientId,
        ChallengeName: challenge,
        Session: session,
        ChallengeResponses: {
          ...Object.fromEntries(written),
          USERNAME: username,
          [CHALLENGES[challenge]]: answer,
          ...withSecretParameter(accounts, username),
        },
      })
      return toAnswer(next, username, pool.name)
    },
  })
}

const REFRESH = body({
  refresh_token: TOKEN,
  username: Type.Optional(USERNAME),
})

function addRefresh(scope: FastifyInstance, accounts: Accounts): void {
  const { call, clientId: ClientId, pool } = accounts
  addRoute(scope, accounts, 'refresh', {
    summary: 'Get new tokens for a refresh token',
    body: REFRESH,
    status: 200,
    answer: TOKENS,
    faults: [401],
    async handle({ body: given }) {
      const deadline = createDeadline()
      const input = { ClientId, RefreshToken: given.refresh_token, ...withSecret(accounts) }
      const answer: AuthAnswer = await call('GetTokensFromRefreshToken', input, deadline).catch((error) => {
        if (!isNotOffered(error)) throw error
        return refreshByFlow(accounts, given, deadline)
      })
      return toAnswer(answer, '', pool.name)
    },
  })
}

/** Refreshes by the older flow. The secret hash of this flow needs the real username, which only the client knows. */
function refreshByFlow(
  accounts: Accounts,
  { refresh_token: REFRESH_TOKEN, username }: Static<typeof REFRESH>,
  deadline: AbortSignal,
): Promise<AuthAnswer> {
  if (accounts.clientSecret !== undefined && username === undefined) {
    throw fail('USERNAME_MISSING', { pool: accounts.pool.name })
  }
  const AuthParameters = { REFRESH_TOKEN, ...withSecretParameter(accounts, username ?? '') }
  const input = { ClientId: accounts.clientId, AuthFlow: 'REFRESH_TOKEN_AUTH' as const, AuthParameters }
  return accounts.call('RefreshTokenAuth', input, deadline)
}

function toAnswer(answer: AuthAnswer, typed: string, pool: string): object {
  const { AccessToken, ExpiresIn, IdToken, RefreshToken } = answer.AuthenticationResult ?? {}
  if (AccessToken !== undefined) {
    const tokens = { access_token: AccessToken, token_type: 'Bearer', expires_in: ExpiresIn }
    return { ...tokens, id_token: IdToken, refresh_token: RefreshToken }
  }
  if (answer.ChallengeName !== undefined) return toChallenge(answer, typed)
  throw fail('ANSWER_EMPTY', { pool })
}

/**
 * Returns a challenge for the client. The secret hash of the answer needs the real username, which Cognito names here. A
 * client that sends another username gains nothing, because the session belongs to one user.
 */
function toChallenge(answer: AuthAnswer, typed: string): object {
  const { userAttributes: _, ...parameters } = answer.ChallengeParameters ?? {}
  return {
    challenge: answer.ChallengeName,
    session: answer.Session,
    username: parameters['USER_ID_FOR_SRP'] ?? parameters['USERNAME'] ?? typed,
    parameters,
    available: answer.AvailableChallenges,
  }
}
