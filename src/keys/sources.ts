/**
 * Makes the sources of key sets: the network, a file, or the options themselves.
 * @module
 */
import { type Clock, timeOfDay } from '../base/clock.js'
import type { EndpointPolicy, KeySource } from './endpoint.js'
import { agree, createFetch } from './fetch.js'
import type { PublishedKeys } from './key-set.js'
import type { ResolvedKeys } from './options.js'
import { createMemory } from './store.js'

/** The settings of a source besides its URL. */
interface SourceContext {
  /** Name of the pool. */
  readonly pool: string
  readonly options: ResolvedKeys
  readonly policy: EndpointPolicy
  readonly clock: Clock
  /** Called with one word for the cause when the store failed, or when its key set is not trusted. */
  readonly onStoreFailure: (code: string) => void
}

/** Makes the source of a URL. A `file:` URL uses no store, because the file survives a restart. */
export function createUrlSource(url: string, context: SourceContext): KeySource {
  const { pool, options, policy, clock, onStoreFailure } = context
  const { random, refreshAfterMs, staleIfErrorMs } = policy
  const fetch = createFetch(url, { pool, clock, timeoutMs: options.timeout * 1000, random })
  if (url.startsWith('file:')) return { name: 'file', fetch }
  if (options.store === undefined) return { name: 'network', fetch }
  const memoryPolicy = { clock, timeOfDay, refreshAfterMs, staleIfErrorMs, report: onStoreFailure }
  return { name: 'network', fetch, memory: createMemory(options.store, url, memoryPolicy) }
}

/** Makes the source of the keys that the options have. */
export function createInlineSource(jwks: PublishedKeys, clock: Clock): KeySource {
  return {
    name: 'inline',
    fetch: async (known) => ({ keys: await agree(jwks, known, clock), askedAt: clock.now() }),
  }
}

/** Returns the policy for the keys of the options: they do not age, and each lookup may read them again. */
export const foreverPolicy = (policy: EndpointPolicy): EndpointPolicy => ({
  ...policy,
  refreshAfterMs: Number.POSITIVE_INFINITY,
  askFirstAfterMs: Number.POSITIVE_INFINITY,
  staleIfErrorMs: Number.POSITIVE_INFINITY,
  lookupBurst: Number.POSITIVE_INFINITY,
})
