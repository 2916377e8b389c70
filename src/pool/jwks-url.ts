/**
 * The URLs of the keys of a pool: from its options, from `AWS_COGNITO_KEYS_URL`, or derived from an issuer.
 * @module
 */
import { fileURLToPath } from 'node:url'
import type { Environment } from '../base/environment.js'
import { parseUrl, URL_EXPECTED } from '../base/private-url.js'
import { deriveJwksUrl } from '../base/user-pool-id.js'

/** The parts of a pool that determine where its keys are. */
export interface Located {
  /** Path of the pool in the options, for messages. */
  readonly path: string
  readonly userPoolId: string
  readonly region: string | undefined
  /** The option `jwksUrl`. */
  readonly jwksUrl?: string | undefined
  readonly insecureHttp: boolean
}

/**
 * Returns the URL of the keys of each issuer.
 *
 * @param env - the environment, for `AWS_COGNITO_KEYS_URL`
 * @throws {TypeError} for a URL that cannot be fetched, or whose answer others can replace
 */
export function resolveJwksUrls(
  issuers: readonly string[],
  { path, userPoolId, region, jwksUrl, insecureHttp }: Located,
  env: Environment,
): ReadonlyMap<string, string> {
  const keysUrl = keysUrlOf(env)
  const overriding = jwksUrl ?? (keysUrl && fillPlaceholders(keysUrl, userPoolId, region))
  const source =
    jwksUrl !== undefined ? `${path}.jwksUrl` : overriding ? 'AWS_COGNITO_KEYS_URL' : `${path}.issuer`
  return new Map(
    issuers.map((iss) => [iss, toJwksUrl(source, overriding ?? deriveJwksUrl(iss), insecureHttp)]),
  )
}

/** Reads `AWS_COGNITO_KEYS_URL`. An empty variable counts as absent. */
export const keysUrlOf = (env: Environment): string | undefined => env['AWS_COGNITO_KEYS_URL'] || undefined

const fillPlaceholders = (url: string, userPoolId: string, region: string | undefined) =>
  url.replaceAll('{userPoolId}', userPoolId).replaceAll('{region}', region ?? '{region}')

/** Refuses URLs that cannot be fetched, and URLs whose answer an attacker on the network path could forge. */
function toJwksUrl(path: string, value: string, insecureHttp: boolean): string {
  const url = value.startsWith('file:') ? parseFileUrl(path, value) : parseUrl(value, insecureHttp)
  if (url === undefined) throw new TypeError(`${path}: ${URL_EXPECTED}`)
  if (url.username || url.password || url.hash || url.pathname === '/' || /[{}]/.test(value)) {
    throw new TypeError(
      `${path}: expected a URL with a path, and without credentials, fragment or unfilled placeholders`,
    )
  }
  return url.href
}

/** Parses a file URL. A relative URL is refused, because `new URL` would look for the file in the root folder. */
function parseFileUrl(path: string, value: string): URL {
  try {
    const url = new URL(value)
    fileURLToPath(url)
    if (value.startsWith('file:/') && url.search === '') return url
  } catch {
    // The error below says what was expected.
  }
  throw new TypeError(`${path}: expected a file URL of this machine, such as 'file:///etc/cognito/jwks.json'`)
}
