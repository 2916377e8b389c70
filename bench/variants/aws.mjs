// aws-jwt-verify in a hook, and in the plugin around it.
import https from 'node:https'
import net from 'node:net'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import fastifyAwsJwtVerify from 'fastify-aws-jwt-verify'
import { HOST, onRequestAsync, onRequestSync, serveFastify } from './serve.mjs'

const toOptions = ({ userPoolId, clientId }) => ({ userPoolId, clientId, tokenUse: 'access' })

/** It asks for keys over https only, so it is given them: after its first request it would hold them as well. */
export function createVerifier(pool) {
  const verifier = CognitoJwtVerifier.create(toOptions(pool))
  verifier.cacheJwks(pool.keySet)
  return verifier
}

/**
 * The plugin makes a verifier for each request, which asks for the keys anew. What it believes to be a connection to
 * AWS leads to the local issuer, and is spared the cost of TLS.
 */
function servePlugin(pool) {
  https.globalAgent.createConnection = () => net.connect(Number(new URL(pool.origin).port), HOST)
  return serveFastify(async (app) => {
    await app.register(fastifyAwsJwtVerify.default, { ...toOptions(pool), tokenProvider: 'Bearer' })
    return { onRequest: app.auth.require() }
  })
}

export const variants = {
  'aws-jwt-verify, sync'(pool) {
    const verifier = createVerifier(pool)
    return serveFastify(() => onRequestSync((token) => verifier.verifySync(token)))
  },
  'aws-jwt-verify, async'(pool) {
    const verifier = createVerifier(pool)
    return serveFastify(() => onRequestAsync((token) => verifier.verify(token)))
  },
  'fastify-aws-jwt-verify': servePlugin,
}
