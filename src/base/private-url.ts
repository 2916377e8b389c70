/**
 * Tells which URLs an attacker on the network path can neither read nor answer: `https:` URLs and loopback.
 * @module
 */
import type { Environment } from './environment.js'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Tells whether a host name is this machine. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname)
}

/** Parses a URL that is `https:`, or `http:` on loopback. Returns `undefined` for any other text. */
export function parsePrivateUrl(value: string): URL | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol === 'https:') return url
  return url?.protocol === 'http:' && isLoopback(url.hostname) ? url : undefined
}

/**
 * Parses a URL that {@link parsePrivateUrl} takes, or any `http:` URL when the option `insecureHttp` allows it: for an
 * emulator in another container. Returns `undefined` for any other text.
 */
export function parseUrl(value: string, insecureHttp: boolean): URL | undefined {
  const url = parsePrivateUrl(value)
  if (url !== undefined || !insecureHttp || !URL.canParse(value)) return url
  return new URL(value).protocol === 'http:' ? new URL(value) : undefined
}

/**
 * Returns the host of a plain `http:` URL to another machine; `undefined` for any other URL.
 *
 * @param url - a valid URL
 */
export function plainHostOf(url: string): string | undefined {
  const { protocol, hostname, host } = new URL(url)
  return protocol === 'http:' && !isLoopback(hostname) ? host : undefined
}

/** Message for a URL that {@link parseUrl} does not take. */
export const URL_EXPECTED =
  'expected an https URL, or an http URL on loopback; insecureHttp: true allows an emulator in another container'

/**
 * Refuses `insecureHttp` in production, because an attacker on the network path could replace the keys or read passwords.
 *
 * @param path - path of the options that have `insecureHttp`, for the message
 * @throws {TypeError} naming the path of the option
 */
export function assertInsecureHttp(insecureHttp: boolean, path: string, env: Environment): void {
  if (insecureHttp && env['NODE_ENV'] === 'production') {
    throw new TypeError(`${path}.insecureHttp: expected false, because NODE_ENV is production`)
  }
}
