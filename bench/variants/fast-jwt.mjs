// fast-jwt in a hook, and the plugins that build upon it.
import fastifyJwt from '@fastify/jwt'
import { createVerifier } from 'fast-jwt'
import fastifyJwtJwks from 'fastify-jwt-jwks'
import buildGetJwks from 'get-jwks'
import { CACHED } from '../tokens.mjs'
import { onRequestSync, serveFastify } from './serve.mjs'

const toRules = ({ issuer }, cache) => ({ allowedIss: issuer, cache })

/** The verifier of one key that is known beforehand. */
export const createStaticVerifier = (pool, cache) =>
  createVerifier({ key: pool.pem, algorithms: ['RS256'], ...toRules(pool, cache) })

const serveStatic = (pool, cache) => serveFastify(() => onRequestSync(createStaticVerifier(pool, cache)))

/** As the README of get-jwks has it; the keys are at the local issuer, not where the token's `iss` is. */
const serveGetJwks = (pool, cache) =>
  serveFastify(async (app) => {
    const getJwks = buildGetJwks({ jwksPath: new URL(pool.jwksUrl).pathname })
    await app.register(fastifyJwt, {
      decode: { complete: true },
      verify: { algorithms: ['RS256'], ...toRules(pool, cache) },
      secret(_request, { header: { kid, alg } }, callback) {
        getJwks
          .getPublicKey({ kid, alg, domain: pool.origin })
          .then((publicKey) => callback(null, publicKey), callback)
      },
    })
    return {
      async onRequest(request) {
        await request.jwtVerify()
      },
    }
  })

const serveJwtJwks = (pool, cache) =>
  serveFastify(async (app) => {
    await app.register(fastifyJwtJwks, { jwksUrl: pool.jwksUrl, issuer: pool.issuer, cache })
    return { preValidation: app.authenticate }
  })

export const variants = {
  'fast-jwt': (pool) => serveStatic(pool, false),
  'fast-jwt, cache': (pool) => serveStatic(pool, CACHED),
  '@fastify/jwt + get-jwks': (pool) => serveGetJwks(pool, false),
  '@fastify/jwt + get-jwks, cache': (pool) => serveGetJwks(pool, CACHED),
  'fastify-jwt-jwks': (pool) => serveJwtJwks(pool, false),
  'fastify-jwt-jwks, cache': (pool) => serveJwtJwks(pool, CACHED),
}
