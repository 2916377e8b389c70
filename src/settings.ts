/**
 * `fastify-cognito/settings`: the plugin's options from the environment, or from a file.
 * @module
 */
import { type PluginOptions, resolveOptions } from './options.js'
import type { PoolOptions } from './pool.js'
import { readSettingsFile } from './settings-file.js'

/** Environment variables by their names. */
export type Environment = Readonly<Record<string, string | undefined>>

/** End of a variable's name → the option that it sets. */
const OPTIONS: Readonly<Record<string, string>> = {
  USER_POOL_ID: 'userPoolId',
  APP_CLIENT_ID: 'appClientId',
  REGION: 'region',
  JWKS_URL: 'jwksUrl',
  ISSUER: 'issuer',
  TOKEN_USE: 'tokenUse',
  AUDIENCE: 'audience',
}
/** Options that take a list. */
const LISTS: ReadonlySet<string> = new Set(['appClientId', 'issuer', 'tokenUse', 'audience'])

const JSON_VARIABLE = 'COGNITO_USER_POOLS'
const DEFAULT_VARIABLE = 'COGNITO_DEFAULT_POOL'
const VARIABLE = new RegExp(`^COGNITO_(?:(.+)_)?(${Object.keys(OPTIONS).join('|')})$`)

/**
 * Reads the pools from environment variables: all of them as JSON in `COGNITO_USER_POOLS`, or one variable an option,
 * `COGNITO_<NAME>_USER_POOL_ID`, `_APP_CLIENT_ID`, `_REGION`, `_JWKS_URL`, `_ISSUER`, `_TOKEN_USE` and `_AUDIENCE`. There
 * lists are written with commas, and `*` is every app client. Without `<NAME>_` the pool is named `default`.
 * `COGNITO_DEFAULT_POOL` names the default pool; with several pools it is required.
 *
 * @param env - `process.env` where it is left out
 * @throws {TypeError} naming the variable that is missing or wrong, and what was expected
 * @example await app.register(cognito, poolsFromEnv())
 */
export function poolsFromEnv(env: Environment = process.env): PluginOptions {
  const json = env[JSON_VARIABLE]
  const variables = Object.keys(env).filter((name) => VARIABLE.test(name) && env[name] !== undefined)
  if (json !== undefined && variables.length > 0) {
    throw new TypeError(`${variables[0]}: expected a variable for each option, or ${JSON_VARIABLE}; not both`)
  }
  const pools = json === undefined ? readVariables(env, variables) : readJson(json)
  const names = Object.keys(pools)
  const defaultPool = env[DEFAULT_VARIABLE]
  if (defaultPool === undefined && names.length > 1) {
    throw new TypeError(`${DEFAULT_VARIABLE}: expected one of ${names.join(', ')}`)
  }
  const options = { pools, ...(defaultPool !== undefined && { defaultPool }) } as PluginOptions
  const describe = json === undefined ? toVariable : toJsonPath
  return assertResolvable(options, env, describe)
}

/**
 * Reads the plugin's options from a file: `.json`, or `.yaml` and `.yml`, for which the package `yaml` has to be
 * installed. It has the options under their own names; or it is a settings file of fastapi-cognito, as it is.
 *
 * @throws {TypeError} naming the file, the line and the option that is wrong, and what was expected
 * @throws {Error} when the file cannot be read, or `yaml` is missing
 * @example await app.register(cognito, poolsFromFile('cognito.yaml'))
 */
export function poolsFromFile(path: string): PluginOptions {
  const { options, describe } = readSettingsFile(path)
  return assertResolvable(options, process.env, describe)
}

/** Lets the plugin itself judge the options, and says of a fault where the settings have it. */
function assertResolvable(
  options: PluginOptions,
  env: Environment,
  describe: (path: readonly string[]) => string,
): PluginOptions {
  try {
    resolveOptions(options, env)
  } catch (error) {
    const [at = '', ...expected] = (error as Error).message.split(': ')
    if (at === 'AWS_COGNITO_KEYS_URL') throw error
    throw new TypeError(`${describe(splitPath(at, options.pools))}: ${expected.join(': ')}`)
  }
  return options
}

/** Splits the path of an option at its dots, but for those in a pool's name. */
function splitPath(path: string, pools: unknown): readonly string[] {
  const names = Object.keys((pools ?? {}) as object)
  const name = names.find((pool) => path === `pools.${pool}` || path.startsWith(`pools.${pool}.`))
  if (name === undefined) return path.split('.')
  const rest = path.slice(`pools.${name}`.length + 1)
  return ['pools', name, ...rest.split('.').filter(Boolean)]
}

function readVariables(env: Environment, variables: readonly string[]): Record<string, Partial<PoolOptions>> {
  const pools = new Map<string, Record<string, unknown>>()
  for (const variable of variables) {
    const [, name = 'default', end] = VARIABLE.exec(variable) as unknown as [
      string,
      string | undefined,
      string,
    ]
    const option = OPTIONS[end] as string
    const pool = pools.get(name) ?? {}
    pools.set(name, pool)
    pool[option] = readValue(variable, option, env[variable] as string)
  }
  return Object.fromEntries([...pools].map(([name, pool]) => [name.toLowerCase(), pool]))
}

/** An empty variable is refused: what it should have narrowed must not be left open. */
function readValue(variable: string, option: string, text: string): unknown {
  const items = text.split(',').map((item) => item.trim())
  if (items.includes('')) throw new TypeError(`${variable}: expected a value; unset it where none is meant`)
  if (option === 'appClientId' && text.trim() === '*') return null
  return LISTS.has(option) && items.length > 1 ? items : text.trim()
}

function readJson(text: string): Record<string, unknown> {
  const expected = new TypeError(`${JSON_VARIABLE}: expected a JSON object of pools by their names`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw expected
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw expected
  for (const [name, pool] of Object.entries(value)) assertNoInsecureHttp(name, pool)
  return value as Record<string, unknown>
}

/** One variable that slips into another environment must not let anybody on the way choose the keys. */
function assertNoInsecureHttp(name: string, pool: unknown): void {
  if (!Object.hasOwn(Object(pool), 'insecureHttp')) return
  throw new TypeError(
    `${JSON_VARIABLE}.${name}.insecureHttp: expected it in the code or in a file of settings; the environment cannot allow it`,
  )
}

function toJsonPath([first, ...rest]: readonly string[]): string {
  return first === 'defaultPool' ? DEFAULT_VARIABLE : [JSON_VARIABLE, ...rest].join('.')
}

function toVariable([first, name, option]: readonly string[]): string {
  if (first === 'defaultPool') return DEFAULT_VARIABLE
  if (name === undefined) return `COGNITO_USER_POOL_ID, or ${JSON_VARIABLE}`
  const prefix = name === 'default' ? 'COGNITO' : `COGNITO_${name.toUpperCase()}`
  const end = Object.keys(OPTIONS).find((key) => OPTIONS[key] === option)
  return end === undefined ? prefix : `${prefix}_${end}`
}
