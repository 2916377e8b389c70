/**
 * Guards as the plugin makes them, whose keys live by a clock that a test moves.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../src/base/clock.js'
import { CognitoError } from '../../src/base/errors.js'
import { createGuardFactories } from '../../src/guard/guard.js'
import { createUserLoader } from '../../src/guard/load-user.js'
import { createAbsenceReason, createTokenFinder } from '../../src/guard/token-finder.js'
import type { PluginOptions } from '../../src/index.js'
import { resolveOptions } from '../../src/options.js'
import { createAuthenticator } from '../../src/verify/authenticator.js'

/** What the keys of an application go by. */
export interface Surroundings {
  readonly clock: Clock
  /** 0 to 1 */
  readonly random: () => number
}

/** Adds guards to an application, without what the plugin does at boot; returns them, and the health of the keys. */
export function addGuards(app: FastifyInstance, given: PluginOptions, { clock, random }: Surroundings) {
  const options = resolveOptions(given, {})
  const authenticator = createAuthenticator(options, Date.now, undefined, clock, random)
  const { authRequired } = createGuardFactories({
    authenticator,
    findToken: createTokenFinder(options.tokenSources),
    explainAbsence: createAbsenceReason(options.tokenSources),
    defaultPool: options.defaultPool,
    loadUser: options.loadUser,
    addUser: createUserLoader(),
    revocation: undefined,
    tokenUses: new Map([...options.pools].map(([name, pool]) => [name, [...pool.tokenUses]])),
    memo: Symbol('verified'),
    unrevoked: Symbol('unrevoked'),
  })
  app.decorateRequest('cognito', null as never)
  app.addHook('onError', async (_request, reply, error) => {
    if (!(error instanceof CognitoError)) return
    const { challenge, retryAfter } = error
    if (challenge) reply.header('www-authenticate', 'Bearer')
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  })
  app.addHook('onClose', async () => authenticator.close())
  return { authRequired, status: authenticator.status }
}
