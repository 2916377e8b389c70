/**
 * The connection of a store of revocations to an application: the store is opened and closed, and its failures are logged.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import { RevocationGate, toWord } from './gate.js'
import type { ResolvedRevocation } from './options.js'

/** Opens the store when the application is ready, closes the store with the application, and returns its gate. */
export function connectStore(app: FastifyInstance, options: ResolvedRevocation): RevocationGate {
  const { store, onError } = options
  let isOpen = false
  app.addHook('onReady', async () => {
    isOpen = true
    void open(app, options)
  })
  app.addHook('onClose', async () => {
    if (isOpen) await store.close?.()
  })
  const consequence = onError === 'allow' ? 'revoked tokens may pass' : 'requests get 503'
  return new RevocationGate(options, (reason) => {
    if (reason === undefined) app.log.info('fastify-cognito: the store of revocations answers again')
    else
      app.log.error({ reason }, `fastify-cognito: the store of revocations does not answer; ${consequence}`)
  })
}

async function open(app: FastifyInstance, { store }: ResolvedRevocation): Promise<void> {
  const report = (code: string | undefined) => {
    if (code === undefined) app.log.info('fastify-cognito: the store of revocations is up to date')
    else app.log.warn({ reason: code }, 'fastify-cognito: the store of revocations is not kept up to date')
  }
  try {
    await store.open?.(report)
  } catch (error) {
    report(toWord(error))
  }
}
