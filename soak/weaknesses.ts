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
const LOOKUP_MS = 500
const BEAT_MS = 50
/** A beat that is later than this comes after a freeze; milliseconds. */
const LATE_MS = 400
/** How long a freeze has its effect; milliseconds. */
const AFTERMATH_MS = 1000

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

/** One unknown key at a time is looked up, and the tokens of all others are refused at once. */
function refuseUnknownKeys(app: FastifyInstance): void {
  const known = new Set<unknown>()
  let mayAskAt = 0
  app.addHook('onRequest', async (request, reply) => {
    if (known.size === 0 || known.has(kidOf(request))) return
    if (performance.now() < mayAskAt) return reply.code(401).send('no')
    mayAskAt = performance.now() + LOOKUP_MS
  })
  app.addHook('onResponse', async (request, reply) => {
    if (reply.statusCode === 200) known.add(kidOf(request))
  })
}

function failAfterFreezes(app: FastifyInstance): void {
  const isAfterFreeze = watchFreezes()
  app.addHook('onRequest', async (_request, reply) => {
    if (isAfterFreeze()) return reply.code(503).header('retry-after', '1').send('no')
  })
}

/** A token that was accepted once is accepted again, whenever `isTrusted` says so. */
const remember = (makeIsTrusted: () => () => boolean) => (app: FastifyInstance) => {
  const isTrusted = makeIsTrusted()
  const subjects = new Map<unknown, string>()
  app.addHook('onRequest', async ({ headers }, reply) => {
    const subject = subjects.get(headers.authorization)
    if (subject !== undefined && isTrusted()) return reply.send(subject)
  })
  app.addHook('onSend', async ({ headers }, { statusCode }, payload) => {
    if (statusCode === 200) subjects.set(headers.authorization, String(payload))
  })
}

/** Tells whether the process has just been frozen. At a thaw, the beat or a request may come first. */
function watchFreezes(): () => boolean {
  let beatAt = performance.now()
  let until = 0
  const look = () => {
    const now = performance.now()
    if (now - beatAt > LATE_MS) until = now + AFTERMATH_MS
    beatAt = now
    return now < until
  }
  setInterval(look, BEAT_MS)
  return look
}

export const WEAKNESSES: Readonly<Record<Weakness, Change>> = {
  'refuses one valid request of 500': { prepare: refuseSome },
  'accepts everything': { isUnguarded: true },
  'fails once in a while': { prepare: failSometimes },
  'loses its keys when the endpoint fails': { keys: { staleIfError: 0 } },
  'accepts removed keys for ever': { prepare: remember(() => () => true) },
  'lets a flood lock new keys out': { prepare: refuseUnknownKeys },
  'takes a freeze for an outage': { prepare: failAfterFreezes },
  'trusts old keys after a freeze': { prepare: remember(watchFreezes) },
}

function kidOf({ headers }: FastifyRequest): unknown {
  try {
    const header = String(headers.authorization).replace('Bearer ', '').split('.')[0] ?? ''
    return JSON.parse(Buffer.from(header, 'base64url').toString()).kid
  } catch {
    return undefined
  }
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
