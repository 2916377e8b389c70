/**
 * The draft of a token under examination: a copy in which the doctor repairs one fault, so that it sees the next one.
 * @module
 */
import type { Members } from '../base/members.js'
import type { ReasonCodeOf } from '../base/reasons.js'
import type { PoolIdentity, ResolvedPool } from '../pool/pool.js'

/** A token under examination, without the faults that the doctor has found so far. */
export interface Draft {
  readonly text: string
  /** The token as it was signed; `undefined` where a repair has changed the header or the signature. */
  readonly signed: string | undefined
  readonly pool: PoolIdentity
  /** All configured pools. */
  readonly pools: readonly ResolvedPool[]
  /** Greatest length of a token; characters. */
  readonly maxLength: number
  /** Seconds since 1970. */
  readonly now: number
}

/** Reasons that are the fault of a request with several tokens, of a route, or of the list of tenants, and not of one token. */
type ReasonBesides =
  | 'HEADER_REPEATED'
  | 'TOKEN_IN_HEADER_AND_QUERY'
  | 'QUERY_PARAMETER_REPEATED'
  | 'TOKEN_IN_SEVERAL_SUBPROTOCOLS'
  | 'POOL_NOT_ACCEPTED'
  | 'TENANT_UNKNOWN'
  | 'TENANT_NOT_NAMED'
  | 'TENANT_NOT_ACCEPTED'
  | 'TENANT_CLAIM_MISMATCH'
  | 'TENANT_REMOVED'

/** Codes of the reasons for which a token alone can be refused. */
export type TokenReasonCode = Exclude<
  ReasonCodeOf<'COGNITO_ERR_REQUEST_INVALID' | 'COGNITO_ERR_TOKEN_INVALID' | 'COGNITO_ERR_TOKEN_EXPIRED'>,
  ReasonBesides
>

/** The doctor's words about one reason of the plugin for refusing a token. */
export interface Remedy {
  /** Name of the check. */
  readonly check: string
  /**
   * Describes what the token has.
   *
   * @defaultValue the text of the reason
   */
  readonly found?: (draft: Draft) => string
  readonly expected: (draft: Draft) => string
  /** The change that helps. */
  readonly advice: string
  /**
   * Makes a draft without this fault, or `undefined` where the draft cannot be repaired. Without a `repair` the doctor can
   * tell nothing more of the token.
   */
  readonly repair?: (draft: Draft) => Draft | undefined
}

/** Splits a text into its parts. A missing part is empty. */
export function toParts(text: string): [header: string, payload: string, signature: string] {
  const [header = '', payload = '', signature = ''] = text.split('.')
  return [header, payload, signature]
}

/** Reads the members of a part; none where the part cannot be read. */
export function readPart(part: string): Members {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString())
    // A value that is nested too deep for `JSON.stringify` counts as unreadable.
    JSON.stringify({ value })
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

/** Reads the header, unchecked; no members where it cannot be read. */
export const headerOf = ({ text }: Draft): Members => readPart(toParts(text)[0])
/** Reads the claims, unchecked; none where they cannot be read. */
export const payloadOf = ({ text }: Draft): Members => readPart(toParts(text)[1])

/** Writes a part. Members with the value `undefined` are left out. */
const writePart = (members: Members) => Buffer.from(JSON.stringify(members)).toString('base64url')

/** Replaces the header. The signature does not cover the new one. */
export function withHeader(draft: Draft, header: Members): Draft {
  const [, payload, signature] = toParts(draft.text)
  return { ...draft, text: [writePart(header), payload, signature].join('.'), signed: undefined }
}

/** Replaces some claims. The signed text stays as it was. */
export function withClaims(draft: Draft, claims: Members): Draft {
  const [header, , signature] = toParts(draft.text)
  const payload = writePart({ ...payloadOf(draft), ...claims })
  return { ...draft, text: [header, payload, signature].join('.') }
}

/** A signature of 256 zero bytes. */
const NO_SIGNATURE = 'A'.repeat(342)

/** Makes header, payload and signature of a token, each in its canonical spelling; `undefined` without a payload. */
export function withParts(draft: Draft): Draft | undefined {
  const [header, payload] = toParts(draft.text).map(spellCanonically)
  if (!payload) return undefined
  return { ...draft, text: [header, payload, NO_SIGNATURE].join('.'), signed: undefined }
}

const spellCanonically = (part: string) => Buffer.from(part, 'base64url').toString('base64url')

// `{"` in base64url is `eyJ`; the shortest signature of RSA has 342 characters.
const WHOLE_TOKEN = /eyJ[\w-]+\.[\w-]+\.[\w-]{342,}/
const ANY_TOKEN = /eyJ[\w.-]+/

/** `Bearer` before a token, with or without the name of the header. */
export const BEARER = /^(?:authorization\s*:)?\s*bearer\s+/i

/** Finds the token inside a text, such as one after `Bearer`, in quotes or with line breaks; else drops `Bearer` alone. */
export function findToken(text: string): string {
  const [token] = WHOLE_TOKEN.exec(text) ?? ANY_TOKEN.exec(text.replace(/\s/g, '')) ?? []
  return token ?? text.replace(BEARER, '')
}
