/**
 * Doors of tenants: routes that take one tenant each way in which a request can name it, and requests for them.
 * @module
 */
import { Agent, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import { anyTenant, type TenantSelector, tenant } from '../../src/index.js'

/** The domain of all tenants. */
export const SUFFIX = '.example.com'

/** The answer of a door. */
export interface DoorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** A request for a door: its path and its headers besides the token. */
export interface Knock {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

type ToKnock = (name: string | undefined) => Knock | undefined

/** A host names one label in lower case. */
const inHost =
  (path: string): ToKnock =>
  (name) => {
    if (name === undefined) return { path, headers: { host: SUFFIX.slice(1) } }
    return /^[a-z0-9]+$/.test(name) ? { path, headers: { host: `${name}${SUFFIX}` } } : undefined
  }
const inPath: ToKnock = (name) => ({
  path: name === undefined ? '/path' : `/path/${encodeURIComponent(name)}`,
  headers: {},
})
const inHeader =
  (path: string): ToKnock =>
  (name) => ({ path, headers: name === undefined ? {} : { 'x-tenant': name } })
/** An application has a name before it calls `verify`. */
const inCall: ToKnock = (name) =>
  name !== undefined && /^[A-Za-z0-9]\w*$/.test(name) ? inHeader('/verify')(name) : undefined

/** How a request at each door names a tenant; `undefined` where it cannot. */
export const DOORS: Readonly<Record<string, ToKnock>> = {
  host: inHost('/host'),
  path: inPath,
  header: inHeader('/header'),
  preHandler: inHeader('/preHandler'),
  function: inHeader('/function'),
  async: inHeader('/async'),
  list: inHeader('/list'),
  optional: inHeader('/optional'),
  scope: inHeader('/scope'),
  afterAny: inHeader('/after-any'),
  verify: inCall,
  verifyRequest: inHeader('/verify-request'),
  nodeRequest: inHeader('/node-request'),
  nodeHost: inHost('/node-host'),
  optionalRequest: inHeader('/optional-request'),
}

const named = ({ headers }: FastifyRequest) => {
  const { 'x-tenant': name } = headers
  return typeof name === 'string' ? name : undefined
}

/** The selectors of the doors. A deliberately open application has others. */
const SELECTORS = {
  host: tenant.host(SUFFIX),
  path: tenant.path('tenant'),
  header: tenant.header('x-tenant'),
  function: tenant(named),
  async: tenant(async (request) => named(request)),
}
type Selectors = Readonly<Record<keyof typeof SELECTORS, TenantSelector>>

/** Selectors that look at no name, for the control of the attacks. */
export const OPEN: Selectors = {
  host: anyTenant,
  path: anyTenant,
  header: anyTenant,
  function: anyTenant,
  async: anyTenant,
}

const whose = async (request: FastifyRequest) => request.cognito?.tenant ?? 'nobody'

/** Adds a route for each door. */
export function addDoors(app: FastifyInstance, { host, path, header, ...by }: Selectors = SELECTORS): void {
  const { authRequired, authOptional } = app
  app.get('/host', { onRequest: authRequired(host) }, whose)
  app.get('/path/:tenant', { onRequest: authRequired(path) }, whose)
  app.get('/path', { onRequest: authRequired(path) }, whose)
  app.get('/header', { preValidation: authRequired(header) }, whose)
  app.get('/preHandler', { preHandler: authRequired(header) }, whose)
  app.get('/function', { onRequest: authRequired(by.function) }, whose)
  app.get('/async', { onRequest: authRequired([by.async]) }, whose)
  app.get('/list', { onRequest: authRequired(['staff', header]) }, whose)
  app.get('/optional', { onRequest: authOptional(header) }, whose)
  app.get('/after-any', { onRequest: [authRequired(anyTenant), authRequired(header)] }, whose)
  app.register(async (scope) => {
    app.cognito.protect(scope, authRequired(header)).get('/scope', whose)
  })
  addCalls(app, { host, header }, host === anyTenant)
}

/** Adds the doors whose handler authenticates. */
function addCalls(
  app: FastifyInstance,
  { host, header }: Pick<Selectors, 'host' | 'header'>,
  isOpen: boolean,
): void {
  const { verify, verifyRequest } = app.cognito
  app.get('/verify', async (request) => {
    const token = String(request.headers.authorization).slice('Bearer '.length)
    return (await verify(token, isOpen ? anyTenant : tenant(String(named(request))))).tenant
  })
  app.get('/verify-request', async (request) => (await verifyRequest(request, header)).tenant)
  app.get('/node-request', async ({ raw }) => (await verifyRequest(raw, header)).tenant)
  app.get('/node-host', async ({ raw }) => (await verifyRequest(raw, ['staff', host])).tenant)
  app.get(
    '/optional-request',
    async (request) => (await verifyRequest.optional(request, header))?.tenant ?? 'nobody',
  )
}

/** Adds the same paths without any guard. */
export function addHoles(app: FastifyInstance): void {
  app.get('/*', async () => 'in')
}

/** Listens on loopback until the end of the test. Resolves to the port. */
export async function listen(test: Test, app: FastifyInstance): Promise<number> {
  test.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

const agent = new Agent({ keepAlive: true })

/** Sends a request with exactly these headers, of which `host` may be any. */
export function knock(port: number, { path, headers }: Knock, token?: string): Promise<DoorAnswer> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path, headers: { ...headers, ...authorization }, agent }
    const sent = send(options, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.on('error', reject).end()
  })
}
