/**
 * Describes where the keys of a pool are: at a URL for each issuer, or in the options themselves.
 * @module
 */
import type { PublishedKeys } from './key-set.js'

/** The part of a pool's options that locates its keys. */
export interface KeyLocations {
  /** Name of the pool. */
  readonly name: string
  /** Values that the claim `iss` of the pool's tokens can have. */
  readonly issuers: ReadonlySet<string>
  /** Issuer → URL of its keys; empty when the options have the keys themselves. */
  readonly jwksUrls: ReadonlyMap<string, string>
  /** The keys that the options have; `undefined` when the keys are fetched. */
  readonly jwks: PublishedKeys | undefined
}

/** Returns the URLs of a pool's keys, each once, in the order of the issuers; none when the options have the keys. */
export const jwksUrlsOf = ({ jwksUrls }: Pick<KeyLocations, 'jwksUrls'>): readonly string[] => [
  ...new Set(jwksUrls.values()),
]
