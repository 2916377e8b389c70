/**
 * Reads the pools from the values of environment variables: one JSON object, or one variable for each option.
 * @module
 */
import type { Environment } from '../base/environment.js'
import { isMembers, type Members } from '../base/members.js'
import { printable } from '../base/printable.js'
import { findRepeatedName, REPEATED } from '../base/repeated-name.js'
import { findVariables, type PoolVariable, toVariable } from './variables.js'

/** Options that take a list. */
const LISTS: ReadonlySet<string> = new Set(['appClientId', 'issuer', 'tokenUse', 'audience', 'acr'])

const JSON_VARIABLE = 'COGNITO_USER_POOLS'
const DEFAULT_VARIABLE = 'COGNITO_DEFAULT_POOL'

type Describe = (path: readonly string[]) => string

/** The options that the environment sets, not checked yet. */
export interface EnvironmentSettings {
  readonly options: object
  /** Returns the name of the variable that has an option, or that should have it. */
  readonly describe: Describe
}

/**
 * Reads the options `pools` and `defaultPool`.
 *
 * @throws {TypeError} naming the variable that is missing, wrong or misspelt, and what was expected
 */
export function readEnvironment(env: Environment): EnvironmentSettings {
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
  return {
    options,
    describe: ([name, ...rest]) =>
      name === 'defaultPool' ? defaultPool : printable(describe([String(name), ...rest])),
  }
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
