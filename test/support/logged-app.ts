/**
 * A Fastify app with one guarded route, whose log lines are kept.
 * @module
 */
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import cognito, { type PluginOptions } from '../../src/index.js'
import { bearer } from './app.js'

/** An answer of the guarded route; `code` is `undefined` where the token is let in. */
export interface GuardedAnswer {
  readonly status: number
  readonly code: string | undefined
  readonly retryAfter: string | undefined
}

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>>

/** The app, and what it says. */
export interface LoggedApp {
  readonly app: FastifyInstance
  /** What it has said so far, of level `info` or higher; requests are left out. */
  readonly lines: readonly LogLine[]
  /** Shows a token to the guarded route. */
  readonly ask: (token: string) => Promise<GuardedAnswer>
}

/** Makes the app; it is closed with the test. */
export function createLoggedApp(test: Test, options: PluginOptions): LoggedApp {
  const lines: LogLine[] = []
  const stream = {
    write(text: string) {
      const line: LogLine = JSON.parse(text)
      if (line['reqId'] === undefined) lines.push(line)
    },
  }
  const app = Fastify({ logger: { stream } })
  test.teardown(() => app.close())
  app.register(cognito, options)
  // Where the plugin refuses its options there is no guard, and the boot fails of itself.
  app.after(() => {
    if (!app.hasDecorator('authRequired')) return
    app.get('/', { onRequest: app.authRequired() }, async (request) => request.cognito.pool)
  })
  return {
    app,
    lines,
    async ask(token) {
      const { statusCode, headers, body } = await app.inject({ url: '/', headers: bearer(token) })
      const code = statusCode === 200 ? undefined : JSON.parse(body).code
      return { status: statusCode, code, retryAfter: headers['retry-after'] as string | undefined }
    },
  }
}
