/**
 * Requests of `node:http` in the form that guards read: with headers, query and cookies.
 * @module
 */
import type { IncomingMessage } from 'node:http'
import { parse as parseQuery } from 'node:querystring'
import { kindOf } from '../base/value-kind.js'
import type { GuardedRequest } from './once-a-request.js'

/** Parses the header `cookie`; the decorator `parseCookie` of `@fastify/cookie`. */
export type ParseCookies = (header: string) => Readonly<Record<string, string | undefined>>

/** A request of `node:http`. It has what the sources of tokens read of a request of Fastify. */
class NodeRequest {
  readonly raw: IncomingMessage
  readonly headers: IncomingMessage['headers']
  readonly method: string | undefined
  readonly url: string | undefined
  readonly #parseCookies: ParseCookies

  constructor(raw: IncomingMessage, parseCookies: ParseCookies) {
    this.raw = raw
    this.headers = raw.headers
    this.method = raw.method
    this.url = raw.url
    this.#parseCookies = parseCookies
  }

  get query(): object {
    const [, query = ''] = String(this.url).split(/\?(.*)/s)
    return parseQuery(query)
  }

  get cookies(): ReturnType<ParseCookies> {
    return this.#parseCookies(this.headers.cookie ?? '')
  }
}

/**
 * Returns a request in the form that guards read: a request of Fastify as it is, and a stand-in for one of `node:http`.
 *
 * @param name - the name of the function in the message of an error
 * @throws {TypeError} for any other value
 */
export type ToRequest = (given: unknown, name: string) => GuardedRequest

/** Makes {@link ToRequest} for one plugin instance. */
export function createToRequest(parseCookies: ParseCookies): ToRequest {
  /** The stand-in of each request, so that a further call finds the steps that the request has taken. */
  const standIns = new WeakMap<object, NodeRequest>()
  return (given, name) => {
    if (hasMember(given, 'headers') && hasMember(given, 'raw')) return given as GuardedRequest
    if (!hasMember(given, 'headers') || !hasMember(given, 'rawHeaders')) {
      throw new TypeError(`${name}: expected a request of Fastify or of node:http; found ${kindOf(given)}`)
    }
    const raw = given as IncomingMessage
    const standIn = standIns.get(raw) ?? new NodeRequest(raw, parseCookies)
    standIns.set(raw, standIn)
    // The functions of an application get the stand-in, so the documentation names its members.
    return standIn as unknown as GuardedRequest
  }
}

const hasMember = (value: unknown, name: string) => {
  const member: unknown = Reflect.get(Object(value), name)
  return typeof member === 'object' && member !== null
}
