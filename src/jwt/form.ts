/**
 * What makes a string a token: its strict form.
 * @module
 */
import { isUtf8 } from 'node:buffer'
import { CognitoError } from '../base/errors.js'
import { type Members, ownMember } from '../base/members.js'
import { findRepeatedName } from '../base/repeated-name.js'

/** A token of correct form whose signature nobody has checked yet: nothing in it may be believed. */
export interface UnverifiedToken {
  /** Its first part, as it stands in the token. */
  readonly header: string
  readonly kid: string
  readonly payload: Members
  /** Its last part, decoded. */
  readonly signature: Uint8Array
}

const invalid = (reason: string) => new CognitoError('COGNITO_ERR_TOKEN_INVALID', { reason })

/** RFC 6750 §2.1 */
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

/** Reads tokens strictly (RFC 7515 §5.2, RFC 8725 §3) without checking their signature. */
export interface TokenParser {
  /**
   * @param text - the token as the request carried it
   * @throws {CognitoError} `COGNITO_ERR_REQUEST_INVALID` when it is no `b64token`, else `COGNITO_ERR_TOKEN_INVALID`
   */
  readonly parse: (text: string) => UnverifiedToken
  /** Takes note of the header of a token that proved genuine: a key's tokens all have the same one. */
  readonly learn: (token: UnverifiedToken) => void
}

/** Headers of genuine tokens that are remembered: one a key, as a rule. */
const MAX_HEADERS = 1000

/** @param maxLength - of a token; characters */
export function createTokenParser(maxLength: number): TokenParser {
  const kids = new Map<string, string>()
  return {
    parse(text) {
      if (text.length > maxLength) throw refuseForm(text, TOO_LONG)
      const parts = splitToken(text)
      const { header } = parts
      const known = kids.get(header)
      const headerText = known === undefined ? decodeText(header, text) : undefined
      const payloadText = decodeText(parts.payload, text)
      const signature = Buffer.from(parts.signature, 'base64url')
      if (!isCanonical(parts.signature, signature.length)) throw refuseForm(text, describeForm(text))
      if (signature.length < 256 || signature.length > 1024) {
        throw invalid('the signature is not 256 to 1,024 bytes long: was the token cut off?')
      }
      const kid = known ?? readHeader(headerText)
      return { header, kid, payload: parseObject(payloadText, 'payload'), signature }
    },
    learn({ header, kid }) {
      if (kids.has(header)) return
      if (kids.size >= MAX_HEADERS) kids.clear()
      kids.set(detach(header), kid)
    },
  }
}

/** A copy of ASCII text: a piece of a string keeps the whole of it in memory. */
export const detach = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

const TOO_LONG =
  'the token is longer than maxTokenLength: raise that option, or put fewer groups and claims into the token'

/** Every canonical JWT is a b64token, so its grammar matters only once the form has failed. */
function refuseForm(text: string, reason: string): CognitoError {
  if (B64TOKEN.test(text)) return invalid(reason)
  return new CognitoError('COGNITO_ERR_REQUEST_INVALID', { reason: describeCredentials(text) })
}

/** What programs send that have no token. */
const WORDS: ReadonlySet<string> = new Set(['undefined', 'null', 'NaN', 'true', 'false', '[object Object]'])
const NO_TOKEN = 'a word such as undefined or null stands in place of the token: the client has none'

function describeCredentials(text: string): string {
  if (text === '') return 'the credentials are empty'
  if (WORDS.has(text)) return NO_TOKEN
  if (/^bearer\s/i.test(text)) return 'the scheme Bearer stands before the token: expected the token alone'
  if (/^["'`]/.test(text)) return 'the token is in quotes: expected the token alone'
  if (/\s/.test(text)) return 'there is a space or a line break in the credentials: expected one token alone'
  return 'the credentials are not one bearer token'
}

function describeForm(text: string): string {
  if (WORDS.has(text)) return NO_TOKEN
  const parts = text.split('.', 6).length
  if (parts === 5) return 'the token has 5 parts: this is an encrypted token, such as a refresh token'
  if (parts !== 3) return 'the token does not have 3 parts: was it cut off?'
  return 'a part of the token is empty or not canonical base64url'
}

function splitToken(text: string): { header: string; payload: string; signature: string } {
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  const hasThreeParts = first >= 0 && second >= 0 && !text.includes('.', second + 1)
  if (!hasThreeParts || hasForeign(text)) throw refuseForm(text, describeForm(text))
  return {
    header: text.slice(0, first),
    payload: text.slice(first + 1, second),
    signature: text.slice(second + 1),
  }
}

/** Whether there are characters that Node's decoder takes for those of base64url: of base64, and beyond ASCII. */
const hasForeign = (text: string) =>
  text.includes('+') || text.includes('/') || Buffer.byteLength(text) !== text.length

/** Of a part's last group, by how many characters it has: those whose unused bits are zero. */
const LAST_CHARACTERS = ['', '', 'AQgw', 'AEIMQUYcgkosw048'] as const

/**
 * RFC 7515 §2, RFC 4648 §3.5: only the one canonical spelling, so that a token has no second text. Node's decoder skips
 * what is no base64 at all, and the padding: then there are fewer bytes than characters make.
 *
 * @param length - of what the segment was decoded to
 */
function isCanonical(segment: string, length: number): boolean {
  const rest = segment.length % 4
  const isWhole = length > 0 && length === Math.floor((segment.length * 3) / 4)
  return isWhole && (rest === 0 || (LAST_CHARACTERS[rest] as string).includes(segment.slice(-1)))
}

/** Room for most tokens. What is decoded into it is read at once. */
const scratch = Buffer.allocUnsafeSlow(8192)

/** The text of a part, or `undefined` where it is not UTF-8. */
function decodeText(segment: string, text: string): string | undefined {
  const room = segment.length <= scratch.length ? scratch : Buffer.allocUnsafe(segment.length)
  const length = room.write(segment, 'base64url')
  if (!isCanonical(segment, length)) throw refuseForm(text, describeForm(text))
  const decoded = room.toString('utf8', 0, length)
  // Stands for what is not UTF-8, unless it was meant.
  const isReplaced = decoded.includes('\uFFFD') && !isUtf8(room.subarray(0, length))
  return isReplaced ? undefined : decoded
}

/**
 * RFC 7515 §5.2, RFC 7519 §7.2: UTF-8 of exactly one JSON object.
 *
 * @param text - `undefined` for what is not UTF-8
 */
function parseObject(text: string | undefined, part: 'header' | 'payload'): Record<string, unknown> {
  const value = text === undefined ? undefined : parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`the ${part} is not a JSON object in UTF-8`)
  }
  if (Object.hasOwn(value, '__proto__')) throw invalid(`the ${part} has a member named __proto__`)
  return value as Record<string, unknown>
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// Refused by their presence: Cognito sends none, and each one asks a verifier to trust the token
// (RFC 7515 §4.1.11, RFC 7797, RFC 8725 §3.10).
const FORBIDDEN = ['crit', 'b64', 'zip', 'enc', 'jku', 'jwk', 'x5u', 'x5c', 'cty', 'epk', 'p2c'] as const
const KID = /^[\x21-\x7e]{1,256}$/
const TYP = /^(?:application\/)?(?:jwt|at\+jwt)$/i

const isTyp = (typ: unknown) => typeof typ === 'string' && TYP.test(typ)

/** Checks a header and returns its key id. */
function readHeader(text = ''): string {
  if (Buffer.byteLength(text) > 1024) throw invalid('the header is longer than 1,024 bytes')
  const header = parseObject(text, 'header')
  if (findRepeatedName(text) !== undefined) throw invalid('the header repeats a member')
  const alg = ownMember(header, 'alg')
  if (alg !== 'RS256') throw invalid('the algorithm is not RS256')
  for (const name of FORBIDDEN) {
    if (Object.hasOwn(header, name)) throw invalid(`the header has the member ${name}`)
  }
  if (Object.hasOwn(header, 'typ') && !isTyp(header['typ'])) throw invalid('the type of the token is not JWT')
  const kid = ownMember(header, 'kid')
  if (typeof kid !== 'string' || !KID.test(kid)) throw invalid('the key id is missing or malformed')
  return kid
}
