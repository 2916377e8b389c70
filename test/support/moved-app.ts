/**
 * Guards as the plugin makes them, whose keys live by a clock that a test moves.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import { DEFAULT_REALM } from '../../src/base/challenge.js'
import type { Clock } from '../../src/base/clock.js'
import { createGuardFactories } from '../../src/guard/guard.js'
import { createUserLoader } from '../../src/guard/load-user.js'
import { createHeadWriter } from '../../src/guard/refusal-answer.js'
import { createAbsenceReason, createTokenFinder } from '../../src/guard/token-finder.js'
import type { PluginOptions } from '../../src/index.js'
import { resolveOptions } from '../../src/options.js'
import { createVerifier } from '../../src/verify/verifier.js'

/** What the keys of an application go by. */
export interface Surroundings {
  readonly clock: Clock
  /** 0 to 1 */
  readonly random: () => number
}

/** Adds guards to an application, without what the plugin does at boot; returns them, and the health of the keys. */
export function addGuards(app: FastifyInstance, given: PluginOptions, { clock, random }: Surroundings) {
  const options = resolveOptions(given, {})
  const verifier = createVerifier(options, Date.now, undefined, clock, random)
  const { authRequired } = createGuardFactories({
    verifier,
    findToken: createTokenFinder(options.tokenSources),
    explainAbsence: createAbsenceReason(options.tokenSources),
    defaultPool: options.defaultPool,
    loadUser: options.loadUser,
    addUser: createUserLoader(),
    revocation: undefined,
    memo: Symbol('steps'),
    now: () => Date.now(),
    realm: DEFAULT_REALM,
  })
  app.decorateRequest('cognito', null as never)
  const writeHead = createHeadWriter(DEFAULT_REALM)
  app.addHook('onError', async (_request, reply, error) => void writeHead(reply, error))
  app.addHook('onClose', async () => verifier.close())
  return { authRequired, status: verifier.status }
}
