/**
 * The application that is fuzzed, its local issuer, and the keys of that issuer.
 * @module
 */
import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance } from 'fastify'
import cognito, { type TokenRequirement } from '../src/index.js'
import { TestIssuer, type TestPool } from '../src/testing/index.js'
import {
  CLOCK_TOLERANCE,
  type KeyName,
  KIDS,
  MAX_TOKEN_LENGTH,
  POOLS,
  type PoolName,
  ROUTES,
  type RouteFacts,
  type RouteName,
  type Use,
} from './setting.js'

/** Everything that a trial needs. */
export interface Stage {
  readonly app: () => FastifyInstance
  /**
   * Starts a new application where the one before has asked for so many unknown keys that the next ones might have to
   * wait: their number is limited, and each wait would take seconds.
   */
  readonly refresh: () => Promise<void>
  readonly requirements: Readonly<Record<RouteName, TokenRequirement>>
  readonly privateKey: (key: KeyName) => KeyObject
  readonly publicKey: (key: KeyName) => KeyObject
  readonly close: () => Promise<void>
}

const Member = Type.Object({
  tenantId: Type.String({ alias: 'custom:tenant_id', minLength: 1 }),
  seats: Type.Optional(Type.Integer({ alias: 'custom:seats', minimum: 1 })),
  ratio: Type.Optional(Type.Number({ alias: 'custom:ratio' })),
  active: Type.Optional(Type.Boolean({ alias: 'custom:active' })),
  tags: Type.Optional(Type.Array(Type.String(), { alias: 'custom:tags' })),
  settings: Type.Optional(Type.Object({}, { alias: 'custom:settings' })),
  since: Type.Optional(Type.Date({ alias: 'custom:since' })),
})

function toRequirement(route: RouteFacts): TokenRequirement {
  return {
    tokenUse: route.uses,
    ...(route.scopes && { scopes: route.scopes }),
    ...(route.groups && { groups: { anyOf: route.groups } }),
    ...(route.prohibited && { groups: { noneOf: route.prohibited } }),
    ...(route.level && { acr: { atLeast: route.level } }),
    ...(route.methods && { amr: { anyOf: route.methods } }),
    ...(route.maxAge !== undefined && { maxAge: route.maxAge }),
    ...(route.hasAttributes && { claims: Member }),
  }
}

const REQUIREMENTS = Object.fromEntries(
  Object.entries<RouteFacts>(ROUTES).map(([name, route]) => [name, toRequirement(route)]),
) as Record<RouteName, TokenRequirement>

/** Publishes the pool's keys under the ids that all pools share. */
function shareKids(pool: TestPool): void {
  const [id, access] = pool.keySet().keys
  const keys = [
    { ...id, kid: KIDS.id },
    { ...access, kid: KIDS.access },
  ]
  pool.keySet = () => ({ keys })
}

/** Fetches that unknown keys may cause at once in one application, the most that can be configured. */
const LOOKUPS = 1000

async function createApp(pools: Readonly<Record<PoolName, TestPool>>): Promise<FastifyInstance> {
  const app = Fastify()
  const options = (Object.keys(POOLS) as PoolName[]).map((name) => {
    const { clients, audiences } = POOLS[name]
    const audience = audiences && { audience: audiences }
    return [name, { ...pools[name].options(), appClientId: clients, ...audience }] as const
  })
  await app.register(cognito, {
    pools: Object.fromEntries(options),
    clockTolerance: CLOCK_TOLERANCE,
    maxTokenLength: MAX_TOKEN_LENGTH,
    keys: { lookupBurst: LOOKUPS, lookupInterval: 0.05 },
  })
  for (const [name, route] of Object.entries<RouteFacts>(ROUTES)) {
    const guard = app.authRequired([...route.pools], REQUIREMENTS[name as RouteName])
    app.get(`/${name}`, { onRequest: guard }, async () => 'accepted')
  }
  return app
}

/** Starts the issuer and the application. */
export async function setStage(): Promise<Stage> {
  const issuer = await TestIssuer.start()
  const create = (name: PoolName) => issuer.createPool({ userPoolId: POOLS[name].userPoolId })
  const pools = { eu: create('eu'), us: create('us'), open: create('open') }
  for (const pool of Object.values(pools)) shareKids(pool)
  const countLookups = () => [...issuer.fetches.values()].reduce((sum, count) => sum + count, 0)
  let app = await createApp(pools)
  let counted = 0
  const privateKey = (key: KeyName) => {
    const [pool, use] = key.split('.') as [PoolName, Use]
    return pools[pool].privateKey(use)
  }
  return {
    app: () => app,
    async refresh() {
      if (countLookups() - counted < LOOKUPS / 2) return
      await app.close()
      app = await createApp(pools)
      counted = countLookups()
    },
    requirements: REQUIREMENTS,
    privateKey,
    publicKey: rememberByName((key) => createPublicKey(privateKey(key))),
    async close() {
      await app.close()
      await issuer.close()
    },
  }
}

function rememberByName(create: (key: KeyName) => KeyObject): (key: KeyName) => KeyObject {
  const made = new Map<KeyName, KeyObject>()
  return (key) => {
    const value = made.get(key) ?? create(key)
    made.set(key, value)
    return value
  }
}

/** RS256 in base64url. */
export const signText = (text: string, key: KeyObject): string =>
  sign('sha256', Buffer.from(text), key).toString('base64url')
