/**
 * In which ways the key endpoint of pool eu fails.
 * @module
 */
import type { RequestListener } from 'node:http'

/** Where the fault `redirect` leads: to a good key set, at a place that was not configured. */
export const STRAY_PATH = '/elsewhere/jwks.json'

export const FAULTS = {
  503: (_request, response) => response.writeHead(503).end('{"message":"busy"}'),
  hang: () => {},
  reset: (request) => request.socket.resetAndDestroy(),
  'empty set': (_request, response) => response.end('{"keys":[]}'),
  garbage: (_request, response) => response.end('<html><body>Welcome!</body></html>'),
  redirect: (_request, response) => response.writeHead(302, { location: STRAY_PATH }).end(),
  403: (_request, response) => response.writeHead(403).end('{"message":"Forbidden"}'),
  drip: (_request, response) => {
    const timer = setInterval(() => response.write(' '), 50)
    response.on('close', () => clearInterval(timer))
  },
} as const satisfies Readonly<Record<string, RequestListener>>

export type FaultName = keyof typeof FAULTS

export const FAULT_NAMES = Object.keys(FAULTS) as unknown as readonly FaultName[]
