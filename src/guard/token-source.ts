/**
 * Where a request carries its token.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { refuse } from '../base/errors.js'
import { printable } from '../base/printable.js'
import { describeUnknown } from '../base/unknown-name.js'
import { type LocatedToken, tokenTextOf } from '../jwt/located-token.js'

/**
 * What a source finds in a request: a token that nobody has looked at yet, `null` for credentials of another kind
 * (such as `Basic`), or `undefined` where there are none.
 */
export type Credentials = string | null | undefined

/** A place where a request may carry a token. */
export interface TokenSource {
  /**
   * What place it is: `'cookie'` needs `@fastify/cookie`, and `'header'` and `'query'` must not carry a token at once.
   * `'custom'` for any other.
   */
  readonly kind: 'header' | 'cookie' | 'subprotocol' | 'query' | 'custom'
  /**
   * @throws {CognitoError} `COGNITO_ERR_REQUEST_INVALID` when the place holds more than one token
   */
  readonly read: (request: FastifyRequest) => Credentials
}

/** What a source finds, not cut out yet. */
type Located = LocatedToken | null | undefined

/** Finds a request's token. */
export type TokenFinder = (request: FastifyRequest) => Located

/** A source of the application's own; `undefined` where the request carries no token. */
export type TokenReader = (request: FastifyRequest) => string | undefined

/** How {@link fromHeader} reads. */
export interface HeaderOptions {
  /**
   * Name of the header, in any case.
   *
   * @defaultValue `'authorization'`
   */
  readonly name?: string
  /**
   * Scheme before the token, in any case; `null` for a header that holds the token alone.
   *
   * @defaultValue `'Bearer'`
   */
  readonly scheme?: string | null
}

// RFC 9110 §5.6.2
const HTTP_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Reads a header (RFC 6750 §2.1). Two lines of that name are refused, even identical ones (RFC 9110 §5.3).
 *
 * @throws {TypeError} when the name or the scheme is not a token of RFC 9110 §5.6.2, and for an unknown option
 * @example fromHeader({ name: 'x-access-token', scheme: null })
 */
export function fromHeader(options: HeaderOptions = {}): TokenSource {
  assertKnownNames(options)
  const { name = 'authorization', scheme = 'Bearer' } = options
  assertName(name, 'fromHeader.name')
  if (scheme !== null) assertName(scheme, 'fromHeader.scheme')
  const field = name.toLowerCase()
  const prefix = scheme?.toLowerCase()
  const usual = scheme === null ? '' : `${scheme} `
  const find: TokenFinder = (request) => {
    const { [field]: value } = request.headers
    if (value === undefined) return undefined
    if (countLines(request.raw.rawHeaders, field) > 1) throw refuse('HEADER_REPEATED', {}, { header: field })
    if (isPlain(value, usual)) return { input: value, start: usual.length }
    return locate(readScheme(trim(String(value)), prefix))
  }
  const read = (request: FastifyRequest): Credentials => {
    const found = find(request)
    return found ? tokenTextOf(found) : found
  }
  const source: TokenSource = Object.freeze({ kind: 'header', read })
  headers.set(source, { field, scheme, find })
  return source
}

/** What a source of {@link fromHeader} reads, and how it finds a token without cutting it out. */
export interface HeaderSource {
  /** Name of the header, in lower case. */
  readonly field: string
  readonly scheme: string | null
  readonly find: TokenFinder
}

const headers = new WeakMap<TokenSource, HeaderSource>()

/** What a source reads, where {@link fromHeader} made it. */
export const headerOf = (source: TokenSource): HeaderSource | undefined => headers.get(source)

export const locate = (found: Credentials): Located =>
  typeof found === 'string' ? { input: found, start: 0 } : found

/** A misspelt option would leave the header that is read as it is by default. */
function assertKnownNames(options: HeaderOptions): void {
  const known = ['name', 'scheme']
  const stranger = Object.keys(options).find((key) => !known.includes(key))
  if (stranger !== undefined) {
    throw new TypeError(`fromHeader.${printable(stranger)}: ${describeUnknown(stranger, known)}`)
  }
}

function assertName(value: unknown, path: string): void {
  if (typeof value !== 'string' || !HTTP_TOKEN.test(value)) {
    throw new TypeError(
      `${path}: expected a name of letters, digits and the punctuation of RFC 9110 §5.6.2, without spaces`,
    )
  }
}

/**
 * Whether a header is written the way that nearly all are: as the scheme, one space and the token. The general way to read
 * it comes to the same; as little code as can be runs for each request, since none of it is in the processor's cache.
 *
 * @param start - the scheme and the space
 */
function isPlain(value: unknown, start: string): value is string {
  return (
    typeof value === 'string' &&
    value.startsWith(start) &&
    value.charCodeAt(start.length) > SPACE &&
    value.charCodeAt(value.length - 1) > SPACE
  )
}

/** Node keeps only the first `authorization` line in `headers`. A request of `app.injectWS` has no lines, only headers. */
function countLines(rawHeaders: readonly string[] | undefined, field: string): number {
  if (rawHeaders === undefined) return 1
  let lines = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name === field || (name?.length === field.length && name.toLowerCase() === field)) lines += 1
  }
  return lines
}

/**
 * RFC 9110 §5.5: spaces and tabs around a value are not part of it. By hand: a regular expression would take time in
 * the square of a run of spaces inside the value.
 */
export function trim(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isBlank(value.charCodeAt(start))) start += 1
  while (end > start && isBlank(value.charCodeAt(end - 1))) end -= 1
  return value.slice(start, end)
}

const SPACE = 0x20
const isBlank = (code: number) => code === SPACE || code === 0x09

/**
 * Splits the scheme off (RFC 9110 §11.4, RFC 6750 §2.1). Only spaces may follow it: a tab or a no-break space stays
 * in front of the token, which is then malformed. Anything else after the scheme's name makes it another scheme.
 */
function readScheme(value: string, prefix: string | undefined): Credentials {
  if (value === '') return null
  if (prefix === undefined) return value
  let start = prefix.length
  if (value.slice(0, start).toLowerCase() !== prefix || !mayFollowScheme(value.charCodeAt(start))) return null
  // By hand: a regular expression would copy the token.
  while (value.charCodeAt(start) === SPACE) start += 1
  return value.slice(start)
}

const NO_BREAK_SPACE = 0xa0

/** At the end there is no code. */
const mayFollowScheme = (code: number) => isBlank(code) || Number.isNaN(code) || code === NO_BREAK_SPACE

/**
 * Reads a cookie; `@fastify/cookie` has to be registered before. Against cross-site requests the cookie needs
 * `SameSite`, or the application a CSRF token.
 *
 * @throws {TypeError} when the name cannot be a cookie's
 * @example fromCookie('access_token')
 */
export function fromCookie(name: string): TokenSource {
  assertName(name, 'fromCookie.name')
  const read = (request: FastifyRequest): Credentials => {
    const { cookies } = request as { readonly cookies?: Readonly<Record<string, string | undefined>> | null }
    if (!cookies) throw refuse('COOKIES_NOT_PARSED')
    // An empty cookie is how a browser is told to forget it.
    return cookies[name] || undefined
  }
  return Object.freeze({ kind: 'cookie', read })
}

/**
 * Reads the token from the subprotocols that a browser's WebSocket offers, where it cannot set a header:
 * `new WebSocket(url, ['chat.v1', 'bearer.' + token])`. The server has to answer with one of the others.
 *
 * @param prefix - what the subprotocol begins with
 * @throws {TypeError} when the prefix cannot be part of a subprotocol
 * @see RFC 6455 §11.3.4
 */
export function fromSubprotocol(prefix = 'bearer.'): TokenSource {
  assertName(prefix, 'fromSubprotocol.prefix')
  const read = (request: FastifyRequest): Credentials => {
    const { 'sec-websocket-protocol': offered } = request.headers
    const offers = (offered ?? '').split(',').map(trim)
    const tokens = offers
      .filter((offer) => offer.startsWith(prefix))
      .map((offer) => offer.slice(prefix.length))
    if (tokens.length > 1) throw refuse('TOKEN_IN_SEVERAL_SUBPROTOCOLS')
    return tokens[0]
  }
  return Object.freeze({ kind: 'subprotocol', read })
}

/**
 * Reads a query parameter. URLs end up in logs, histories and referrers (RFC 6750 §2.3, RFC 9700 §4.3.2): only for
 * clients that can do nothing else, and with a log serializer that hides it.
 *
 * @throws {TypeError} when the name is no token of RFC 9110 §5.6.2
 * @example fromQuery('access_token')
 */
export function fromQuery(name: string): TokenSource {
  assertName(name, 'fromQuery.name')
  const read = (request: FastifyRequest): Credentials => {
    const query = request.query as Readonly<Record<string, unknown>>
    if (!Object.hasOwn(query, name)) return undefined
    const value = query[name]
    if (typeof value !== 'string') throw refuse('QUERY_PARAMETER_REPEATED', {}, { parameter: name })
    return value
  }
  return Object.freeze({ kind: 'query', read })
}

/** What the option `tokenFrom` takes. */
export type TokenFrom = TokenSource | TokenReader | readonly (TokenSource | TokenReader)[]

/** Brings the option `tokenFrom` into the form of an ordered list. */
export function toTokenSources(option: TokenFrom = fromHeader()): readonly TokenSource[] {
  return [option]
    .flat()
    .map((source) => (typeof source === 'function' ? { kind: 'custom', read: source } : source))
}
