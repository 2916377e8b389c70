/**
 * Logs warnings at boot about pools that are configured in an unusual way.
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
 * Warns of keys over plain HTTP. Such keys are those of an emulator, whose private key is public. If they come from
 * another host, an attacker on the network path can replace the keys as well.
 */
function warnOfPlainKeys(log: FastifyBaseLogger, { name, jwksUrls }: ResolvedPool): void {
  const isProduction = process.env['NODE_ENV'] === 'production'
  const plain = [...jwksUrls.values()].filter((url) => url.startsWith('http:'))
  const [host] = plain.flatMap((url) => plainHostOf(url) ?? [])
  if (host !== undefined) log.warn({ pool: name, host }, FROM_ANOTHER_HOST)
  else if (plain.length > 0 && isProduction) log.warn({ pool: name }, IN_PRODUCTION)
}

/** Warns of an `appClientId` that cannot be an id. The value is not logged, because it may be the client's secret. */
function warnOfOddClients(log: FastifyBaseLogger, pool: ResolvedPool): void {
  if (!hasOddClient(pool)) return
  const message = `fastify-cognito: pools.${pool.name}.appClientId: Cognito makes no such id, so no token can have it; ${CLIENT_ID_ADVICE}`
  log.warn({ pool: pool.name }, message)
}

const FROM_ANOTHER_HOST =
  'fastify-cognito: insecureHttp: the keys of this pool come over plain http from another host; an attacker on the network path can replace them'
const IN_PRODUCTION =
  'fastify-cognito: the keys of this pool come over plain http, as those of an emulator do; use https in production'
