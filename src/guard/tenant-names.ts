/**
 * The ways in which a request names its tenant: by the host, by a parameter of the path, or by a header.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { kindOf } from '../base/value-kind.js'

/** Finds the name of a tenant in a request; `undefined` where the request names none. */
type FindName = (request: FastifyRequest) => string | undefined

/** One label of a host name or more, each with a dot before it, in lower case (RFC 1123 §2.1). */
const SUFFIX = /^(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Makes the finder of the label before a suffix.
 *
 * @throws {TypeError} for a suffix that no host can have
 */
export function compileHost(suffix: string): FindName {
  if (typeof suffix !== 'string' || !SUFFIX.test(suffix)) {
    throw new TypeError(
      `tenant.host: expected the domain of all tenants in lower case with its leading dot, such as '.example.com'; found ${kindOf(suffix)}`,
    )
  }
  const find = (host: string): string | undefined => {
    const label = host.endsWith(suffix) ? host.slice(0, -suffix.length) : ''
    return LABEL.test(label) ? label : undefined
  }
  return (request) => {
    const host = hostOf(request)
    // Most hosts are in lower case, and need no copy.
    return find(host) ?? find(toLowerCase(host))
  }
}

/** Lowers ASCII alone (RFC 4343 §3). Other characters, some of which have a lower case in ASCII, are in no host. */
const toLowerCase = (host: string) => (/^[!-~]*$/.test(host) ? host.toLowerCase() : '')

/** Returns the host of a request without its port. A request of `node:http` has no `host`. */
function hostOf({ host, headers }: Partial<FastifyRequest>): string {
  const given = typeof host === 'string' ? host : String(headers?.host ?? '')
  const colon = given.lastIndexOf(':')
  return colon < 0 ? given : given.slice(0, colon)
}

/**
 * Makes the finder of a parameter of the path.
 *
 * @throws {TypeError} when the name is no text
 */
export function readParameter(parameter: string): FindName {
  assertName('tenant.path: expected the name of a parameter of the path', parameter)
  return ({ params }) => textOf(params, parameter)
}

/**
 * Makes the finder of a header. Node joins repeated headers with a comma, which no name of a tenant has.
 *
 * @throws {TypeError} when the name is no text
 */
export function readHeader(header: string): FindName {
  assertName('tenant.header: expected the name of a header', header)
  const name = header.toLowerCase()
  return ({ headers }) => textOf(headers, name)
}

function assertName(message: string, name: unknown): void {
  if (typeof name !== 'string' || name === '') throw new TypeError(`${message}; found ${kindOf(name)}`)
}

/** Returns an own member that is text. A request of `node:http` has no parameters. */
function textOf(members: unknown, name: string): string | undefined {
  const value: unknown = Object.hasOwn(Object(members), name) ? Reflect.get(Object(members), name) : undefined
  return typeof value === 'string' ? value : undefined
}
