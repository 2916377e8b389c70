/**
 * The sign-out: at Cognito, and in the store of revocations, because the plugin still accepts a token revoked at Cognito.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import { refuse } from '../base/errors.js'
import { ownMember } from '../base/members.js'
import { type Static, Type } from '../base/schema.js'
import type { Revocation } from '../revocation/mark.js'
import type { Authentication } from '../verify/authentication.js'
import { withPlace } from './body.js'
import { fail, UserRouteError } from './errors.js'
import { body, nothing, TOKEN } from './fields.js'
import { type Accounts, ADMIN_SCOPE, addRoute, guardAccount, withSecret } from './route.js'

const SIGN_OUT = body({ refresh_token: Type.Optional(TOKEN), everywhere: Type.Optional(Type.Boolean()) })

type Token = Pick<Authentication, 'pool' | 'subject' | 'payload'>

/**
 * Adds the route for signing out.
 *
 * @param now - returns milliseconds since 1970
 */
export function addSignOutRoute(scope: FastifyInstance, accounts: Accounts, now: () => number): void {
  addRoute(scope, accounts, 'signout', {
    summary: 'Sign out',
    body: SIGN_OUT,
    guard: guardAccount(scope, accounts),
    status: 204,
    answer: nothing('Signed out'),
    faults: [401, 403],
    async handle({ body: given }, request) {
      const token = request.getDecorator<Authentication>('cognito')
      assertEffect(given)
      if (given.everywhere === true) assertScope(token)
      await revokeAtCognito(accounts, token, given)
      // The marks come last, so that a failed sign-out can be repeated, and so that they revoke all refreshed tokens.
      const until = now() / 1000 + scope.cognito.clockTolerance
      await setMarks(scope, accounts, listMarks(token, given.everywhere === true, Math.floor(until)))
    },
  })
}

/** Refuses a sign-out without effect: the marks last a day, and an unrevoked refresh token would get new tokens later. */
function assertEffect({ refresh_token, everywhere }: Static<typeof SIGN_OUT>): void {
  if (refresh_token !== undefined || everywhere === true) return
  throw fail('SIGN_OUT_WITHOUT_EFFECT', withPlace('send refresh_token, or everywhere: true'))
}

/** Refuses a token without the scope, because the error of Cognito would not name the scope. */
function assertScope({ scopes, pool }: Authentication): void {
  if (scopes.has(ADMIN_SCOPE)) return
  throw refuse('SIGN_OUT_SCOPE_MISSING', { pool, challenge: { scope: ADMIN_SCOPE } }, { scope: ADMIN_SCOPE })
}

/** Revokes tokens at Cognito. A failure of one call does not stop the other. */
async function revokeAtCognito(
  accounts: Accounts,
  { token }: Authentication,
  { refresh_token: Token, everywhere = false }: Static<typeof SIGN_OUT>,
): Promise<void> {
  const { call, clientId: ClientId } = accounts
  const calls = [
    ...(Token === undefined
      ? []
      : [
          call('RevokeToken', { Token, ClientId, ...withSecret(accounts) }).catch(
            ignore('UnsupportedTokenType'),
          ),
        ]),
    ...(everywhere ? [call('GlobalSignOut', { AccessToken: token }).catch(ignore('NotAuthorized'))] : []),
  ]
  for (const outcome of await Promise.allSettled(calls)) {
    if (outcome.status === 'rejected') throw outcome.reason
  }
}

/**
 * Ignores an exception. A token that cannot be revoked is no error, because the client can do nothing about it (RFC 7009
 * §2.2). Cognito refuses a verified access token when all tokens of the user are revoked already.
 */
const ignore = (exception: string) => (error: unknown) => {
  if (!(error instanceof UserRouteError && error.exception === exception)) throw error
}

/**
 * Lists the revocations of a sign-out: the sign-in of the token, by `origin_jti`. Without this claim, the list has the
 * token alone, by `jti`. Without both claims, or with `everywhere`, it has all tokens of the user up to a time, and always
 * the token itself. The time is earlier than the default of a revocation, so that the user can sign in again at once.
 *
 * @param until - whole seconds since 1970
 */
export function listMarks(token: Token, everywhere: boolean, until: number): readonly Revocation[] {
  const { pool, subject, payload } = token
  const [originJti, jti] = [ownText(payload, 'origin_jti'), ownText(payload, 'jti')]
  const [iat, exp] = [Number(payload['iat']), Number(payload['exp'])]
  // The issuer may have a fast clock.
  const user: Revocation = { pool, by: 'sub', value: subject, notBefore: Math.max(until, Math.floor(iat)) }
  const signIn: Revocation | undefined =
    originJti !== undefined
      ? { pool, by: 'origin_jti', value: originJti }
      : jti !== undefined
        ? { pool, by: 'jti', value: jti, exp }
        : undefined
  return [...(signIn === undefined ? [] : [signIn]), ...(everywhere || signIn === undefined ? [user] : [])]
}

const ownText = (payload: Token['payload'], name: string) => {
  const value = ownMember(payload, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Adds the marks. Without a store, only Cognito revokes tokens, so that access tokens stay valid until they expire. */
async function setMarks(
  { cognito }: FastifyInstance,
  { pool }: Accounts,
  marks: readonly Revocation[],
): Promise<void> {
  if (!cognito.canRevoke) return
  await Promise.all(marks.map((mark) => cognito.revoke({ ...mark, pool: pool.name })))
}
