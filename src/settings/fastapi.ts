/**
 * Converts settings of fastapi-cognito into options of the plugin.
 * @module
 */
import { nearestSpelling } from '../base/nearest-name.js'
import { describeUnknown } from '../base/unknown-option.js'
import { fromHeader } from '../guard/token-sources.js'
import { type PluginOptions, pluginSchema } from '../options.js'
import type { PoolOptions } from '../pool/pool.js'

type Settings = Readonly<Record<string, unknown>>
type Describe = (path: readonly string[]) => string

/** Setting of a pool in fastapi-cognito → option of a pool. */
const POOL_OPTIONS: Readonly<Record<string, string>> = {
  region: 'region',
  userpool_id: 'userPoolId',
  app_client_id: 'appClientId',
  jwks_url: 'jwksUrl',
}

/** Names that fastapi-cognito reads. A settings file may have others, for the application. */
const SETTINGS = ['userpools', 'check_expiration', 'jwt_header_name', 'jwt_header_prefix']
/** Options of the plugin of two words or more: no application has a setting of that name. */
const OWN_OPTIONS = Object.keys(pluginSchema.properties).filter((name) => /[A-Z]/.test(name))

/** Tells whether settings are those of fastapi-cognito, which have `userpools`. */
export const isFastapiSettings = (settings: Settings): boolean => Object.hasOwn(settings, 'userpools')

/** Converts the path of an option into the path of the setting of fastapi-cognito. */
export function toFastapiPath([, name, option, ...rest]: readonly string[]): readonly string[] {
  const own = Object.keys(POOL_OPTIONS).find((key) => POOL_OPTIONS[key] === option) ?? option
  return ['userpools', name, own, ...rest].filter((part) => part !== undefined)
}

/**
 * Converts settings of fastapi-cognito into options of the plugin. The application's own settings are ignored, except for
 * a misspelt name of fastapi-cognito and the name of an option.
 *
 * @param describe - returns the place of a setting, for messages
 * @throws {TypeError} for what the plugin does not do: accept expired tokens, or accept every client for an empty value
 */
export function fromFastapiSettings(settings: Settings, describe: Describe): PluginOptions {
  for (const name of Object.keys(settings)) if (!SETTINGS.includes(name)) assertForeign(name, describe)
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

function assertForeign(name: string, describe: Describe): void {
  const near = nearestSpelling(name, SETTINGS)
  if (near !== undefined) throw new TypeError(`${describe([name])}: unknown name; did you mean ${near}?`)
  if (name !== 'pools' && nearestSpelling(name, OWN_OPTIONS) === undefined) return
  throw new TypeError(
    `${describe([name])}: is an option of fastify-cognito, and this is a file of fastapi-cognito; rename userpools to pools and use the names of fastify-cognito, or remove it`,
  )
}

function toPool(name: string, pool: unknown, describe: Describe): PoolOptions {
  if (typeof pool !== 'object' || pool === null) {
    throw new TypeError(`${describe(['userpools', name])}: expected the settings of a user pool`)
  }
  // A setting without a value counts as left out.
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
    throw new TypeError(`${at}: ${describeUnknown(key, Object.keys(POOL_OPTIONS))}`)
  }
  // fastapi-cognito accepts every client for an empty value. In the plugin that takes an explicit `null`.
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
