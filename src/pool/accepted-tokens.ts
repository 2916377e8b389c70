/**
 * The options by which pools and tenants say which tokens they accept, in the form that checks use.
 * @module
 */
import type { TokenUse } from '../claims/standard-claims.js'

/** The options, with their defaults. */
interface TokenOptions {
  readonly tokenUse: TokenUse | readonly TokenUse[]
  readonly audience: string | readonly string[] | undefined
  readonly acr: readonly string[]
}

/** The tokens that a pool, or every tenant, accepts. */
export interface AcceptedTokens {
  readonly tokenUses: ReadonlySet<TokenUse>
  /** `null` requires no audience. */
  readonly audiences: ReadonlySet<string> | null
  /** Names of the levels of sign-in, lowest first. */
  readonly acr: readonly string[]
}

/** Makes a set of an option that is one text, or a list of texts. */
export const toSet = <T extends string>(value: T | readonly T[]): ReadonlySet<T> =>
  new Set(typeof value === 'string' ? [value] : value)

/**
 * Resolves options that match their schema.
 *
 * @param path - where the options stand
 * @throws {TypeError} for an audience that no accepted token can have
 */
export function resolveAcceptedTokens(
  { tokenUse, audience, acr }: TokenOptions,
  path: string,
): AcceptedTokens {
  const tokenUses = toSet(tokenUse)
  if (audience !== undefined && !tokenUses.has('access')) {
    throw new TypeError(
      `${path}.audience: expected tokenUse to include 'access'; only access tokens are bound to a resource`,
    )
  }
  return {
    tokenUses,
    audiences: audience === undefined ? null : toSet(audience),
    acr: Object.freeze([...acr]),
  }
}
