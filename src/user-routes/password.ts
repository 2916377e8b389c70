/**
 * The routes for another password: with a code for a forgotten password, and with the current password.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import { body, CODE, nothing, PASSWORD, USERNAME } from './fields.js'
import { type Accounts, ADMIN_SCOPE, addRoute, guardAccount, withSecretHash } from './route.js'
import { answerAlike } from './sign-up.js'

/** Adds the routes for passwords. */
export function addPasswordRoutes(scope: FastifyInstance, accounts: Accounts): void {
  const { call, clientId: ClientId } = accounts
  addRoute(scope, accounts, 'forgotPassword', {
    summary: 'Send a code for another password',
    body: body({ username: USERNAME }),
    status: 202,
    answer: nothing('A code was sent, if there is an account that one can be sent to'),
    async handle({ body: { username } }, { log }) {
      const user = { ClientId, Username: username, ...withSecretHash(accounts, username) }
      await answerAlike(call('ForgotPassword', user), log)
    },
  })
  addRoute(scope, accounts, 'resetPassword', {
    summary: 'Set another password by the code that was sent',
    body: body({ username: USERNAME, code: CODE, password: PASSWORD }),
    status: 204,
    answer: nothing('The password is set'),
    async handle({ body: { username, code, password } }) {
      const user = { ClientId, Username: username, ...withSecretHash(accounts, username) }
      await call('ConfirmForgotPassword', { ...user, ConfirmationCode: code, Password: password })
    },
  })
  addChange(scope, accounts)
}

function addChange(scope: FastifyInstance, accounts: Accounts): void {
  addRoute(scope, accounts, 'changePassword', {
    summary: 'Change the password',
    body: body({ password: PASSWORD, new_password: PASSWORD }),
    guard: guardAccount(scope, accounts, ADMIN_SCOPE),
    status: 204,
    answer: nothing('The password is changed'),
    faults: [401, 403],
    async handle({ body: { password, new_password } }, { cognito }) {
      await accounts.call('ChangePassword', {
        AccessToken: cognito?.token,
        PreviousPassword: password,
        ProposedPassword: new_password,
      })
    },
  })
}
