// How does it scale: with pools, with remembered tokens, with requests at once?
import { askOnce, SERVER_CORE } from '../children.mjs'

const POOLS = 1000
const FRESH_PROCESS = { core: SERVER_CORE, flags: ['--expose-gc'] }

/**
 * @param {{ turns: number }} plan
 * @param {{ pool: import('../issuer.mjs').Pool, tokenFile: string }} world
 * @param {(text: string) => void} say
 */
export async function measureScale({ turns }, world, say) {
  say('scale: pools')
  const registration = {}
  for (const who of ['fastify-cognito', 'aws-jwt-verify']) {
    const input = { who, count: POOLS, pool: world.pool }
    const { seconds, megabytes } = await askOnce('scale/pools.mjs', FRESH_PROCESS, 'register', input)
    registration[who] = { seconds, megabytes }
  }
  const request = await askOnce('scale/pools.mjs', FRESH_PROCESS, 'request', { ...world, turns })
  say('scale: memory')
  const memory = await measureMemory(world)
  say('scale: fetches')
  const fetches = await askOnce('scale/fetches.mjs', FRESH_PROCESS, 'count')
  return { registration, request, memory, fetches }
}

/** Bytes. */
async function measureMemory(world) {
  const ask = (name, input) => askOnce('scale/memory.mjs', FRESH_PROCESS, name, input)
  const without = await ask('afterTokens', { ...world, tokenCache: false })
  const { bytes, tokens } = await ask('afterTokens', world)
  const keys = await ask('keys')
  return {
    'a remembered token': (bytes - without.bytes) / tokens,
    'the keys of a pool': keys.bytes,
  }
}
