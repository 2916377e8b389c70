/**
 * The schemas of the bodies and answers of the account routes.
 * @module
 */
import { type TSchema, Type } from '../base/schema.js'

/** A text without spaces. Cognito's API limits its length. */
const word = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '^\\S+$', description })

/** AWS: `UsernameType`. */
export const USERNAME = word(128, 'User name, or an alias of it such as an e-mail address')

/** AWS: `PasswordType`. */
export const PASSWORD = Type.String({ minLength: 1, maxLength: 256 })

/** AWS: `ConfirmationCodeType`. */
export const CODE = word(2048, 'The code that was sent')

/** AWS: `SessionType`. */
export const SESSION = word(2048, 'The session of the previous answer')

/** An access token or a refresh token. */
export const TOKEN = word(8192, 'A token of Cognito')

/** Returns the schema of a body with these members and no others. */
export const body = <P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: false })

/** The tokens of a sign-in (RFC 6749 §5.1). */
export const TOKENS = Type.Object(
  {
    access_token: Type.String(),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Optional(Type.Integer({ description: 'Seconds' })),
    id_token: Type.Optional(Type.String()),
    refresh_token: Type.Optional(Type.String()),
  },
  { description: 'Tokens' },
)

/** A further step of a sign-in. */
export const CHALLENGE = Type.Object(
  {
    challenge: Type.String(),
    session: Type.Optional(Type.String()),
    username: Type.String({ description: 'To be sent back with the answer' }),
    parameters: Type.Record(Type.String(), Type.String()),
    available: Type.Optional(
      Type.Array(Type.String(), { description: 'The challenges to choose from, with SELECT_CHALLENGE' }),
    ),
  },
  { description: 'A further step; answer it at /challenge' },
)

/** An error in the form of Fastify. An error handler of the application may write another form. */
const ERROR = Type.Object({
  statusCode: Type.Integer(),
  code: Type.String(),
  error: Type.String(),
  message: Type.String(),
})

const FAULTS: Readonly<Record<number, string>> = {
  400: 'The request is malformed, or refused for its content',
  401: 'The credentials are not valid',
  403: 'Not permitted',
  409: 'There is such an account already',
  429: 'Too many requests',
  502: 'The user pool cannot be reached',
  504: 'The user pool did not answer in time',
}

/** Returns the `response` of a route's schema: the answer of the route, and its errors. */
export function answers(status: number, answer: TSchema, faults: readonly number[]): object {
  const errors = [...faults, 400, 429, 502, 504].map((fault) => [
    fault,
    { ...ERROR, description: FAULTS[fault] },
  ])
  return { [status]: answer, ...Object.fromEntries(errors) }
}

/** Returns the schema of an answer without a body. */
export const nothing = (description: string) => Type.Null({ description })
