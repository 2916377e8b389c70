/**
 * The entry point `fastify-cognito/settings`: reads the plugin's options from the environment or from a file.
 * @module
 */
import { isMembers, type Members } from '../base/members.js'
import { printable } from '../base/printable.js'
import { findRepeatedName, REPEATED } from '../base/repeated-name.js'
import { type PluginOptions, resolveOptions } from '../options.js'
import { type Environment, findVariables, type PoolVariable, toVariable } from './environment.js'
import { readSettingsFile } from './file.js'

export type { Environment } from './environment.js'

/** Options that take a list. */
const LISTS: ReadonlySet<string> = new Set(['appClientId', 'issuer', 'tokenUse', 'audience'])

const JSON_VARIABLE = 'COGNITO_USER_POOLS'
const DEFAULT_VARIABLE = 'COGNITO_DEFAULT_POOL'

type Describe = (path: readonly string[]) => string

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
 * @returns the options `pools` and `defaultPool` of the plugin, checked
 * @throws {TypeError} naming the variable that is missing, wrong or misspelt, and what was expected
 * @example await app.register(cognito, poolsFromEnv())
 */
export function poolsFromEnv(env: Environment = process.env): PluginOptions {
  const variables = findVariables(env)
  const [first] = variables.pools
  if (variables.json !== undefined && first !== undefined) {
    throw new TypeError(
      `${printable(first.name)}: expected a variable for each option, or ${variables.json}; not both`,
    )
  }
  if (variables.json === undefined && first === undefined) {
    throw new TypeError(
      `COGNITO_USER_POOL_ID, or ${JSON_VARIABLE}: neither is set; expected at least one pool`,
    )
  }
  const { pools, describe } =
    variables.json === undefined ? readVariables(env, variables.pools) : readJson(env, variables.json)
  const names = Object.keys(pools)
  if (names.length > 1) assertWhole(variables.pools)
  const { defaultPool = DEFAULT_VARIABLE } = variables
  const chosen = env[defaultPool]
  if (chosen === undefined && names.length > 1) {
    throw new TypeError(
      `${DEFAULT_VARIABLE}: it is missing, and there are several pools; expected one of ${printable(names.join(', '))}`,
    )
  }
  const options = {
    pools,
    // The names of pools that come from names of variables are in small letters.
    ...(chosen !== undefined && {
      defaultPool: variables.json === undefined ? chosen.toLowerCase() : chosen,
    }),
  }
  return assertResolvable(options, env, ([name, ...rest]) =>
    name === 'defaultPool' ? defaultPool : printable(describe([String(name), ...rest])),
  )
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
export function poolsFromFile(path: string): PluginOptions {
  const { options, describe } = readSettingsFile(path)
  return assertResolvable(options, process.env, describe)
}

/** Lets the plugin check the options, and names the place in the settings in the message for a fault. */
function assertResolvable(settings: object, env: Environment, describe: Describe): PluginOptions {
  // `resolveOptions` checks every option.
  const options = settings as PluginOptions
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

interface Reading {
  readonly pools: Members
  /** Returns the name of the variable that has an option, or that should have the option. */
  readonly describe: Describe
}

function readVariables(env: Environment, variables: readonly PoolVariable[]): Reading {
  const pools = new Map<string, Record<string, unknown>>()
  for (const { name, pool, option } of variables) {
    const options = pools.get(pool) ?? {}
    pools.set(pool, options)
    options[option] = readValue(name, option, String(env[name]))
  }
  return {
    pools: Object.fromEntries(pools),
    describe: ([, pool, option]) => describeVariable(variables, String(pool), option),
  }
}

function describeVariable(
  variables: readonly PoolVariable[],
  pool: string,
  option: string | undefined,
): string {
  const own = variables.filter((variable) => variable.pool === pool)
  // `option` is undefined when the name of the pool itself is wrong.
  const given = own.find((variable) => option === undefined || variable.option === option)
  if (given !== undefined) return given.name
  const isNamed = own.some(({ name }) => name.toLowerCase().startsWith(`cognito_${pool}_`))
  return toVariable(isNamed ? pool : undefined, option)
}

/**
 * Refuses a pool without a user pool id. A variable of other software, such as `COGNITO_AWS_REGION`, makes such a pool.
 */
function assertWhole(variables: readonly PoolVariable[]): void {
  const whole = new Set(variables.flatMap(({ pool, option }) => (option === 'userPoolId' ? [pool] : [])))
  const lone = variables.find(({ pool }) => !whole.has(pool))
  if (lone === undefined) return
  const missing = toVariable(lone.pool === 'default' ? undefined : lone.pool, 'userPoolId')
  throw new TypeError(
    `${printable(lone.name)}: belongs to a pool ${printable(lone.pool)}, which has no ${printable(missing)}; set that as well, or rename this variable`,
  )
}

/** Reads the value of a variable. An empty one is refused, because an option that narrows a check must not vanish. */
function readValue(variable: string, option: string, text: string): unknown {
  const items = text.split(',').map((item) => item.trim())
  if (items.includes('')) {
    throw new TypeError(`${printable(variable)}: expected a value; unset the variable if none is meant`)
  }
  if (option === 'appClientId' && text.trim() === '*') return null
  if (option === 'appClientId' && items.includes('*')) {
    throw new TypeError(`${printable(variable)}: expected a list of ids, or * alone for every app client`)
  }
  return LISTS.has(option) && items.length > 1 ? items : text.trim()
}

function readJson(env: Environment, variable: string): Reading {
  const pools = parsePools(String(env[variable]), variable)
  for (const [name, pool] of Object.entries(pools)) assertNoInsecureHttp(`${variable}.${name}`, pool)
  return { pools, describe: ([, ...rest]) => [variable, ...rest].join('.') }
}

function parsePools(text: string, variable: string): Members {
  const fail = () => new TypeError(`${variable}: expected a JSON object of pools by their names`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw fail()
  }
  if (!isMembers(value)) throw fail()
  const repeated = findRepeatedName(text)
  if (repeated === undefined) return value
  throw new TypeError(`${printable([variable, ...repeated.path].join('.'))}: ${REPEATED}`)
}

/** Refuses `insecureHttp`: a variable that is copied to production would let an attacker replace the keys. */
function assertNoInsecureHttp(path: string, pool: unknown): void {
  if (!Object.hasOwn(Object(pool), 'insecureHttp')) return
  throw new TypeError(
    `${printable(path)}.insecureHttp: expected this option in the code or in a settings file; the environment cannot allow it`,
  )
}
