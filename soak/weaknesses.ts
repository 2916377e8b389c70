/**
 * Servers that are deliberately wrong in one point each. An oracle that does not notice is no good.
 * @module
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { KeysOptions } from '../src/index.js'
import type { Weakness } from './messages.js'

/** What a weakness changes. */
export interface Change {
  readonly keys?: KeysOptions
  /** Before the routes are. */
  readonly prepare?: (app: FastifyInstance) => void
  readonly isUnguarded?: boolean
}

const SHARE = 500

function everySo(share: number): () => boolean {
  let count = 0
  return () => ++count % share === 0
}

/** The request is a valid one by then: the guards are `onRequest` hooks. */
function refuseSome(app: FastifyInstance): void {
  const isTurn = everySo(SHARE)
  app.addHook('preHandler', async (_request, reply) => {
    if (isTurn()) return reply.code(401).send('no')
  })
}

function failSometimes(app: FastifyInstance): void {
  const isTurn = everySo(SHARE)
  app.addHook('onRequest', async () => {
    if (isTurn()) throw new Error('deliberately')
  })
}

export const WEAKNESSES: Readonly<Record<Weakness, Change>> = {
  'refuses one valid request of 500': { prepare: refuseSome },
  'accepts everything': { isUnguarded: true },
  'fails once in a while': { prepare: failSometimes },
  'loses its keys when the endpoint fails': { keys: { staleIfError: 0, refreshAfter: 1 } },
  'accepts removed keys for ever': { keys: { staleIfError: 604_800, refreshAfter: 86_400 } },
}

/** Whom a token names, believed without any check. */
export function believe({ headers }: FastifyRequest): string {
  try {
    const payload = String(headers.authorization).split('.')[1] ?? ''
    return String(JSON.parse(Buffer.from(payload, 'base64url').toString()).sub)
  } catch {
    return 'somebody'
  }
}
