/**
 * The application's own user of a request, loaded once, after all other checks.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { refuse } from '../base/errors.js'
import { chain } from '../base/promises.js'
import type { Authentication } from '../verify/authentication.js'
import { withUser } from '../verify/authentication-reader.js'
import type { LoadUser } from './register.js'

interface Loaded {
  readonly load: LoadUser
  readonly token: string
  /** The user, or its promise. */
  readonly user: unknown
}

/**
 * Adds the user to an authentication.
 *
 * @throws {CognitoError} thrown or rejected: `COGNITO_ERR_USER_UNKNOWN` when `load` returns `null`, `undefined` or `false`
 * @throws any error of `load`, thrown or rejected
 */
export type AddUser = (
  load: LoadUser,
  authentication: Authentication,
  request: FastifyRequest,
) => Authentication | Promise<Authentication>

/**
 * Makes the loader of one plugin instance. A further guard of a request reuses the user that an earlier guard loaded, or is
 * loading. A user whose loading failed is loaded again.
 */
export function createUserLoader(): AddUser {
  const users = new WeakMap<FastifyRequest, Loaded>()
  return (load, authentication, request) => {
    const { token, pool } = authentication
    const add = (user: unknown) => withUser(authentication, user)
    const loaded = users.get(request)
    if (loaded?.load === load && loaded.token === token) return chain(loaded.user, add)
    const user = chain(load(authentication, request), (found) => assertKnown(found, pool))
    users.set(request, { load, token, user })
    if (user instanceof Promise) user.catch(() => users.delete(request))
    return chain(user, add)
  }
}

/** Refuses `false`, too: it is the result of `account.isActive && account` for an inactive account. */
function assertKnown(user: unknown, pool: string): unknown {
  if (user !== null && user !== undefined && user !== false) return user
  throw refuse('USER_NOT_FOUND', { pool })
}
