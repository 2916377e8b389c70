/**
 * Which variables of the environment are settings of pools, and which were meant to be.
 * @module
 */
import { isSameName, nearestName, nearestSpelling } from '../base/nearest-name.js'
import { printable } from '../base/printable.js'
import { pluginSchema } from '../options.js'
import { poolSchema } from '../pool/pool.js'

/** Environment variables by their names. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A variable that sets an option of a pool. */
export interface PoolVariable {
  readonly name: string
  /** In small letters. */
  readonly pool: string
  readonly option: string
}

/** The variables that are settings. */
export interface Variables {
  readonly pools: readonly PoolVariable[]
  /** The one with all pools as JSON. */
  readonly json: string | undefined
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
}
const ENDS = Object.keys(OPTIONS)
/** Words of the longest end, and one more. */
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
 * The variable that sets an option of a pool, in capital letters.
 *
 * @param pool - `undefined` where its name is left out of the variable's
 */
export function toVariable(pool: string | undefined, option: string): string {
  const end = ENDS.find((one) => OPTIONS[one] === option) as string
  return pool === undefined ? `COGNITO_${end}` : `COGNITO_${pool.toUpperCase()}_${end}`
}

/**
 * Finds the settings of pools. Case does not count in their names.
 *
 * @throws {TypeError} for a variable that was meant to be one, naming the nearest; and for two that set the same
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
  const nameOf = (end: string) => ours.find((one) => one.end === end && one.pool === undefined)?.name
  return {
    pools: ours.flatMap(({ name, pool, end }) =>
      pool === undefined ? [] : [{ name, pool, option: OPTIONS[end] as string }],
    ),
    json: nameOf(JSON_END),
    defaultPool: nameOf(DEFAULT_END),
  }
}

/** The variable that the plugin reads by itself, wherever its options come from. */
const KEYS_URL = 'AWS_COGNITO_KEYS_URL'

function assertNotKeysUrl(name: string): void {
  if (name === KEYS_URL || nearestSpelling(name, [KEYS_URL]) === undefined) return
  throw fault(name, `unknown name; did you mean ${KEYS_URL}?`)
}

/** Refuses a name of ours whose first word is misspelt: `COGNTIO_AUDIENCE`, `COGNITO-AUDIENCE`. */
function assertBeginning(name: string): void {
  const [first = '', ...rest] = name.trim().split(/[\s._-]/)
  if (BEGINNING.test(name) || nearestSpelling(first, ['COGNITO']) === undefined) return
  const meant = `COGNITO_${rest.join('_')}`
  if (OURS.test(meant)) throw fault(name, `unknown name; did you mean ${printable(meant)}?`)
}

interface Name {
  readonly name: string
  readonly pool: string | undefined
  /** The pool's name as the variable has it, if it does. */
  readonly prefix: string | undefined
  readonly end: string
}

function readName(name: string): Name | undefined {
  const match = OURS.exec(name)
  if (match === null) return undefined
  const [, prefix, end, single] = match
  const pool = end === undefined ? undefined : (prefix ?? 'default').toLowerCase()
  return { name, pool, prefix: prefix?.toLowerCase(), end: String(end ?? single).toUpperCase() }
}

/** Refuses two variables for one setting, because one of them would be ignored. */
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
 * Refuses a variable that no setting has the name of, unless it is somebody else's.
 *
 * @param prefixes - names of pools, in small letters, as other variables have them
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

const ELSEWHERE = 'expected it in the code or in a file of settings; the environment cannot set it'

/** All that begins like a pool's variables is the pool's. */
function describePoolStranger(name: string, prefix: string, end: string): TypeError {
  if (UNSETTABLE.some((option) => isSameName(option, end))) return fault(name, ELSEWHERE)
  const start = `COGNITO_${prefix.toUpperCase()}_`
  const near = nearestName(end, ENDS) ?? nearestEnd(end)
  if (near !== undefined) return fault(name, `unknown name; did you mean ${printable(start + near)}?`)
  return fault(name, `unknown name; expected one of ${ENDS.map((one) => printable(start + one)).join(', ')}`)
}

/**
 * The nearest end for a pool that no other variable names. Synonyms do not count: `COGNITO_WEB_CLIENT_ID` may be the
 * application's.
 */
function nearestEnd(rest: string): string | undefined {
  const words = rest.split('_')
  // From the longest end that there is, and a little more, to the last word.
  for (let start = Math.max(1, words.length - MAX_WORDS); start < words.length; start++) {
    const near = nearestSpelling(words.slice(start).join('_'), ENDS)
    if (near !== undefined) return [...words.slice(0, start), near].join('_')
  }
  return undefined
}
