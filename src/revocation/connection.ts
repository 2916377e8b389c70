/**
 * When a store of revocations is opened and closed, and what the log says of its failures.
 * @module
 */
import type { FastifyInstance } from 'fastify'
import { RevocationGate, toWord } from './gate.js'
import type { ResolvedRevocation } from './options.js'

/** Puts a store behind its gate for as long as the application runs. */
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
