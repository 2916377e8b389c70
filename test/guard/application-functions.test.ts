/**
 * What a guard does with the functions of an application: `check`, a chosen pool, type guards, and promises of any library.
 * @module
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import t from 'tap'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options() })
const pool = async (request: FastifyRequest) => ({ pool: request.cognito?.pool ?? null })

async function status(app: FastifyInstance, url: string, token?: string): Promise<number> {
  return (await app.inject({ url, headers: token === undefined ? {} : bearer(token) })).statusCode
}

t.test(
  'a function that chooses no pool, or an unknown one, is a logged 500 that tells the client nothing',
  async (t) => {
    const lines: string[] = []
    const app = await createApp(
      t,
      pools(),
      {},
      { logger: { level: 'trace', stream: { write: (line: string) => void lines.push(line) } } },
    )
    const odd = [
      'asia',
      'toString',
      '__proto__',
      [],
      ['eu', 'asia'],
      [['eu']],
      undefined,
      null,
      7,
      {},
      Promise.resolve('asia'),
      Promise.resolve(undefined),
      Promise.resolve([]),
    ]
    for (const [index, value] of odd.entries())
      app.get(`/${index}`, { onRequest: app.authRequired(() => value as never) }, pool)
    for (const index of odd.keys()) {
      const response = await app.inject({ url: `/${index}`, headers: bearer(eu.accessToken()) })
      t.equal(
        response.body,
        '{"statusCode":500,"code":"COGNITO_ERR_INTERNAL","error":"Internal Server Error","message":"Internal Server Error"}',
        `${index}`,
      )
      t.notOk(response.headers['www-authenticate'])
      t.equal(await status(app, `/${index}`), 401, 'without a token nobody is asked')
    }
    const logged = lines.filter((line) =>
      line.includes('chose no pool or an unknown one; registered are eu, us'),
    )
    t.equal(logged.length, odd.length)
    t.notOk(lines.some((line) => line.includes('asia')))
  },
)

t.test('an application’s function that throws, or answers nothing useful, lets nobody in', async (t) => {
  const app = await createApp(t, pools())
  const thrown = [undefined, null, '', 0, false, Number.NaN, 'text', 7, Symbol('x')]
  const throwers = thrown.flatMap((value) => [
    () => {
      throw value
    },
    () => Promise.reject(value),
  ])
  for (const [index, thrower] of throwers.entries()) {
    app.get(`/check/${index}`, { onRequest: app.authRequired('eu', { check: thrower as never }) }, pool)
    app.get(`/pool/${index}`, { onRequest: app.authRequired(thrower as never) }, pool)
  }
  class NotToday extends Error {
    readonly statusCode = 418
  }
  app.get(
    '/own',
    {
      onRequest: app.authRequired('eu', {
        check: () => {
          throw new NotToday()
        },
      }),
    },
    pool,
  )
  const answers = [undefined, null, 0, 1, 'yes', 'true', {}, [], Number.NaN]
  for (const [index, answer] of answers.entries()) {
    app.get(`/answer/${index}`, { onRequest: app.authRequired('eu', { check: () => answer as never }) }, pool)
    app.get(
      `/later/${index}`,
      { onRequest: app.authRequired('eu', { check: async () => answer as never }) },
      pool,
    )
  }
  const guard = (): boolean => {
    throw new Error('secret')
  }
  app.get('/guard', { onRequest: app.authRequired('eu', { claims: guard as never }) }, pool)
  for (const index of throwers.keys()) {
    for (const url of [`/check/${index}`, `/pool/${index}`])
      t.equal(await status(app, url, eu.accessToken()), 500, `${url} ${String(thrown[index >> 1])}`)
  }
  t.equal(await status(app, '/own', eu.accessToken()), 418, 'an error of the application stays its own')
  for (const index of answers.keys()) {
    for (const url of [`/answer/${index}`, `/later/${index}`])
      t.equal(await status(app, url, eu.accessToken()), 403, `${url} ${String(answers[index])}`)
  }
  t.equal(await status(app, '/guard', eu.accessToken()), 401, 'a type guard that throws has not accepted')
})

t.test('a promise of any library is waited for', async (t) => {
  const app = await createApp(t, pools())
  // A promise of another library is any object with this member.
  const promise = <T>(value: T): Promise<T> =>
    Object.fromEntries([
      ['then', (resolve: (value: T) => void) => void setTimeout(resolve, 5, value)],
    ]) as never
  app.get('/', { onRequest: app.authRequired(() => promise('eu'), { check: () => promise(true) }) }, pool)
  app.get('/no', { onRequest: app.authRequired('eu', { check: () => promise(false) }) }, pool)
  t.equal(await status(app, '/', eu.accessToken()), 200)
  t.equal(await status(app, '/', us.accessToken()), 401)
  t.equal(await status(app, '/no', eu.accessToken()), 403)
})

t.test('check comes last and once, with the request and what was proved', async (t) => {
  const app = await createApp(t, pools())
  const calls: unknown[] = []
  const check = (authentication: { pool: string }, request: FastifyRequest) => {
    calls.push([authentication.pool, request.url, request.cognito])
    return true
  }
  app.get('/', { onRequest: app.authRequired('eu', { scopes: 'a', check }) }, pool)
  await status(app, '/', eu.accessToken({ scope: 'b' }))
  await status(app, '/')
  t.strictSame(calls, [])
  t.equal(await status(app, '/', eu.accessToken({ scope: 'a' })), 200)
  t.strictSame(calls, [['eu', '/', null]])
})
