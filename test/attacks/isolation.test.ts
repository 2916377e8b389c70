/**
 * Pools that have things in common, key ids, app clients, even whole keys, never accept each other's tokens.
 * @module
 */
import t, { type Test } from 'tap'
import type { TestPool } from '../../src/testing/index.js'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { issuer, eu } = await startIssuer(t)

/** Publishes a pool's access key under another key id. */
function publishAs(pool: TestPool, kid: string): void {
  const { keys } = pool.keySet()
  const own = pool.kid()
  pool.keySet = () => ({ keys: keys.map((key) => ({ ...key, kid: key['kid'] === own ? kid : key['kid'] })) })
}

/** Pools that share something with `eu`, and how one of its own access tokens is made. */
function createTwins() {
  const sameKid = issuer.createPool()
  publishAs(sameKid, eu.kid())
  const sameClient = issuer.createPool({ appClientId: eu.appClientId })
  const sameKeys = issuer.createPool()
  sameKeys.keySet = () => eu.keySet()
  const allTheSame = issuer.createPool({ appClientId: eu.appClientId })
  allTheSame.keySet = () => eu.keySet()
  const signedByEu = (twin: TestPool) => () =>
    eu.accessToken({ iss: twin.issuers.original, client_id: twin.appClientId })
  return {
    eu: { pool: eu, mint: () => eu.accessToken() },
    sameKid: { pool: sameKid, mint: () => sameKid.accessToken({}, { kid: eu.kid() }) },
    sameClient: { pool: sameClient, mint: () => sameClient.accessToken() },
    sameKeys: { pool: sameKeys, mint: signedByEu(sameKeys) },
    allTheSame: { pool: allTheSame, mint: signedByEu(allTheSame) },
  }
}

const twins = createTwins()
type Name = keyof typeof twins
const names = Object.keys(twins) as Name[]
const pools = Object.fromEntries(names.map((name) => [name, twins[name].pool.options()]))

/** An application with a guard of every shape for one pool, at its own path, with every key held by its own pool. */
async function createShapes(test: Test, name: Name) {
  const app = await createApp(test, pools, { defaultPool: name })
  const handler = async (request: { cognito: { pool: string } | null }) => request.cognito?.pool
  const shapes = {
    '/default': app.authRequired(),
    '/name': app.authRequired(name),
    '/list': app.authRequired([name]),
    '/function': app.authRequired(() => name),
    '/function-list': app.authRequired(async () => [name]),
    '/optional': app.authOptional(name),
  }
  for (const [url, guard] of Object.entries(shapes)) app.get(url, { onRequest: guard as never }, handler)
  for (const own of names) await app.cognito.verify(twins[own].mint(), own)
  return { app, urls: Object.keys(shapes) }
}

t.test('in every shape of guard exactly the diagonal opens, whatever the pools have in common', async (t) => {
  const cells = names.flatMap((guarded) => names.map((sender) => [guarded, sender] as const))
  for (const [guarded, sender] of cells) {
    const { app, urls } = await createShapes(t, guarded)
    for (const url of urls) {
      const { statusCode, body } = await app.inject({ url, headers: bearer(twins[sender].mint()) })
      const got = statusCode === 200 ? body : statusCode
      t.equal(got, sender === guarded ? guarded : 401, `${url}: a token of ${sender} to ${guarded}`)
    }
  }
})

t.test('a token says which pool it is of: a guard of all pools finds that one and no other', async (t) => {
  const app = await createApp(t, pools)
  for (const name of names) t.equal((await app.cognito.verify(twins[name].mint(), names)).pool, name)
})

t.test('a key signs for its own pool alone: what names another pool is refused, held or not', async (t) => {
  const app = await createApp(t, pools)
  const claimsOf = ({ issuers, appClientId }: TestPool) => ({ iss: issuers.original, client_id: appClientId })
  for (const isHeld of [false, true]) {
    if (isHeld) for (const name of names) await app.cognito.verify(twins[name].mint(), name)
    const forgeries = [
      twins.sameKid.pool.accessToken(claimsOf(eu), { kid: eu.kid() }),
      twins.sameClient.pool.accessToken(claimsOf(eu)),
      twins.sameClient.pool.accessToken(claimsOf(eu), { kid: eu.kid() }),
      eu.accessToken(claimsOf(twins.sameKid.pool)),
      eu.accessToken(claimsOf(twins.sameClient.pool)),
    ]
    for (const forgery of forgeries) {
      await t.rejects(app.cognito.verify(forgery, names), { code: 'COGNITO_ERR_TOKEN_INVALID' })
    }
  }
})
