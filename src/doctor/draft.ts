/**
 * A token under examination, and how one thing about it is thought away, so that the next can be seen.
 * @module
 */
import type { Members } from '../base/members.js'
import type { ResolvedPool } from '../pool/pool.js'

/** What a token's claims are held against. */
export type PoolIdentity = Pick<ResolvedPool, 'name' | 'clientIds' | 'audiences'>

/** A token under examination: what it would be without the faults that were found so far. */
export interface Draft {
  readonly text: string
  /** The token as it was signed; `undefined` where that is lost, or the signature is no use. */
  readonly signed: string | undefined
  readonly pool: PoolIdentity
  /** All that are configured. */
  readonly pools: readonly ResolvedPool[]
  /** Characters. */
  readonly maxLength: number
  /** Seconds since 1970. */
  readonly now: number
}

/** What there is to say of a reason of the plugin for refusing a token. */
export interface Remedy {
  /** How the reasons begin that it is for. */
  readonly reasons: readonly string[]
  /** Name of the check. */
  readonly check: string
  /** The reason itself where it is left out. */
  readonly found?: (draft: Draft) => string
  readonly expected: (draft: Draft) => string
  /** What to change. */
  readonly advice: string
  /**
   * The token as it would be without this fault; `undefined` where that cannot be said. Without a `repair` nothing more
   * can be told of the token.
   */
  readonly repair?: (draft: Draft) => Draft | undefined
}

/** The parts of a text, the missing ones empty. */
export function toParts(text: string): [header: string, payload: string, signature: string] {
  const [header = '', payload = '', signature = ''] = text.split('.')
  return [header, payload, signature]
}

/** The members of a part, as far as it can be read. */
export function readPart(part: string): Members {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString())
    // What is nested too deep to be written again is as good as unreadable.
    JSON.stringify({ value })
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

/** The header as far as it can be read; nobody has checked it. */
export const headerOf = ({ text }: Draft): Members => readPart(toParts(text)[0])
/** The claims as far as they can be read; nobody has checked them. */
export const payloadOf = ({ text }: Draft): Members => readPart(toParts(text)[1])

/** What is `undefined` is left out. */
const writePart = (members: Members) => Buffer.from(JSON.stringify(members)).toString('base64url')

/** With another header, which nobody has signed. */
export function withHeader(draft: Draft, header: Members): Draft {
  const [, payload, signature] = toParts(draft.text)
  return { ...draft, text: [writePart(header), payload, signature].join('.'), signed: undefined }
}

/** With other claims. What was signed can still be looked at. */
export function withClaims(draft: Draft, claims: Members): Draft {
  const [header, , signature] = toParts(draft.text)
  const payload = writePart({ ...payloadOf(draft), ...claims })
  return { ...draft, text: [header, payload, signature].join('.') }
}

/** 256 bytes, as long as the signature of a token. */
const NO_SIGNATURE = 'A'.repeat(342)

/** With a part each for header, payload and signature, in their canonical spelling; `undefined` without a payload. */
export function withParts(draft: Draft): Draft | undefined {
  const [header, payload] = toParts(draft.text).map(spellCanonically)
  if (!payload) return undefined
  return { ...draft, text: [header, payload, NO_SIGNATURE].join('.'), signed: undefined }
}

const spellCanonically = (part: string) => Buffer.from(part, 'base64url').toString('base64url')

// `{"` in base64url is `eyJ`; the shortest signature of RSA has 342 characters.
const WHOLE_TOKEN = /eyJ[\w-]+\.[\w-]+\.[\w-]{342,}/
const ANY_TOKEN = /eyJ[\w.-]+/

/** `Bearer` in front of a token, maybe with the name of the header. */
export const BEARER = /^(?:authorization\s*:)?\s*bearer\s+/i

/** The token inside a text, behind `Bearer`, in quotes, or with line breaks in it; else what stands behind `Bearer`. */
export function findToken(text: string): string {
  const [token] = WHOLE_TOKEN.exec(text) ?? ANY_TOKEN.exec(text.replace(/\s/g, '')) ?? []
  return token ?? text.replace(BEARER, '')
}
