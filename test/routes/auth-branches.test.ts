/**
 * Behind `@fastify/auth` a handler sees the identity of a branch that let the request pass, and never that of another.
 * @module
 */
import fastifyAuth from '@fastify/auth'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { bearer, createApp, startIssuer } from '../support/app.js'

const { eu, us } = await startIssuer(t)
const headers = bearer(eu.accessToken({ sub: 'ada' }))

type Done = (error?: Error) => void

/** Every way in which a function of an application refuses. */
const REFUSALS: Readonly<Record<string, unknown>> = {
  'by its callback': (_request: FastifyRequest, _reply: FastifyReply, done: Done) => done(new Error('no')),
  'by its callback, later': (_request: FastifyRequest, _reply: FastifyReply, done: Done) =>
    void setImmediate(done, new Error('no')),
  'by throwing': () => {
    throw new Error('no')
  },
  'by a rejection': async () => {
    throw new Error('no')
  },
  'by a rejection, later': () =>
    new Promise((_resolve, reject) => void setImmediate(reject, new Error('no'))),
}

const pass = (_request: FastifyRequest, _reply: FastifyReply, done: Done) => done()
const passLater = async () => {}

/** Who the handler sees, or the status of a refusal. */
async function see(
  test: Test,
  list: (app: FastifyInstance) => unknown,
  options: object | undefined = undefined,
  registered: object = {},
): Promise<unknown> {
  const app = await createApp(test, { eu: eu.options(), us: us.options() })
  await app.register(fastifyAuth, registered as never)
  app.setErrorHandler((error: Error, request, reply) =>
    reply.code(418).send({ seen: request.cognito?.subject ?? null, message: error.message }),
  )
  const hook = app.auth(list(app) as never, options as never)
  app.get('/', { onRequest: hook }, async ({ cognito }) => ({ seen: cognito?.subject ?? null }))
  const answer = await app.inject({ url: '/', headers })
  return answer.statusCode === 200 ? answer.json().seen : answer.json()
}

t.test('what a branch proved goes with the branch that refuses', async (t) => {
  for (const [way, refuse] of Object.entries(REFUSALS)) {
    const list = (app: FastifyInstance) => [[app.authRequired('eu'), refuse], pass]
    t.equal(await see(t, list), null, way)
    t.equal(await see(t, list, { relation: 'or' }), null, way)
    t.equal(await see(t, list, { run: 'all' }), null, way)
    const three = (app: FastifyInstance) => [[pass, app.authRequired('eu'), passLater, refuse], passLater]
    t.equal(await see(t, three), null, way)
    t.match(await see(t, (app) => [[app.authRequired('eu'), refuse]]), { seen: null, message: 'no' }, way)
  }
})

t.test('what a branch proved stays where all of it let the request pass', async (t) => {
  for (const second of [pass, passLater]) {
    const list = (app: FastifyInstance) => [[app.authRequired('eu'), second], pass]
    t.equal(await see(t, list), 'ada')
    t.equal(await see(t, list, { run: 'all' }), 'ada')
    t.equal(await see(t, (app) => [[second, app.authRequired('eu')]]), 'ada')
  }
})

t.test('a branch leaves what was proved before it', async (t) => {
  const list = (app: FastifyInstance) => [app.authRequired('eu'), [app.authOptional('eu'), refuseLater]]
  const refuseLater = REFUSALS['by a rejection']
  t.equal(await see(t, list, { run: 'all' }), 'ada')
  const earlier = await createApp(t, { eu: eu.options(), us: us.options() })
  await earlier.register(fastifyAuth)
  const hook = earlier.auth([
    [earlier.authRequired('eu', { tokenUse: 'access' }), refuseLater],
    pass,
  ] as never)
  earlier.get(
    '/',
    { onRequest: earlier.authRequired('eu'), preHandler: hook },
    async ({ cognito }) => cognito?.subject,
  )
  t.equal((await earlier.inject({ url: '/', headers })).body, 'ada')
})

t.test('a branch may be one function: another hook of app.auth, or one that calls a guard', async (t) => {
  for (const [way, refuse] of Object.entries(REFUSALS)) {
    const nested = (app: FastifyInstance) => {
      const inner = app.auth([app.authRequired('eu'), refuse] as never, { relation: 'and' })
      return [inner, pass]
    }
    t.equal(await see(t, nested), null, way)
    t.equal(await see(t, nested, { run: 'all' }), null, way)
  }
  const wrapped = (app: FastifyInstance) => {
    const guard = app.authRequired('eu') as (request: unknown, reply: unknown, done: Done) => void
    const both = (request: unknown, reply: unknown, done: Done) =>
      guard(request, reply, (error) => done(error ?? new Error('no')))
    return [both, pass]
  }
  t.equal(await see(t, wrapped), null)
  t.equal(
    await see(t, (app) => [app.auth([app.authRequired('eu'), pass] as never, { relation: 'and' }), pass]),
    'ada',
  )
})

t.test('with run: all a guard after the refusal proves nothing either', async (t) => {
  for (const refuse of Object.values(REFUSALS)) {
    const list = (app: FastifyInstance) => [[refuse, app.authRequired('eu'), passLater], pass]
    t.equal(await see(t, list, { run: 'all' }), null)
  }
})

t.test('where one function of an inner list is enough, its identity stays', async (t) => {
  for (const refuse of Object.values(REFUSALS)) {
    for (const run of [undefined, 'all']) {
      const list = (app: FastifyInstance) => [[refuse, app.authRequired('eu')], pass]
      t.equal(await see(t, list, { relation: 'and', run }), 'ada')
    }
    t.equal(
      await see(t, (app) => [[refuse, app.authRequired('eu')], pass], undefined, { defaultRelation: 'and' }),
      'ada',
    )
  }
})

t.test('requests are told apart', async (t) => {
  const app = await createApp(t, { eu: eu.options() })
  await app.register(fastifyAuth)
  const waiting: (() => void)[] = []
  const isAda = async ({ cognito }: FastifyRequest) => {
    const held = new Promise<void>((resolve) => void waiting.push(resolve))
    await held
    if (cognito?.subject !== 'ada') throw new Error('no')
  }
  app.get(
    '/',
    { onRequest: app.auth([[app.authRequired('eu'), isAda], pass] as never) },
    async (request) => ({
      seen: request.cognito?.subject ?? null,
    }),
  )
  const subjects = ['ada', 'bob', 'ada', 'eve']
  const answers = subjects.map((sub) => app.inject({ url: '/', headers: bearer(eu.accessToken({ sub })) }))
  while (waiting.length < subjects.length) await new Promise(setImmediate)
  for (const go of waiting.reverse()) go()
  t.strictSame(
    (await Promise.all(answers)).map((answer) => answer.json().seen),
    ['ada', null, 'ada', null],
  )
})

t.test('the list that was given stays as it was, so that it can be told to composed as well', async (t) => {
  const app = await createApp(t, { eu: eu.options(), us: us.options() })
  await app.register(fastifyAuth)
  const guards = [app.authRequired('eu'), [app.authRequired('us'), app.authOptional('us')]]
  const given = [guards[0], [...(guards[1] as unknown[])]]
  app.cognito.composed(app.auth(given as never), given as never)
  t.strictSame(given, guards)
})
