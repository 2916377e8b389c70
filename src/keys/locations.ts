/**
 * Where the keys of a pool are: at which URLs for which issuers, or in the options themselves.
 * @module
 */
import type { PublishedKeys } from './key-set.js'

/** A pool, as far as its keys are concerned. */
export interface KeyLocations {
  /** Name of the pool. */
  readonly name: string
  /** Exact `iss` of the pool's tokens, each. */
  readonly issuers: ReadonlySet<string>
  /** Issuer → URL of its keys; empty where the options have the keys themselves. */
  readonly jwksUrls: ReadonlyMap<string, string>
  /** The keys that the options have; `undefined` where they are fetched. */
  readonly jwks: PublishedKeys | undefined
}

/** The URLs of a pool's keys, each once, in the order of its issuers; none where the options have the keys themselves. */
export const jwksUrlsOf = ({ jwksUrls }: Pick<KeyLocations, 'jwksUrls'>): readonly string[] => [
  ...new Set(jwksUrls.values()),
]
