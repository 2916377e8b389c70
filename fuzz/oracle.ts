/**
 * What has to be answered to a token, worked out from docs/security.md and docs/claims.md alone: nothing of `src/` is
 * used here, and where the plugin calls a library this does it by hand.
 * @module
 */
import { ATTRIBUTES, type AttributeFacts, readAttribute } from './attributes.js'
import { type Json, JsonObject, readJson, toPlain } from './json.js'
import {
  CLOCK_TOLERANCE,
  type KeyName,
  KIDS,
  LEVELS,
  MAX_TOKEN_LENGTH,
  POOLS,
  type PoolFacts,
  type PoolName,
  type RouteFacts,
  type Use,
} from './setting.js'

/** What an accepted token says. */
export interface Reading {
  readonly pool: string
  readonly tokenUse: string
  readonly subject: unknown
  readonly clientId: unknown
  readonly scopes: readonly unknown[]
  readonly groups: readonly unknown[]
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Either what the token says, or the codes of which one has to be answered. */
export type Verdict =
  | { readonly reading: Reading; readonly codes?: never }
  | { readonly codes: readonly string[]; readonly reading?: never }

/** docs/errors.md */
export const STATUS: Readonly<Record<string, number>> = {
  COGNITO_ERR_TOKEN_MISSING: 401,
  COGNITO_ERR_REQUEST_INVALID: 400,
  COGNITO_ERR_TOKEN_INVALID: 401,
  COGNITO_ERR_TOKEN_EXPIRED: 401,
  COGNITO_ERR_AUTHENTICATION_TOO_OLD: 401,
  COGNITO_ERR_SCOPE_INSUFFICIENT: 403,
  COGNITO_ERR_GROUP_INSUFFICIENT: 403,
  COGNITO_ERR_GROUP_PROHIBITED: 403,
  COGNITO_ERR_AUTHENTICATION_TOO_WEAK: 401,
}

const refuse = (...codes: string[]): Verdict => ({ codes: codes.map((code) => `COGNITO_ERR_${code}`) })

/** "Reading the credentials": the value of one `Authorization` line. */
export function judgeHeader(value: string, signers: Signers, route: RouteFacts, now: number): Verdict {
  const trimmed = value.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')
  if (!/^[Bb][Ee][Aa][Rr][Ee][Rr](?:$|[ \t\u00a0])/.test(trimmed)) return refuse('TOKEN_MISSING')
  const token = trimmed.slice('Bearer'.length).replace(/^ +/, '')
  return judge(token, signers, route, now)
}

/** Tells which genuine key signed exactly this text, if any. */
export type Signers = (text: string) => KeyName | undefined

/** "Accepting a token". `now` is seconds since 1970. */
export function judge(text: string, signers: Signers, route: RouteFacts, now: number): Verdict {
  if (!/^[\w\-.~+/]+=*$/.test(text)) return refuse('REQUEST_INVALID')
  const parts = readForm(text)
  if (!parts || !isHeader(parts.header)) return refuse('TOKEN_INVALID')
  const { header, payload } = parts
  const pool = (Object.keys(POOLS) as PoolName[]).find((name) =>
    (POOLS[name].issuers as readonly unknown[]).includes(payload.last('iss')),
  )
  if (pool === undefined || payload.has('__proto__')) return refuse('TOKEN_INVALID')
  const isGenuine = isKeyOf(signers(text), pool, header.last('kid')) && isForRoute(payload, pool, route)
  return judgeClaims(isGenuine, payload, pool, route, now)
}

function judgeClaims(
  isGenuine: boolean,
  payload: JsonObject,
  pool: PoolName,
  route: RouteFacts,
  now: number,
): Verdict {
  const isExpired = hasExpired(payload, now)
  const attributes = route.hasAttributes ? readAttributes(payload) : {}
  if (!isGenuine || !areTimes(payload, now) || !areStandardClaims(payload) || attributes === undefined) {
    // Of several faults either may be told.
    return isExpired ? refuse('TOKEN_INVALID', 'TOKEN_EXPIRED') : refuse('TOKEN_INVALID')
  }
  if (isExpired) return refuse('TOKEN_EXPIRED')
  return authorize(read(payload, pool, attributes), payload, route, now)
}

// ── Form

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter.charCodeAt(0), value]))

interface Parts {
  readonly header: JsonObject
  readonly payload: JsonObject
}

function readForm(text: string): Parts | undefined {
  const segments = text.split('.')
  if (text.length > MAX_TOKEN_LENGTH || segments.length !== 3) return undefined
  const [head, body, signature] = segments.map(fromBase64url)
  if (!head || !body || !signature || head.length > 1024) return undefined
  if (signature.length < 256 || signature.length > 1024) return undefined
  const header = readObject(head)
  const payload = readObject(body)
  return header && payload && { header, payload }
}

/** Only the canonical spelling. */
function fromBase64url(segment: string): Uint8Array | undefined {
  if (segment === '' || segment.length % 4 === 1) return undefined
  const bytes = new Uint8Array(Math.floor((segment.length * 3) / 4))
  let held = 0
  let bits = 0
  let length = 0
  for (let index = 0; index < segment.length; index++) {
    const value = VALUES.get(segment.charCodeAt(index))
    if (value === undefined) return undefined
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[length++] = (held >> bits) & 0xff
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined
}

function readObject(bytes: Uint8Array): JsonObject | undefined {
  const text = readUtf8(bytes)
  const value = text === undefined ? undefined : readJson(text)
  return value instanceof JsonObject ? value : undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

// ── Header

const FORBIDDEN = ['crit', 'b64', 'zip', 'enc', 'jku', 'jwk', 'x5u', 'x5c', 'cty', 'epk', 'p2c', '__proto__']
const TYPES = ['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']

function isHeader(header: JsonObject): boolean {
  if (repeatsName(header)) return false
  if (header.members.some(([name]) => FORBIDDEN.includes(name))) return false
  if (header.last('alg') !== 'RS256') return false
  const type = header.last('typ')
  return type === undefined || (typeof type === 'string' && TYPES.includes(type.toLowerCase()))
}

/** Whether an object names a member twice, at any level. */
function repeatsName(value: Json): boolean {
  if (Array.isArray(value)) return value.some(repeatsName)
  if (!(value instanceof JsonObject)) return false
  const names = new Set(value.members.map(([name]) => name))
  return names.size < value.members.length || value.members.some(([, each]) => repeatsName(each))
}

/** The key is the one of this `kid` of the very pool that `iss` names. */
function isKeyOf(signer: KeyName | undefined, pool: PoolName, kid: Json | undefined): boolean {
  return (signer === `${pool}.access` && kid === KIDS.access) || (signer === `${pool}.id` && kid === KIDS.id)
}

// ── Claims

const isText = (value: Json | undefined): value is string => typeof value === 'string' && value.length > 0
const isOneOf = (value: Json | undefined, list: readonly string[] | null) =>
  isText(value) && (list === null || list.includes(value))

function isForRoute(payload: JsonObject, pool: PoolName, route: RouteFacts): boolean {
  const use = payload.last('token_use')
  if (!route.pools.includes(pool) || !(route.uses as readonly unknown[]).includes(use)) return false
  if (!isText(payload.last('sub')) || payload.has('cnf')) return false
  const { clients } = POOLS[pool]
  if (use === 'id') return isOneOf(payload.last('aud'), clients)
  return isOneOf(payload.last('client_id'), clients) && isBound(payload.last('aud'), POOLS[pool])
}

function isBound(audience: Json | undefined, { audiences }: PoolFacts): boolean {
  if (audiences === null) return true
  const list = Array.isArray(audience) ? audience : [audience]
  return list.some((each) => isOneOf(each, audiences))
}

const isNumber = (value: Json | undefined): value is number =>
  typeof value === 'number' && Math.abs(value) < Number.POSITIVE_INFINITY

function hasExpired(payload: JsonObject, now: number): boolean {
  const expiry = payload.last('exp')
  return isNumber(expiry) && expiry <= now - CLOCK_TOLERANCE
}

/** Everything about the times but whether the token expired. */
function areTimes(payload: JsonObject, now: number): boolean {
  const [expiry, issued] = [payload.last('exp'), payload.last('iat')]
  const isPast = (time: Json | undefined) => isNumber(time) && time >= 0 && time <= now + 60
  if (!isNumber(expiry) || !isNumber(issued) || !isPast(issued)) return false
  if (payload.has('nbf') && !isPast(payload.last('nbf'))) return false
  const lifetime = expiry - issued
  return expiry >= 0 && lifetime > 0 && lifetime <= 24 * 3600 + 60
}

const isString = (value: Json) => typeof value === 'string'
const isStrings = (value: Json) => Array.isArray(value) && value.every(isString)
const isBoolean = (value: Json) => [true, false, 'true', 'false'].includes(value as never)

type Test = (value: Json) => boolean
const tests = (names: string, test: Test) => names.split(' ').map((name) => [name, test] as const)

const ANY = [
  ...tests('jti origin_jti acr', isString),
  ...tests('amr', isStrings),
  ...tests('auth_time', isNumber),
  ...tests('cognito:groups', isStrings),
]
/** docs/claims.md, "Standard claims", besides those that `isForRoute` and `areTimes` look at. */
const STANDARD: Readonly<Record<Use, readonly (readonly [string, Test])[]>> = {
  access: [...ANY, ...tests('username device_key scope event_id', isString), ...tests('version', isNumber)],
  id: [
    ...ANY,
    ...tests('nonce at_hash cognito:username cognito:preferred_role', isString),
    ...tests('cognito:roles', isStrings),
    ...tests('identities', Array.isArray),
    ...tests('email_verified phone_number_verified', isBoolean),
  ],
}

/** Of a token whose use is known to be good. */
function areStandardClaims(payload: JsonObject): boolean {
  return STANDARD[payload.last('token_use') as Use].every(([name, test]) => {
    const value = payload.last(name)
    return value === undefined || test(value)
  })
}

function readAttributes(payload: JsonObject): Record<string, unknown> | undefined {
  const attributes: Record<string, unknown> = {}
  for (const [name, facts] of Object.entries<AttributeFacts>(ATTRIBUTES)) {
    const value = payload.last(facts.wire)
    if (value === undefined && !facts.isRequired) continue
    attributes[name] = value === undefined ? undefined : readAttribute(value, facts.type)
    if (attributes[name] === undefined) return undefined
  }
  return attributes
}

// ── After the signature

function read(payload: JsonObject, pool: PoolName, attributes: Reading['attributes']): Reading {
  const isAccess = payload.last('token_use') === 'access'
  const scope = isAccess ? String(payload.last('scope') ?? '') : ''
  return {
    pool,
    tokenUse: isAccess ? 'access' : 'id',
    subject: payload.last('sub'),
    clientId: payload.last(isAccess ? 'client_id' : 'aud'),
    scopes: [...new Set(scope.split(' ').filter((name) => name !== ''))],
    groups: [...new Set(toPlain(payload.last('cognito:groups') ?? []) as string[])],
    attributes,
  }
}

function authorize(reading: Reading, payload: JsonObject, route: RouteFacts, now: number): Verdict {
  if (!(route.scopes ?? []).every((name) => reading.scopes.includes(name)))
    return refuse('SCOPE_INSUFFICIENT')
  if (route.groups && !route.groups.some((name) => reading.groups.includes(name))) {
    return refuse('GROUP_INSUFFICIENT')
  }
  if (route.prohibited?.some((name) => reading.groups.includes(name))) return refuse('GROUP_PROHIBITED')
  if (isTooWeak(reading, payload, route)) return refuse('AUTHENTICATION_TOO_WEAK')
  if (route.maxAge !== undefined && !isRecent(payload.last('auth_time'), route.maxAge, now)) {
    return refuse('AUTHENTICATION_TOO_OLD')
  }
  return { reading }
}

/** docs/guards.md, "Step-up". */
function isTooWeak({ clientId, subject }: Reading, payload: JsonObject, route: RouteFacts): boolean {
  if (route.level === undefined && route.methods === undefined) return false
  const isAccess = payload.last('token_use') === 'access'
  if (isAccess && subject === clientId && payload.last('username') === undefined) return true
  const level = LEVELS.indexOf(String(payload.last('acr'))) + 1
  if (route.level !== undefined && level < route.level) return true
  const methods = toPlain(payload.last('amr') ?? []) as string[]
  return route.methods !== undefined && !route.methods.some((name) => methods.includes(name))
}

const isRecent = (time: Json | undefined, maxAge: number, now: number) =>
  isNumber(time) && time >= 0 && time <= now + 60 && now - time <= maxAge + CLOCK_TOLERANCE
