/**
 * The strict form of a token: which texts are tokens at all, before any signature is checked.
 * @module
 */
import { isUtf8 } from 'node:buffer'
import { type CognitoError, refuse } from '../base/errors.js'
import { isMembers, type Members, ownMember } from '../base/members.js'
import type { FixedReasonCode } from '../base/reasons.js'
import { findRepeatedName } from '../base/repeated-name.js'

/** A token of correct form whose signature is not checked yet: nothing in it may be believed. */
export interface UnverifiedToken {
  /** The first part, as it stands in the token. */
  readonly header: string
  readonly kid: string
  readonly payload: Members
  /** The last part, decoded. */
  readonly signature: Uint8Array
}

/** RFC 6750 §2.1 */
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

/** Reads tokens strictly (RFC 7515 §5.2, RFC 8725 §3) without checking their signature. */
export interface TokenParser {
  /**
   * @param text - the token as the request carried it
   * @throws {CognitoError} `COGNITO_ERR_REQUEST_INVALID` when it is no `b64token`, else `COGNITO_ERR_TOKEN_INVALID`
   */
  readonly parse: (text: string) => UnverifiedToken
  /** Remembers the header of a genuine token, because all tokens of a key have the same header. */
  readonly learn: (token: UnverifiedToken) => void
}

/** Number of headers that are remembered. Genuine tokens have one header for each key, as a rule. */
const MAX_HEADERS = 1000

/**
 * Makes a parser.
 *
 * @param maxLength - greatest length of a token; characters
 */
export function createTokenParser(maxLength: number): TokenParser {
  const kids = new Map<string, string>()
  return {
    parse(text) {
      if (text.length > maxLength) throw refuseForm(text, 'TOKEN_TOO_LONG')
      const parts = splitToken(text)
      const { header } = parts
      const known = kids.get(header)
      const headerText = known === undefined ? decodeText(header, text) : undefined
      const payloadText = decodeText(parts.payload, text)
      const signature = Buffer.from(parts.signature, 'base64url')
      if (!isCanonical(parts.signature, signature.length)) throw refuseForm(text, explainForm(text))
      if (signature.length < 256 || signature.length > 1024) throw refuse('SIGNATURE_LENGTH_INVALID')
      const kid = known ?? readHeader(headerText)
      return { header, kid, payload: parseObject(payloadText, PAYLOAD), signature }
    },
    learn({ header, kid }) {
      if (kids.has(header)) return
      if (kids.size >= MAX_HEADERS) kids.clear()
      kids.set(detach(header), kid)
    },
  }
}

/** Copies ASCII text, because a piece of a string keeps the whole string in memory. */
export const detach = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

/** Every canonical JWT is a b64token, so the grammar of a b64token matters only once the form has failed. */
const refuseForm = (text: string, reasonCode: FixedReasonCode): CognitoError =>
  refuse(B64TOKEN.test(text) ? reasonCode : explainCredentials(text))

/** Texts that programs without a token send. */
const WORDS: ReadonlySet<string> = new Set(['undefined', 'null', 'NaN', 'true', 'false'])
const OBJECT = '[object Object]'

/** Finds out what is wrong with a text that is no b64token. */
function explainCredentials(text: string): FixedReasonCode {
  if (text === '') return 'CREDENTIALS_EMPTY'
  if (text === OBJECT) return 'OBJECT_INSTEAD_OF_TOKEN'
  if (/^bearer\s/i.test(text)) return 'SCHEME_IN_TOKEN'
  if (/^["'`]/.test(text)) return 'TOKEN_IN_QUOTES'
  return /\s/.test(text) ? 'SPACE_IN_CREDENTIALS' : 'CREDENTIALS_MALFORMED'
}

/** Finds out what is wrong with a text that is a b64token and no token. */
function explainForm(text: string): FixedReasonCode {
  if (WORDS.has(text)) return 'WORD_INSTEAD_OF_TOKEN'
  const parts = text.split('.', 6).length
  if (parts === 5) return 'TOKEN_ENCRYPTED'
  return parts === 3 ? 'PART_MALFORMED' : 'PART_COUNT_INVALID'
}

function splitToken(text: string): { header: string; payload: string; signature: string } {
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  const hasThreeParts = first >= 0 && second >= 0 && !text.includes('.', second + 1)
  if (!hasThreeParts || hasForeign(text)) throw refuseForm(text, explainForm(text))
  return {
    header: text.slice(0, first),
    payload: text.slice(first + 1, second),
    signature: text.slice(second + 1),
  }
}

/** Finds characters that Node's decoder accepts although base64url lacks them: `+`, `/`, and all beyond ASCII. */
const hasForeign = (text: string) =>
  text.includes('+') || text.includes('/') || Buffer.byteLength(text) !== text.length

/** Last characters of a canonical part whose last group has two, or three, characters: their unused bits are zero. */
const LAST_OF_TWO = 'AQgw'
const LAST_OF_THREE = 'AEIMQUYcgkosw048'

/**
 * A token has one canonical spelling (RFC 7515 §2, RFC 4648 §3.5), so that it has no second text. Node's decoder skips
 * padding and all characters beyond base64. Then the part has fewer bytes than its characters make.
 *
 * @param length - number of bytes that the segment was decoded to
 */
function isCanonical(segment: string, length: number): boolean {
  const rest = segment.length % 4
  const isWhole = length > 0 && length === Math.floor((segment.length * 3) / 4)
  const last = rest === 2 ? LAST_OF_TWO : rest === 3 ? LAST_OF_THREE : ''
  return isWhole && (rest === 0 || last.includes(segment.slice(-1)))
}

/** Room for the parts of most tokens. The caller reads a decoded part at once. */
const scratch = Buffer.allocUnsafeSlow(8192)

/** Decodes a part to its text, or to `undefined` where it is not UTF-8. */
function decodeText(segment: string, text: string): string | undefined {
  const room = segment.length <= scratch.length ? scratch : Buffer.allocUnsafe(segment.length)
  const length = room.write(segment, 'base64url')
  if (!isCanonical(segment, length)) throw refuseForm(text, explainForm(text))
  const decoded = room.toString('utf8', 0, length)
  // The decoder writes U+FFFD for bytes that are not UTF-8. The text may have that character of its own, too.
  const isReplaced = decoded.includes('\uFFFD') && !isUtf8(room.subarray(0, length))
  return isReplaced ? undefined : decoded
}

const HEADER = { notAnObject: 'HEADER_NOT_AN_OBJECT', hasProto: 'HEADER_HAS_PROTO' } as const
const PAYLOAD = { notAnObject: 'PAYLOAD_NOT_AN_OBJECT', hasProto: 'PAYLOAD_HAS_PROTO' } as const

/**
 * Parses a part: UTF-8 of exactly one JSON object (RFC 7515 §5.2, RFC 7519 §7.2).
 *
 * @param text - `undefined` for bytes that are not UTF-8
 */
function parseObject(text: string | undefined, reasons: typeof HEADER | typeof PAYLOAD): Members {
  const value = text === undefined ? undefined : parseJson(text)
  if (!isMembers(value)) throw refuse(reasons.notAnObject)
  if (Object.hasOwn(value, '__proto__')) throw refuse(reasons.hasProto)
  return value
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// A header with one of these members is refused: Cognito sends none of them, and each one asks a verifier to trust the
// token (RFC 7515 §4.1.11, RFC 7797, RFC 8725 §3.10).
const FORBIDDEN = ['crit', 'b64', 'zip', 'enc', 'jku', 'jwk', 'x5u', 'x5c', 'cty', 'epk', 'p2c'] as const
const KID = /^[\x21-\x7e]{1,256}$/
const TYP = /^(?:application\/)?(?:jwt|at\+jwt)$/i

const isTyp = (typ: unknown) => typeof typ === 'string' && TYP.test(typ)

/** Checks a header and returns its key id. */
function readHeader(text = ''): string {
  if (Buffer.byteLength(text) > 1024) throw refuse('HEADER_TOO_LONG')
  const header = parseObject(text, HEADER)
  if (findRepeatedName(text) !== undefined) throw refuse('HEADER_MEMBER_REPEATED')
  const alg = ownMember(header, 'alg')
  if (alg !== 'RS256') throw refuse('ALG_NOT_RS256')
  for (const name of FORBIDDEN) {
    if (Object.hasOwn(header, name)) throw refuse('HEADER_MEMBER_FORBIDDEN', {}, { member: name })
  }
  if (Object.hasOwn(header, 'typ') && !isTyp(header['typ'])) throw refuse('TYP_NOT_JWT')
  const kid = ownMember(header, 'kid')
  if (typeof kid !== 'string' || !KID.test(kid)) throw refuse('KID_MALFORMED')
  return kid
}
