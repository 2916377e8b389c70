/**
 * The search for the token of a request in the sources of `tokenFrom`, and the reason when none is found.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { type CognitoError, refuse } from '../base/errors.js'
import { ignoreRejection } from '../base/promises.js'
import {
  type Credentials,
  headerOf,
  locate,
  type TokenFinder,
  type TokenSource,
  trim,
} from './token-sources.js'

/**
 * Makes the function that finds the token of a request. The first source with a token decides. A request with tokens in
 * both a header and the query string is refused (RFC 6750 §2).
 */
export function createTokenFinder(sources: readonly TokenSource[]): TokenFinder {
  const [first, ...others] = sources
  const find = first && others.length === 0 ? headerOf(first)?.find : undefined
  if (find !== undefined) return find
  const read = createReader(sources)
  return (request) => locate(read(request))
}

/** Matches three parts of base64url with dots between them. The first part is a JSON object. */
const LOOKS_LIKE_TOKEN = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/

/**
 * Makes the function that refuses a request with credentials and no token. The reason has names of headers and schemes,
 * and no part of their values.
 */
export function createAbsenceReason(
  sources: readonly TokenSource[],
): (request: FastifyRequest) => CognitoError {
  const headers = sources.flatMap((source) => headerOf(source) ?? [])
  return (request) => {
    const refusals = headers.map(({ field, scheme }) => refuseHeader(field, scheme, request.headers[field]))
    return refusals.find((refusal) => refusal !== undefined) ?? refuse('CREDENTIALS_OF_ANOTHER_KIND')
  }
}

function refuseHeader(header: string, scheme: string | null, value: unknown): CognitoError | undefined {
  if (typeof value !== 'string') return undefined
  if (trim(value) === '') return refuse('HEADER_EMPTY', {}, { header })
  const reasonCode = LOOKS_LIKE_TOKEN.test(trim(value)) ? 'SCHEME_MISSING' : 'SCHEME_NOT_ACCEPTED'
  return refuse(reasonCode, {}, { header, scheme: `${scheme}` })
}

function createReader(sources: readonly TokenSource[]): TokenSource['read'] {
  const find = createListFinder(sources)
  const queries = sources.filter(({ kind }) => kind === 'query')
  if (queries.length === 0) return find
  const findInHeaders = createListFinder(sources.filter(({ kind }) => kind === 'header'))
  const findInQueries = createListFinder(queries)
  return (request) => {
    if (typeof findInHeaders(request) === 'string' && typeof findInQueries(request) === 'string') {
      throw refuse('TOKEN_IN_HEADER_AND_QUERY')
    }
    return find(request)
  }
}

function createListFinder(sources: readonly TokenSource[]): TokenSource['read'] {
  // `read` is taken at boot, because the application may change the object of a source later.
  const readers = sources.map((source) => source.read.bind(source))
  const [first, ...others] = readers
  if (first && others.length === 0) return (request) => assertCredentials(first(request))
  return (request) => {
    let found: Credentials
    for (const read of readers) {
      const credentials = assertCredentials(read(request))
      if (typeof credentials === 'string') return credentials
      if (credentials === null) found = null
    }
    return found
  }
}

/** Refuses a result of another type. Otherwise a bad token could become an anonymous request. */
function assertCredentials(value: unknown): Credentials {
  if (typeof value === 'string' || value === null || value === undefined) return value
  ignoreRejection(value)
  throw refuse('TOKEN_SOURCE_INVALID')
}
