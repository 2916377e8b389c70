// What do the usual guards of other frameworks cost, their framework included?
import { once } from 'node:events'
import { serve } from '@hono/node-server'
import express from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import { Hono } from 'hono'
import { jwk } from 'hono/jwk'
import { ANSWER, HOST, REFUSAL } from './serve.mjs'

async function serveExpress({ issuer, jwksUrl, clientId }) {
  const app = express()
  // It insists on an audience, which Cognito's access tokens do not have.
  const validators = { aud: false, client_id: clientId }
  app.use(auth({ issuer, jwksUri: jwksUrl, audience: clientId, tokenSigningAlg: 'RS256', validators }))
  app.get('/', (_request, response) => response.json(ANSWER))
  app.use(({ status, headers }, _request, response, _next) => {
    response.status(status).set(headers).json(REFUSAL)
  })
  return listening(app.listen(0, HOST))
}

function serveHono({ issuer }, keys) {
  const app = new Hono()
  app.use('/*', jwk({ alg: ['RS256'], verification: { iss: issuer }, ...keys }))
  app.get('/', (context) => context.json(ANSWER))
  return listening(serve({ fetch: app.fetch, hostname: HOST, port: 0 }))
}

async function listening(server) {
  if (!server.listening) await once(server, 'listening')
  return server.address().port
}

export const variants = {
  'express-oauth2-jwt-bearer': serveExpress,
  'hono jwk, keys given': (pool) => serveHono(pool, { keys: pool.keySet.keys }),
  'hono jwk, keys fetched': (pool) => serveHono(pool, { jwks_uri: pool.jwksUrl }),
}
