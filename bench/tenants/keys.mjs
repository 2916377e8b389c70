// Where do the keys and the tokens of many tenants come from? One set of keys under every path, so that no pool needs its own.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { TestIssuer } from '../../dist/testing/index.js'
import { answer } from '../answer.mjs'

const fetches = new Map()
let signer

/** Publishes the keys, and counts who asks. */
async function open() {
  const issuer = await TestIssuer.start()
  signer = issuer.createPool()
  const body = JSON.stringify(signer.keySet())
  const server = createServer(({ url }, response) => {
    const [, userPoolId] = url.split('/')
    fetches.set(userPoolId, (fetches.get(userPoolId) ?? 0) + 1)
    response.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const keysUrl = `http://127.0.0.1:${server.address().port}/{userPoolId}/jwks.json`
  return { keysUrl, clientId: signer.appClientId }
}

answer({
  open,
  /** An access token of each pool, or as many of one pool. */
  mint: (userPoolIds) =>
    userPoolIds.map((id) => signer.accessToken({ iss: `https://cognito-idp.eu-west-1.amazonaws.com/${id}` })),
  /** Fetches of each pool since the last call. */
  count() {
    const counts = Object.fromEntries(fetches)
    fetches.clear()
    return counts
  },
})
