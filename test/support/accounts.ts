/**
 * An app with account routes, in front of a server that speaks Cognito's wire protocol.
 * @module
 */
import type { FastifyInstance, FastifyServerOptions, InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import type { PluginOptions, PoolOptions } from '../../src/index.js'
import type { TestPool } from '../../src/testing/index.js'
import userRoutes, { type UserRoutesOptions } from '../../src/user-routes/index.js'
import { createApp, startIssuer } from './app.js'
import { type CognitoWire, startWire } from './cognito-wire.js'

/** An answer, as far as tests compare it; `body` is `undefined` where there is none. */
export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** What {@link createAccounts} is made with. */
export interface AccountsInit {
  /** Of the account routes. */
  readonly options?: Partial<UserRoutesOptions>
  /** Of the pool. */
  readonly pool?: Partial<PoolOptions>
  /** Of the plugin. */
  readonly plugin?: Omit<PluginOptions, 'pools'>
  readonly server?: FastifyServerOptions
  /** Of the app client, as Cognito knows it. */
  readonly secret?: string
  /** What is done before the routes are registered. */
  readonly prepare?: (app: FastifyInstance) => void
}

/** The app, and what it stands in front of. */
export interface AccountsApp {
  readonly app: FastifyInstance
  readonly wire: CognitoWire
  readonly endpoint: string
  readonly pool: TestPool
  /** Sends JSON to a route below `/users`. */
  readonly post: (path: string, body?: object, token?: string) => Promise<Answer>
}

/** One for the whole file: its keys take long to make. */
const issuer = startIssuer(t)

/** Everything is closed with the test. */
export async function createAccounts(test: Test, init: AccountsInit = {}): Promise<AccountsApp> {
  const { eu: pool } = await issuer
  const { wire, endpoint } = await startWire(test, pool, init.secret)
  const app = await createApp(test, { eu: { ...pool.options(), ...init.pool } }, init.plugin, init.server)
  init.prepare?.(app)
  await app.register(userRoutes, { prefix: '/users', endpoint, ...init.options })
  const post = (path: string, body: object = {}, token?: string) =>
    ask(app, { method: 'POST', url: `/users${path}`, body, headers: headersOf(token) })
  return { app, wire, endpoint, pool, post }
}

/** The header of a token. */
export const headersOf = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

/** Status and parsed body of a request. */
export async function ask(app: FastifyInstance, request: InjectOptions | string): Promise<Answer> {
  const { statusCode: status, body } = await app.inject(request)
  return { status, body: body === '' ? undefined : JSON.parse(body) }
}
