// How much memory do remembered tokens and the keys of a pool take?
import { once } from 'node:events'
import { createServer } from 'node:http'
import Fastify from 'fastify'
import cognito from '../../dist/index.js'
import { TestIssuer } from '../../dist/testing/index.js'
import { answer } from '../answer.mjs'
import { createGuard } from '../in-process/own.mjs'
import { CACHED, Tokens } from '../tokens.mjs'
import { heapAfterGc } from './heap.mjs'

const POOLS = 100

/** Publishes one set of keys under every path, so that no pool needs keys of its own. */
async function publish(keySet) {
  const server = createServer((_request, response) => response.end(JSON.stringify(keySet)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${server.address().port}`
}

const toUserPoolId = (index) => `eu-west-1_Pool${index}`

function toOptions(index, origin, clientId) {
  const jwksUrl = `${origin}/${index}/jwks.json`
  return { userPoolId: toUserPoolId(index), appClientId: clientId, jwksUrl, tokenUse: ['access', 'id'] }
}

/** Sends a token of each kind, each signed by a key of its own, to a pool. */
async function useKeys(app, signer, index) {
  const iss = `https://cognito-idp.eu-west-1.amazonaws.com/${toUserPoolId(index)}`
  for (const token of [signer.accessToken({ iss }), signer.idToken({ iss })]) {
    await app.cognito.verify(token, `pool${index}`)
  }
}

answer({
  /** The heap after as many tokens as are remembered by default. */
  async afterTokens({ pool, tokenFile, tokenCache }) {
    const tokens = new Tokens(tokenFile)
    const guard = await createGuard({ pools: { eu: pool.options }, tokenCache }, 'eu', tokens.repeated(0))
    // The guard has seen one token already. Each comes twice: of tokens that do not, a few are remembered.
    for (let index = 2; index < 2 * CACHED; index += 1) {
      const token = tokens.fresh(Math.floor(index / 2))
      if (!guard.run(guard.prepare(token))) throw new Error('a good token is refused')
    }
    return { bytes: heapAfterGc(), tokens: CACHED, alive: typeof guard.run }
  },
  /** Bytes of the keys of one pool, by those of a hundred. */
  async keys() {
    const issuer = await TestIssuer.start()
    const signer = issuer.createPool()
    const origin = await publish(signer.keySet())
    const app = Fastify()
    const names = Array.from({ length: POOLS + 1 }, (_, index) => [
      `pool${index}`,
      toOptions(index, origin, signer.appClientId),
    ])
    const options = { pools: Object.fromEntries(names), tokenCache: false, keys: { prefetch: false } }
    await app.register(cognito, options)
    await useKeys(app, signer, POOLS)
    const before = heapAfterGc()
    for (let index = 0; index < POOLS; index += 1) await useKeys(app, signer, index)
    return { bytes: (heapAfterGc() - before) / POOLS, alive: typeof app.cognito }
  },
})
