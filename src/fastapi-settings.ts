/**
 * The settings of fastapi-cognito, in the plugin's own terms.
 * @module
 */
import type { PluginOptions } from './options.js'
import type { PoolOptions } from './pool.js'
import { fromHeader } from './token-source.js'

type Settings = Readonly<Record<string, unknown>>
type Describe = (path: readonly string[]) => string

/** Its name → the option of a pool. */
const POOL_OPTIONS: Readonly<Record<string, string>> = {
  region: 'region',
  userpool_id: 'userPoolId',
  app_client_id: 'appClientId',
  jwks_url: 'jwksUrl',
}

/** Tells its settings from the plugin's own: they have `userpools`. */
export const isFastapiSettings = (settings: Settings): boolean => Object.hasOwn(settings, 'userpools')

/** The path of an option under the names of fastapi-cognito. */
export function toFastapiPath([, name, option, ...rest]: readonly string[]): readonly string[] {
  const own = Object.keys(POOL_OPTIONS).find((key) => POOL_OPTIONS[key] === option) ?? option
  return ['userpools', name, own, ...rest].filter((part) => part !== undefined)
}

/**
 * Brings its settings into the form of the plugin's options. Settings of the application beside them are left alone.
 *
 * @param describe - says where a setting is
 * @throws {TypeError} for what the plugin does not do: to accept expired tokens, or every client by an empty value
 */
export function fromFastapiSettings(settings: Settings, describe: Describe): PluginOptions {
  if (settings['check_expiration'] !== undefined && settings['check_expiration'] !== true) {
    throw new TypeError(
      `${describe(['check_expiration'])}: expected true; expiry is always checked. clockTolerance gives leeway, and fastify-cognito/testing makes tokens for tests`,
    )
  }
  const userpools = settings['userpools']
  if (typeof userpools !== 'object' || userpools === null) {
    throw new TypeError(`${describe(['userpools'])}: expected an object of user pools by their names`)
  }
  const pools = Object.entries(userpools).map(([name, pool]) => [name, toPool(name, pool, describe)])
  const tokenFrom = toTokenSource(settings, describe)
  return { pools: Object.fromEntries(pools), ...(tokenFrom && { tokenFrom }) }
}

function toPool(name: string, pool: unknown, describe: Describe): PoolOptions {
  if (typeof pool !== 'object' || pool === null) {
    throw new TypeError(`${describe(['userpools', name])}: expected the settings of a user pool`)
  }
  // A setting without a value is one that was left out.
  const given = Object.entries(pool).filter(([key, value]) => value !== null || key === 'app_client_id')
  const options = given.map(([key, value]) => [
    toOption(key, value, describe(['userpools', name, key])),
    value,
  ])
  return Object.fromEntries(options)
}

function toOption(key: string, value: unknown, at: string): string {
  const option = Object.hasOwn(POOL_OPTIONS, key) ? POOL_OPTIONS[key] : undefined
  if (option === undefined) {
    throw new TypeError(`${at}: unknown name; expected ${Object.keys(POOL_OPTIONS).join(', ')}`)
  }
  // An empty value there means every client. Here that has to be written out.
  if (option === 'appClientId' && isEmpty(value)) {
    throw new TypeError(`${at}: expected an app client id or a list of them`)
  }
  return option
}

const isEmpty = (value: unknown) =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0)

function toTokenSource(settings: Settings, describe: Describe): PluginOptions['tokenFrom'] {
  const { jwt_header_name: name = 'Authorization', jwt_header_prefix: scheme = 'Bearer' } = settings
  if (settings['jwt_header_name'] === undefined && settings['jwt_header_prefix'] === undefined)
    return undefined
  try {
    return fromHeader({ name: name as string, scheme: (scheme || null) as string | null })
  } catch {
    throw new TypeError(
      `${describe(['jwt_header_name'])}: expected the name of a header, and of its scheme in jwt_header_prefix`,
    )
  }
}
