/**
 * Which URLs nobody on the way can read or answer.
 * @module
 */

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Whether a host is this machine. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname)
}

/** Parses a URL that is `https:`, or `http:` on loopback; `undefined` for every other text. */
export function parsePrivateUrl(value: string): URL | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol === 'https:') return url
  return url?.protocol === 'http:' && isLoopback(url.hostname) ? url : undefined
}

/**
 * Parses a URL that is private, or that is `http:` where the option `insecureHttp` allows it: for an emulator in another
 * container.
 */
export function parseUrl(value: string, insecureHttp: boolean): URL | undefined {
  const url = parsePrivateUrl(value)
  if (url !== undefined || !insecureHttp || !URL.canParse(value)) return url
  return new URL(value).protocol === 'http:' ? new URL(value) : undefined
}

/**
 * The host of a URL that is plain `http:` to another machine; `undefined` for every other URL.
 *
 * @param url - a valid one
 */
export function plainHostOf(url: string): string | undefined {
  const { protocol, hostname, host } = new URL(url)
  return protocol === 'http:' && !isLoopback(hostname) ? host : undefined
}

/** The message for a URL that {@link parseUrl} does not take. */
export const URL_EXPECTED =
  'expected an https URL, or an http URL on loopback; insecureHttp: true allows an emulator in another container'

/**
 * Refuses `insecureHttp` in production: who is on the way to such a URL would choose the keys, or read the passwords.
 *
 * @param path - where the options stand that have it
 * @throws {TypeError} naming its path
 */
export function assertInsecureHttp(
  insecureHttp: boolean,
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): void {
  if (insecureHttp && env['NODE_ENV'] === 'production') {
    throw new TypeError(`${path}.insecureHttp: expected false, because NODE_ENV is production`)
  }
}
