/**
 * How people sign out: at Cognito, and here, where a revoked token would still be verified.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import type { Authentication } from '../authentication.js'
import { ownMember } from '../members.js'
import type { Revocation } from '../revocation/mark.js'
import { type Static, Type } from '../schema.js'
import { malformed } from './body.js'
import { UserRouteError } from './errors.js'
import { body, nothing, TOKEN } from './fields.js'
import { type Accounts, addRoute, guardAccount, withSecret } from './route.js'

const SIGN_OUT = body({ refresh_token: Type.Optional(TOKEN), everywhere: Type.Optional(Type.Boolean()) })

type Token = Pick<Authentication, 'pool' | 'subject' | 'payload'>

/** Adds the route. */
export function addSignOutRoute(scope: FastifyInstance, accounts: Accounts): void {
  addRoute(scope, accounts, 'signout', {
    summary: 'Sign out',
    body: SIGN_OUT,
    guard: guardAccount(scope, accounts),
    status: 204,
    answer: nothing('Signed out'),
    faults: [401, 403],
    async handle({ body: given }, { cognito }) {
      const token = cognito as Authentication
      assertEffect(given, scope)
      // The marks first, as they need nobody else. Each of the three is done whatever becomes of the others.
      const marks = listMarks(token, given.everywhere === true, Math.floor(Date.now() / 1000))
      const marked = await Promise.allSettled([setMarks(scope, marks)])
      const revoked = await Promise.allSettled(revokeAtCognito(accounts, token, given))
      for (const outcome of [...marked, ...revoked]) {
        if (outcome.status === 'rejected') throw outcome.reason
      }
    },
  })
}

function assertEffect(
  { refresh_token, everywhere }: Static<typeof SIGN_OUT>,
  { cognito }: FastifyInstance,
): void {
  if (refresh_token !== undefined || everywhere === true || cognito.canRevoke) return
  throw malformed(
    'nothing would be revoked: no refresh token was sent, and no revocation store is configured',
    'send refresh_token, or everywhere: true',
  )
}

function revokeAtCognito(
  accounts: Accounts,
  { token }: Authentication,
  { refresh_token: Token, everywhere = false }: Static<typeof SIGN_OUT>,
): readonly Promise<unknown>[] {
  const { call, clientId: ClientId } = accounts
  return [
    ...(Token === undefined
      ? []
      : [call('RevokeToken', { Token, ClientId, ...withSecret(accounts) }).catch(ignoreUnsupported)]),
    ...(everywhere ? [call('GlobalSignOut', { AccessToken: token })] : []),
  ]
}

/** RFC 7009 §2.2: a token that cannot be revoked is no error, as the client can do nothing about it. */
function ignoreUnsupported(error: unknown): void {
  if (!(error instanceof UserRouteError && error.exception === 'UnsupportedTokenType')) throw error
}

/**
 * What a sign-out revokes: the sign-in that the token comes from, as narrowly as the token names it; with `everywhere`
 * all tokens of the user up to now as well.
 *
 * @param now - whole seconds since 1970
 */
export function listMarks(token: Token, everywhere: boolean, now: number): readonly Revocation[] {
  const { pool, subject, payload } = token
  const [originJti, jti] = [ownText(payload, 'origin_jti'), ownText(payload, 'jti')]
  const [iat, exp] = [Number(payload['iat']), Number(payload['exp'])]
  // A token may have been issued by a clock that is ahead of this one.
  const user: Revocation = { pool, by: 'sub', value: subject, notBefore: Math.max(now, Math.floor(iat)) }
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
