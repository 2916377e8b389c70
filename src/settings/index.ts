/**
 * The entry point `fastify-cognito/settings`: reads the plugin's options from the environment or from a file.
 * @module
 */
import type { Environment } from '../base/environment.js'
import { printable } from '../base/printable.js'
import { type PluginOptions, resolveOptions } from '../options.js'
import { readEnvironment } from './environment.js'
import { readSettingsFile } from './file.js'

export type { Environment } from '../base/environment.js'

/** Options of the plugin, as the environment or a file has them: with pools. */
export interface PoolSettings extends PluginOptions {
  /** The named user pools, at least one. */
  readonly pools: NonNullable<PluginOptions['pools']>
}

/**
 * Reads the pools from environment variables, in one of two forms:
 *
 * - `COGNITO_USER_POOLS` has all pools as a JSON object, pool name → options.
 * - One variable sets one option: `COGNITO_<NAME>_USER_POOL_ID`, `_APP_CLIENT_ID`, `_REGION`, `_JWKS_URL`, `_ISSUER`,
 *   `_TOKEN_USE` and `_AUDIENCE`. Lists have commas, and `*` stands for every app client. Without `<NAME>_` the pool is
 *   named `default`.
 *
 * `COGNITO_DEFAULT_POOL` names the default pool; with several pools it is required. Case does not count in the names of
 * variables.
 *
 * @param env - the environment variables; by default `process.env`
 * @returns the options `pools` and `defaultPool` of the plugin, checked. Beside `tenants`, `pools` alone is to be used
 * @throws {TypeError} naming the variable that is missing, wrong or misspelt, and what was expected
 * @example await app.register(cognito, poolsFromEnv())
 */
export function poolsFromEnv(env: Environment = process.env): PoolSettings {
  const { options, describe } = readEnvironment(env)
  return assertResolvable(options, env, describe)
}

/**
 * Reads the plugin's options from a file: `.json`, or `.yaml` or `.yml` if the package `yaml` is installed. The file has
 * the options under their own names, or it is an unchanged settings file of fastapi-cognito.
 *
 * @param path - path of the file; a relative path starts at the working directory of the process
 * @returns the options of the plugin, checked
 * @throws {TypeError} naming the file, the line and the option that is wrong, and what was expected
 * @throws {Error} when the file cannot be read, or `yaml` is missing
 * @example await app.register(cognito, poolsFromFile('cognito.yaml'))
 */
export function poolsFromFile(path: string): PoolSettings {
  const { options, describe } = readSettingsFile(path)
  // `load` is a function, which no file has.
  if ('tenants' in options) {
    throw new TypeError(`${describe(['tenants'])}: ${TENANTS_ELSEWHERE}`)
  }
  return assertResolvable(options, process.env, describe)
}

const TENANTS_ELSEWHERE =
  'expected this option in the code, because load is a function: app.register(cognito, { ...settings, tenants })'

/** Lets the plugin check the options, and names the place in the settings in the message for a fault. */
function assertResolvable(
  settings: object,
  env: Environment,
  describe: (path: readonly string[]) => string,
): PoolSettings {
  // `resolveOptions` checks every option. Without tenants it requires pools.
  const options = settings as PoolSettings
  try {
    resolveOptions(options, env)
  } catch (error) {
    const { message }: { readonly message?: unknown } = Object(error)
    const text = String(message)
    if (text.startsWith('AWS_COGNITO_KEYS_URL: ')) throw error
    const { path, what } = splitMessage(text, Object.keys(Object(options.pools)))
    throw new TypeError(`${describe(path)}: ${what}`)
  }
  return options
}

/** Splits a message into the path of its option and the rest. A dot in the name of a pool does not split the path. */
function splitMessage(message: string, pools: readonly string[]) {
  const starts = pools.map((name) => ({ name, start: `pools.${printable(name)}` }))
  const found = starts.find(({ start }) => [`${start}.`, `${start}: `].some((at) => message.startsWith(at)))
  const [rest = '', ...what] = message.slice(found?.start.length ?? 0).split(': ')
  const names = rest.split('.').filter(Boolean)
  return { path: found === undefined ? names : ['pools', found.name, ...names], what: what.join(': ') }
}
