// Which ways to guard a route are compared over HTTP, and how is one started?

export const UNGUARDED = 'no authentication'
export const ONLY_READS = 'header read only'
export const OURS = 'fastify-cognito'
export const AWS = 'aws-jwt-verify, sync'

/** The folder's module of each variant, loaded only where it runs: a peer that is missing fails alone. */
const MODULES = {
  [UNGUARDED]: 'baselines',
  [ONLY_READS]: 'baselines',
  'crypto.verify only': 'baselines',
  [OURS]: 'cognito',
  'fastify-cognito, no cache': 'cognito',
  [AWS]: 'aws',
  'aws-jwt-verify, async': 'aws',
  'fastify-aws-jwt-verify': 'aws',
  'fast-jwt': 'fast-jwt',
  'fast-jwt, cache': 'fast-jwt',
  '@fastify/jwt + get-jwks': 'fast-jwt',
  '@fastify/jwt + get-jwks, cache': 'fast-jwt',
  'fastify-jwt-jwks': 'fast-jwt',
  'fastify-jwt-jwks, cache': 'fast-jwt',
  jose: 'jose',
  'express-oauth2-jwt-bearer': 'frameworks',
  'hono jwk, keys given': 'frameworks',
  'hono jwk, keys fetched': 'frameworks',
}

export const variantNames = Object.keys(MODULES)

/**
 * Starts a server whose route GET / is guarded the way that the name says.
 *
 * @param {string} name
 * @param {import('../issuer.mjs').Pool} pool
 * @returns {Promise<number>} its port on 127.0.0.1
 */
export async function startVariant(name, pool) {
  const { variants } = await import(`./${MODULES[name]}.mjs`)
  return variants[name](pool)
}
