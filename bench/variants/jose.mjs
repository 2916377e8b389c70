// jose in a hook, with its remote key set.
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { onRequestAsync, serveFastify } from './serve.mjs'

export function createVerify({ jwksUrl, issuer }) {
  const keys = createRemoteJWKSet(new URL(jwksUrl))
  return (token) => jwtVerify(token, keys, { issuer, algorithms: ['RS256'] })
}

export const variants = {
  jose: (pool) => serveFastify(() => onRequestAsync(createVerify(pool))),
}
