/**
 * How people sign out: at Cognito, and here, where a revoked token would still be verified.
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
 * Adds the route.
 *
 * @param now - milliseconds since 1970
 */
export function addSignOutRoute(scope: FastifyInstance, accounts: Accounts, now: () => number): void {
  addRoute(scope, accounts, 'signout', {
    summary: 'Sign out',
    body: SIGN_OUT,
    guard: guardAccount(scope, accounts),
    status: 204,
    answer: nothing('Signed out'),
    faults: [401, 403],
    async handle({ body: given }, { cognito }) {
      const token = cognito as Authentication
      assertEffect(given)
      if (given.everywhere === true) assertScope(token)
      await revokeAtCognito(accounts, token, given)
      // Last, so that a sign-out that failed can be repeated; and of the time when nothing is refreshed any more.
      const until = now() / 1000 + scope.cognito.clockTolerance
      await setMarks(scope, listMarks(token, given.everywhere === true, Math.floor(until)))
    },
  })
}

/** A mark ends after a day; what the refresh token goes on to get would not be refused then. */
function assertEffect({ refresh_token, everywhere }: Static<typeof SIGN_OUT>): void {
  if (refresh_token !== undefined || everywhere === true) return
  throw fail('SIGN_OUT_WITHOUT_EFFECT', withPlace('send refresh_token, or everywhere: true'))
}

/** Cognito would refuse it, in words that say something else. */
function assertScope({ scopes, pool }: Authentication): void {
  if (scopes.has(ADMIN_SCOPE)) return
  throw refuse('SIGN_OUT_SCOPE_MISSING', { pool, challenge: { scope: ADMIN_SCOPE } }, { scope: ADMIN_SCOPE })
}

/** Each is done whatever becomes of the other. */
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
 * RFC 7009 §2.2: a token that cannot be revoked is no error, as the client can do nothing about it. And an access token
 * that the guard has verified is refused by Cognito where everything was revoked already.
 */
const ignore = (exception: string) => (error: unknown) => {
  if (!(error instanceof UserRouteError && error.exception === exception)) throw error
}

/**
 * What a sign-out revokes: the sign-in that the token comes from, as narrowly as the token names it; with `everywhere`
 * all tokens of the user up to a time as well, and that token whenever it was issued. Not what the default of a mark
 * revokes: people sign in again at once, and would have to do it once more.
 *
 * @param until - whole seconds since 1970
 */
export function listMarks(token: Token, everywhere: boolean, until: number): readonly Revocation[] {
  const { pool, subject, payload } = token
  const [originJti, jti] = [ownText(payload, 'origin_jti'), ownText(payload, 'jti')]
  const [iat, exp] = [Number(payload['iat']), Number(payload['exp'])]
  // A token may have been issued by a clock that is ahead of this one.
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

/** Where no store is configured, Cognito's own doors are the only ones that close. */
async function setMarks({ cognito }: FastifyInstance, marks: readonly Revocation[]): Promise<void> {
  if (cognito.canRevoke) await Promise.all(marks.map((mark) => cognito.revoke(mark as never)))
}
