/**
 * `fastify-cognito/settings`: the plugin's options from the environment, or from a file.
 * @module
 */

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
 * Reads the pools from environment variables: all of them as JSON in `COGNITO_USER_POOLS`, or one variable an option,
 * `COGNITO_<NAME>_USER_POOL_ID`, `_APP_CLIENT_ID`, `_REGION`, `_JWKS_URL`, `_ISSUER`, `_TOKEN_USE` and `_AUDIENCE`. There
 * lists are written with commas, and `*` is every app client. Without `<NAME>_` the pool is named `default`.
 * `COGNITO_DEFAULT_POOL` names the default pool; with several pools it is required. Case does not count in the names of
 * variables.
 *
 * @param env - `process.env` where it is left out
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
    // Names that come from variables are in small letters.
    ...(chosen !== undefined && {
      defaultPool: variables.json === undefined ? chosen.toLowerCase() : chosen,
    }),
  } as PluginOptions
  return assertResolvable(options, env, ([name, ...rest]) =>
    name === 'defaultPool' ? defaultPool : printable(describe([String(name), ...rest])),
  )
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
function assertResolvable(options: PluginOptions, env: Environment, describe: Describe): PluginOptions {
  try {
    resolveOptions(options, env)
  } catch (error) {
    const { message } = error as Error
    if (message.startsWith('AWS_COGNITO_KEYS_URL: ')) throw error
    const { path, what } = splitMessage(message, Object.keys(Object(options.pools)))
    throw new TypeError(`${describe(path)}: ${what}`)
  }
  return options
}

/** Splits a message behind the path of its option, and the path at its dots, but for those in a pool's name. */
function splitMessage(message: string, pools: readonly string[]) {
  const starts = pools.map((name) => ({ name, start: `pools.${printable(name)}` }))
  const found = starts.find(({ start }) => [`${start}.`, `${start}: `].some((at) => message.startsWith(at)))
  const [rest = '', ...what] = message.slice(found?.start.length ?? 0).split(': ')
  const names = rest.split('.').filter(Boolean)
  return { path: found === undefined ? names : ['pools', found.name, ...names], what: what.join(': ') }
}

interface Reading {
  readonly pools: Readonly<Record<string, unknown>>
  /** Names the variable that has an option, or should have it. */
  readonly describe: Describe
}

function readVariables(env: Environment, variables: readonly PoolVariable[]): Reading {
  const pools = new Map<string, Record<string, unknown>>()
  for (const { name, pool, option } of variables) {
    const options = pools.get(pool) ?? {}
    pools.set(pool, options)
    options[option] = readValue(name, option, env[name] as string)
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
  const given = own.find((variable) => variable.option === option)
  // `option` is undefined where the name of the pool itself is wrong.
  if (given !== undefined || option === undefined) return (given ?? (own[0] as PoolVariable)).name
  const isNamed = own.some(({ name }) => name.toLowerCase().startsWith(`cognito_${pool}_`))
  return toVariable(isNamed ? pool : undefined, option)
}

/** A variable such as `COGNITO_AWS_REGION`, meant for something else, would make a pool of its own. */
function assertWhole(variables: readonly PoolVariable[]): void {
  const whole = new Set(variables.flatMap(({ pool, option }) => (option === 'userPoolId' ? [pool] : [])))
  const lone = variables.find(({ pool }) => !whole.has(pool))
  if (lone === undefined) return
  const missing = toVariable(lone.pool === 'default' ? undefined : lone.pool, 'userPoolId')
  throw new TypeError(
    `${printable(lone.name)}: belongs to a pool ${printable(lone.pool)}, which has no ${printable(missing)}; set that as well, or rename this variable`,
  )
}

/** An empty variable is refused: what it should have narrowed must not be left open. */
function readValue(variable: string, option: string, text: string): unknown {
  const items = text.split(',').map((item) => item.trim())
  if (items.includes('')) {
    throw new TypeError(`${printable(variable)}: expected a value; unset it where none is meant`)
  }
  if (option === 'appClientId' && text.trim() === '*') return null
  if (option === 'appClientId' && items.includes('*')) {
    throw new TypeError(
      `${printable(variable)}: expected * alone, which is every app client, or a list of ids`,
    )
  }
  return LISTS.has(option) && items.length > 1 ? items : text.trim()
}

function readJson(env: Environment, variable: string): Reading {
  const pools = parsePools(String(env[variable]), variable)
  for (const [name, pool] of Object.entries(pools)) assertNoInsecureHttp(`${variable}.${name}`, pool)
  return { pools, describe: ([, ...rest]) => [variable, ...rest].join('.') }
}

function parsePools(text: string, variable: string): Readonly<Record<string, unknown>> {
  const fail = () => new TypeError(`${variable}: expected a JSON object of pools by their names`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw fail()
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fail()
  const repeated = findRepeatedName(text)
  if (repeated === undefined) return value as Record<string, unknown>
  throw new TypeError(`${printable([variable, ...repeated.path].join('.'))}: ${REPEATED}`)
}

/** One variable that slips into another environment must not let anybody on the way choose the keys. */
function assertNoInsecureHttp(path: string, pool: unknown): void {
  if (!Object.hasOwn(Object(pool), 'insecureHttp')) return
  throw new TypeError(
    `${printable(path)}.insecureHttp: expected it in the code or in a file of settings; the environment cannot allow it`,
  )
}
