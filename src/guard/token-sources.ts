/**
 * The sources of a token: header, cookie, WebSocket subprotocol, query parameter, and a function of the application.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { refuse } from '../base/errors.js'
import { printable } from '../base/printable.js'
import { describeUnknown } from '../base/unknown-option.js'
import { type LocatedToken, tokenTextOf } from '../jwt/located-token.js'

/**
 * The credentials that a source finds in a request: an unchecked token, `null` for credentials of another kind (such as
 * `Basic`), or `undefined` where the request has none.
 */
export type Credentials = string | null | undefined

/** A place where a request may carry a token. */
export interface TokenSource {
  /**
   * The kind of place. `'cookie'` needs `@fastify/cookie`. A request with tokens in both `'header'` and `'query'` is
   * refused. `'custom'` is any other place.
   */
  readonly kind: 'header' | 'cookie' | 'subprotocol' | 'query' | 'custom'
  /**
   * Reads the credentials of a request.
   *
   * @throws {CognitoError} `COGNITO_ERR_REQUEST_INVALID` when the place has more than one token
   */
  readonly read: (request: FastifyRequest) => Credentials
}

/** The credentials that a source finds, with the token still inside its input. */
type Located = LocatedToken | null | undefined

/** Finds the token of a request. */
export type TokenFinder = (request: FastifyRequest) => Located

/** A function of the application that returns the token of a request; `undefined` where the request has none. */
export type TokenReader = (request: FastifyRequest) => string | undefined

/** The options of {@link fromHeader}. */
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

/** A token of RFC 9110 §5.6.2. */
const HTTP_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Reads a header (RFC 6750 §2.1). A request with two lines of the header is refused, even if they are identical (RFC 9110
 * §5.3).
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

/** The settings of a source of {@link fromHeader}, and its function that finds a token without copying it. */
export interface HeaderSource {
  /** Name of the header, in lower case. */
  readonly field: string
  readonly scheme: string | null
  readonly find: TokenFinder
}

const headers = new WeakMap<TokenSource, HeaderSource>()

/** Returns the settings of a source of {@link fromHeader}; `undefined` for any other source. */
export const headerOf = (source: TokenSource): HeaderSource | undefined => headers.get(source)

export const locate = (found: Credentials): Located =>
  typeof found === 'string' ? { input: found, start: 0 } : found

/** Refuses a misspelt option, because the default header would be read in its place. */
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
 * Returns `true` when a header has the usual form: the scheme, one space and the token. {@link readScheme} finds the same
 * token. This check is faster, because it runs less code, and the processor's caches are cold when a request arrives.
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

/**
 * Counts the lines of a header, because Node keeps only the first `authorization` line in `headers`. A request of
 * `app.injectWS` has headers and no lines.
 */
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
 * Removes the spaces and tabs around the value of a header (RFC 9110 §5.5). A regular expression would take quadratic time
 * for a run of spaces inside the value.
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
 * Removes the scheme (RFC 9110 §11.4, RFC 6750 §2.1). Only spaces may follow the scheme: a tab or a no-break space stays
 * in front of the token, which is then malformed. Any other character after the scheme makes it another scheme.
 */
function readScheme(value: string, prefix: string | undefined): Credentials {
  if (value === '') return null
  if (prefix === undefined) return value
  let start = prefix.length
  if (value.slice(0, start).toLowerCase() !== prefix || !mayFollowScheme(value.charCodeAt(start))) return null
  // A regular expression would copy the token.
  while (value.charCodeAt(start) === SPACE) start += 1
  return value.slice(start)
}

const NO_BREAK_SPACE = 0xa0

/** The code is `NaN` at the end of the value. */
const mayFollowScheme = (code: number) => isBlank(code) || Number.isNaN(code) || code === NO_BREAK_SPACE

type CookieRequest = FastifyRequest & {
  readonly cookies?: Readonly<Record<string, string | undefined>> | null
}

/**
 * Reads a cookie. `@fastify/cookie` has to be registered before the plugin. The cookie needs `SameSite`, or the application
 * a CSRF token, because a browser sends cookies with cross-site requests.
 *
 * @throws {TypeError} when the name is no token of RFC 9110 §5.6.2
 * @example fromCookie('access_token')
 */
export function fromCookie(name: string): TokenSource {
  assertName(name, 'fromCookie.name')
  const read = (request: FastifyRequest): Credentials => {
    const { cookies }: CookieRequest = request
    if (!cookies) throw refuse('COOKIES_NOT_PARSED')
    // An application deletes a cookie by setting it to an empty value.
    return cookies[name] || undefined
  }
  return Object.freeze({ kind: 'cookie', read })
}

/**
 * Reads the token from the subprotocols of a WebSocket, because a browser cannot set a header there. The server has to
 * choose one of the other subprotocols.
 *
 * @param prefix - the beginning of the subprotocol with the token
 * @throws {TypeError} when the prefix is no token of RFC 9110 §5.6.2
 * @example new WebSocket(url, ['chat.v1', 'bearer.' + token])
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
 * Reads a query parameter. Use this source only for clients that cannot send the token elsewhere. URLs end up in logs,
 * histories and referrers (RFC 6750 §2.3, RFC 9700 §4.3.2), so hide the parameter with a log serializer.
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

/** The option `tokenFrom`: a source, a function, or a list of both in their order. */
export type TokenFrom = TokenSource | TokenReader | readonly (TokenSource | TokenReader)[]

/** Returns the option `tokenFrom` as a list of sources. */
export function toTokenSources(option: TokenFrom = fromHeader()): readonly TokenSource[] {
  return [option]
    .flat()
    .map((source) => (typeof source === 'function' ? { kind: 'custom', read: source } : source))
}
