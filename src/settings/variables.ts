/**
 * Finds the environment variables that set options of pools, and the misspelt ones.
 * @module
 */
import type { Environment } from '../base/environment.js'
import { isSameName, nearestName, nearestSpelling } from '../base/nearest-name.js'
import { printable } from '../base/printable.js'
import { pluginSchema } from '../options.js'
import { poolSchema } from '../pool/pool.js'

/** A variable that sets an option of a pool. */
export interface PoolVariable {
  readonly name: string
  /** Name of the pool, in small letters. */
  readonly pool: string
  readonly option: string
}

/** The variables that set options. */
interface Variables {
  readonly pools: readonly PoolVariable[]
  /** Name of the variable with all pools as JSON. */
  readonly json: string | undefined
  /** Name of the variable for the option `defaultPool`. */
  readonly defaultPool: string | undefined
}

/** End of a variable's name → the option that it sets. */
const OPTIONS: Readonly<Record<string, string>> = {
  USER_POOL_ID: 'userPoolId',
  APP_CLIENT_ID: 'appClientId',
  REGION: 'region',
  JWKS_URL: 'jwksUrl',
  ISSUER: 'issuer',
  TOKEN_USE: 'tokenUse',
  AUDIENCE: 'audience',
  ACR: 'acr',
}
const ENDS = Object.keys(OPTIONS)
/** Largest number of words of an end that is compared: one more than the longest end has. */
const MAX_WORDS = 4
const JSON_END = 'USER_POOLS'
const DEFAULT_END = 'DEFAULT_POOL'
const OURS = new RegExp(`^COGNITO_(?:(?:(.+)_)?(${ENDS.join('|')})|(${JSON_END}|${DEFAULT_END}))$`, 'is')
const BEGINNING = /^COGNITO_/i

const isUnsettable = (option: string) => option !== 'defaultPool' && !Object.values(OPTIONS).includes(option)
/** Options of a pool that no variable sets. */
const UNSETTABLE = Object.keys(poolSchema.properties).filter(isUnsettable)
/** Such options whose names have two words or more: nobody else has a variable of that name. */
const UNMISTAKABLE = [...Object.keys(pluginSchema.properties).filter(isUnsettable), ...UNSETTABLE].filter(
  (name) => /[A-Z]/.test(name),
)

/**
 * Returns the name of the variable that sets an option of a pool, in capital letters.
 *
 * @param pool - `undefined` for a variable without the name of a pool
 * @param option - an option that a variable can set
 */
export function toVariable(pool: string | undefined, option: string | undefined): string {
  const end = ENDS.find((one) => OPTIONS[one] === option)
  return pool === undefined ? `COGNITO_${end}` : `COGNITO_${pool.toUpperCase()}_${end}`
}

/**
 * Finds the variables that set options of pools. Case does not count in their names.
 *
 * @throws {TypeError} for a misspelt variable, naming the nearest name; and for two variables that set the same option
 */
export function findVariables(env: Environment): Variables {
  const given = Object.keys(env).filter((name) => env[name] !== undefined)
  for (const name of given) assertNotKeysUrl(name)
  for (const name of given) assertBeginning(name)
  const names = given.filter((name) => BEGINNING.test(name))
  const ours = names.flatMap((name) => readName(name) ?? [])
  const prefixes = ours.flatMap(({ prefix }) => prefix ?? [])
  for (const name of names) if (!OURS.test(name)) assertForeign(name, prefixes)
  assertApart(ours)
  const nameOf = (end: string) => ours.find((one) => one.end === end)?.name
  return {
    pools: ours.flatMap(({ name, pool, end }) => {
      const option = OPTIONS[end]
      return option === undefined ? [] : [{ name, pool, option }]
    }),
    json: nameOf(JSON_END),
    defaultPool: nameOf(DEFAULT_END),
  }
}

/** The variable that the plugin itself reads, with settings from any source. */
const KEYS_URL = 'AWS_COGNITO_KEYS_URL'

function assertNotKeysUrl(name: string): void {
  if (name === KEYS_URL || nearestSpelling(name, [KEYS_URL]) === undefined) return
  throw fault(name, `unknown name; did you mean ${KEYS_URL}?`)
}

/** Refuses a variable whose first word is a misspelt `COGNITO`: `COGNTIO_AUDIENCE`, `COGNITO-AUDIENCE`. */
function assertBeginning(name: string): void {
  const [first = '', ...rest] = name.trim().split(/[\s._-]/)
  if (BEGINNING.test(name) || nearestSpelling(first, ['COGNITO']) === undefined) return
  const meant = `COGNITO_${rest.join('_')}`
  if (OURS.test(meant)) throw fault(name, `unknown name; did you mean ${printable(meant)}?`)
}

/** The name of a variable that sets an option, and its parts. */
interface Name {
  readonly name: string
  /** Name of the pool in small letters; `default` for a variable without one. */
  readonly pool: string
  /** Name of the pool in small letters; `undefined` for a variable without one. */
  readonly prefix: string | undefined
  /** End of the name, in capital letters. */
  readonly end: string
}

function readName(name: string): Name | undefined {
  const match = OURS.exec(name)
  if (match === null) return undefined
  const [, prefix, end, single] = match
  const pool = (prefix ?? 'default').toLowerCase()
  return { name, pool, prefix: prefix?.toLowerCase(), end: String(end ?? single).toUpperCase() }
}

/** Refuses two variables for one option, because one of them would be ignored. */
function assertApart(ours: readonly Name[]): void {
  const seen = new Map<string, string>()
  for (const { name, pool, end } of ours) {
    const setting = JSON.stringify([pool, end])
    const other = seen.get(setting)
    if (other !== undefined) throw fault(name, `expected once; ${printable(other)} sets the same`)
    seen.set(setting, name)
  }
}

const fault = (name: string, what: string) => new TypeError(`${printable(name)}: ${what}`)

/**
 * Refuses a variable that sets no option, unless it may belong to other software.
 *
 * @param prefixes - names of pools in other variables, in small letters
 */
function assertForeign(name: string, prefixes: readonly string[]): void {
  const rest = name.replace(BEGINNING, '')
  const fitting = prefixes.filter((one) => rest.toLowerCase().startsWith(`${one}_`))
  // The longest name wins: US_EAST, not US.
  const [prefix] = fitting.sort((a, b) => b.length - a.length)
  if (prefix !== undefined) throw describePoolStranger(name, prefix, rest.slice(prefix.length + 1))
  if (UNMISTAKABLE.some((option) => isSameName(option, rest))) throw fault(name, ELSEWHERE)
  const near = nearestName(rest, [...ENDS, JSON_END, DEFAULT_END]) ?? nearestEnd(rest)
  if (near !== undefined) throw fault(name, `unknown name; did you mean COGNITO_${printable(near)}?`)
}

const ELSEWHERE = 'expected this option in the code or in a settings file; the environment cannot set it'

/** Describes a variable that begins with the name of a pool, and so has to set an option of the pool. */
function describePoolStranger(name: string, prefix: string, end: string): TypeError {
  if (UNSETTABLE.some((option) => isSameName(option, end))) return fault(name, ELSEWHERE)
  const start = `COGNITO_${prefix.toUpperCase()}_`
  const near = nearestName(end, ENDS) ?? nearestEnd(end)
  if (near !== undefined) return fault(name, `unknown name; did you mean ${printable(start + near)}?`)
  return fault(name, `unknown name; expected one of ${ENDS.map((one) => printable(start + one)).join(', ')}`)
}

/**
 * Returns the nearest name of a variable for a pool that no other variable names. Synonyms do not count, because
 * `COGNITO_WEB_CLIENT_ID` may be the application's own.
 */
function nearestEnd(rest: string): string | undefined {
  const words = rest.split('_')
  // The loop goes from the longest possible end to the last word.
  for (let start = Math.max(1, words.length - MAX_WORDS); start < words.length; start++) {
    const near = nearestSpelling(words.slice(start).join('_'), ENDS)
    if (near !== undefined) return [...words.slice(0, start), near].join('_')
  }
  return undefined
}
