/**
 * The routes for a new account: sign-up, its confirmation, and another code.
 * @module
 */
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { compileSchema, Type } from '../base/schema.js'
import { tellsOfUser } from './exceptions.js'
import { body, CODE, nothing, PASSWORD, USERNAME } from './fields.js'
import { type Accounts, addRoute, withSecretHash } from './route.js'

const SIGNED_UP = Type.Object(
  {
    sub: Type.Optional(Type.String()),
    confirmed: Type.Boolean(),
    delivery: Type.Union([
      Type.Object({
        destination: Type.Optional(Type.String({ description: 'Masked' })),
        medium: Type.Optional(Type.String()),
        attribute: Type.Optional(Type.String()),
      }),
      Type.Null(),
    ]),
  },
  { description: 'The account, and where its code went' },
)

/** Adds the routes for a new account. */
export function addSignUpRoutes(scope: FastifyInstance, accounts: Accounts): void {
  addSignUp(scope, accounts)
  const { call, clientId: ClientId } = accounts
  addRoute(scope, accounts, 'confirm', {
    summary: 'Confirm an account by the code that was sent',
    body: body({ username: USERNAME, code: CODE }),
    status: 204,
    answer: nothing('The account is confirmed'),
    faults: [409],
    async handle({ body: { username, code } }) {
      const user = { ClientId, Username: username, ...withSecretHash(accounts, username) }
      await call('ConfirmSignUp', { ...user, ConfirmationCode: code })
    },
  })
  addRoute(scope, accounts, 'resend', {
    summary: 'Send another code for the confirmation',
    body: body({ username: USERNAME }),
    status: 202,
    answer: nothing('A code was sent, if there is an account that waits for one'),
    async handle({ body: { username } }, { log }) {
      const user = { ClientId, Username: username, ...withSecretHash(accounts, username) }
      await answerAlike(call('ResendConfirmationCode', user), log)
    },
  })
}

function addSignUp(scope: FastifyInstance, accounts: Accounts): void {
  const { call, clientId: ClientId, attributes } = accounts
  const schema = Type.Unsafe<object>(attributes.schema)
  const isRequired = !compileSchema(attributes.schema).check({})
  addRoute(scope, accounts, 'signup', {
    summary: 'Sign up',
    body: body({
      username: USERNAME,
      password: PASSWORD,
      attributes: isRequired ? schema : Type.Optional(schema),
    }),
    status: 201,
    answer: SIGNED_UP,
    faults: [403, 409],
    async handle({ body: { username, password, attributes: given = {} } }) {
      const answer = await call('SignUp', {
        ClientId,
        Username: username,
        Password: password,
        UserAttributes: attributes.toCognito(given),
        ...withSecretHash(accounts, username),
      })
      const { Destination, DeliveryMedium, AttributeName } = answer.CodeDeliveryDetails ?? {}
      const delivery = { destination: Destination, medium: DeliveryMedium, attribute: AttributeName }
      return {
        sub: answer.UserSub,
        confirmed: answer.UserConfirmed === true,
        delivery: answer.CodeDeliveryDetails === undefined ? null : delivery,
      }
    },
  })
}

/**
 * Waits for a call whose outcome would tell whether a user exists, and writes such an outcome to the log only.
 *
 * @throws {UserRouteError} rejected, for an error that tells nothing about the user
 */
export async function answerAlike(answer: Promise<unknown>, log: FastifyBaseLogger): Promise<void> {
  try {
    await answer
  } catch (error) {
    if (!tellsOfUser(error)) throw error
    log[error.statusCode >= 500 ? 'error' : 'info']({ err: error }, error.reason)
  }
}
