/**
 * Warnings at boot about pools that are configured in an unusual way.
 * @module
 */
import type { FastifyBaseLogger } from 'fastify'
import { plainHostOf } from './base/private-url.js'
import { CLIENT_ID_ADVICE, hasOddClient } from './pool/client-id.js'
import type { ResolvedPool } from './pool/pool.js'

/** Logs one warning for each pool and each thing that is unusual about it. */
export function warnAtBoot(log: FastifyBaseLogger, pools: Iterable<ResolvedPool>): void {
  for (const pool of pools) {
    warnOfPlainKeys(log, pool)
    warnOfOddClients(log, pool)
  }
}

/**
 * An emulator publishes its keys over plain HTTP, and everybody knows its private key. From another host, anybody on the
 * network path can replace the keys as well.
 */
function warnOfPlainKeys(log: FastifyBaseLogger, { name, jwksUrls }: ResolvedPool): void {
  const isProduction = process.env['NODE_ENV'] === 'production'
  const plain = [...jwksUrls.values()].filter((url) => url.startsWith('http:'))
  const [host] = plain.flatMap((url) => plainHostOf(url) ?? [])
  if (host !== undefined) log.warn({ pool: name, host }, FROM_ANOTHER_HOST)
  else if (plain.length > 0 && isProduction) log.warn({ pool: name }, IN_PRODUCTION)
}

/** Every token of such a pool would be refused. The id itself is not logged, because it may be the client secret. */
function warnOfOddClients(log: FastifyBaseLogger, pool: ResolvedPool): void {
  if (!hasOddClient(pool)) return
  const message = `fastify-cognito: pools.${pool.name}.appClientId: Cognito makes no such id, so no token of it will come; ${CLIENT_ID_ADVICE}`
  log.warn({ pool: pool.name }, message)
}

const FROM_ANOTHER_HOST =
  'fastify-cognito: insecureHttp: the keys of this pool come over plain http from another host; who is on the way can replace them'
const IN_PRODUCTION =
  'fastify-cognito: the keys of this pool come over plain http, as those of an emulator do; never in production'
