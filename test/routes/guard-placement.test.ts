/**
 * A guard in a place where it guards nothing stops the boot; in the right places it works.
 * @module
 */
import fastifyAuth from '@fastify/auth'
import fastifySwagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import cognito from '../../src/index.js'
import { bearer, startIssuer } from '../support/app.js'

const { eu } = await startIssuer(t)

/** An application that is prepared before the plugin is there, and built after it. */
async function boot(
  test: Test,
  build: (app: FastifyInstance) => void | Promise<void>,
  prepare: (app: FastifyInstance) => void | Promise<void> = () => {},
): Promise<FastifyInstance> {
  const app = Fastify()
  test.teardown(() => app.close())
  await prepare(app)
  await app.register(cognito, { pools: { eu: eu.options() }, keys: { prefetch: false } })
  await build(app)
  await app.ready()
  return app
}

const GUARDING = ['onRequest', 'preValidation', 'preHandler']
const WRONG = [
  'preParsing',
  'preSerialization',
  'onSend',
  'onResponse',
  'onError',
  'onTimeout',
  'onRequestAbort',
]

type Build = (app: FastifyInstance, name: string, guard: unknown) => void | Promise<void>

/** Every way to put a hook before a route. */
const WAYS: Readonly<Record<string, Build>> = {
  'as the hook of a route': (app, name, guard) => void app.get('/', { [name]: guard }, async () => 'in'),
  'in a list': (app, name, guard) => {
    const other = (...given: unknown[]) => (given.at(-1) as () => void)()
    app.get('/', { [name]: [other, guard] }, async () => 'in')
  },
  'by addHook of the root': (app, name, guard) => {
    app.addHook(name as 'onRequest', guard as never)
    app.get('/', async () => 'in')
  },
  'by addHook of a scope': (app, name, guard) => {
    app.register(async (scope) => {
      scope.addHook(name as 'onRequest', guard as never)
      scope.get('/', async () => 'in')
    })
  },
  'on a route of a scope within a scope': (app, name, guard) => {
    app.register(async (outer) => {
      outer.register(async (inner) => void inner.get('/', { [name]: guard }, async () => 'in'))
    })
  },
  'by a plugin that adds to a route': (app, name, guard) => {
    app.register(
      fp(async (scope) => {
        scope.addHook('onRoute', (options) => {
          if (options.url === '/') Object.assign(options, { [name]: guard })
        })
      }),
    )
    app.register(async (scope) => void scope.get('/', async () => 'in'))
  },
  'after another plugin': async (app, name, guard) => {
    await app.register(fastifySwagger, { openapi: {} })
    app.get('/', { [name]: guard }, async () => 'in')
  },
}

t.test('a guard under a hook that cannot guard stops the boot, and says what to write', async (t) => {
  for (const [way, build] of Object.entries(WAYS)) {
    for (const name of WRONG) {
      for (const make of ['authRequired', 'authOptional'] as const) {
        await t.rejects(
          boot(t, (app) => build(app, name, app[make]('eu'))),
          {
            name: 'TypeError',
            message: new RegExp(
              `^(?:GET /|HEAD /|addHook): expected the guard under onRequest or preValidation or preHandler, and not under ${name}: `,
            ),
          },
          `${way}, ${name}`,
        )
      }
    }
    for (const name of GUARDING) {
      const app = await boot(t, (app) => build(app, name, app.authRequired('eu')))
      t.equal((await app.inject('/')).statusCode, 401, `${way}, ${name}`)
      t.equal((await app.inject({ url: '/', headers: bearer(eu.accessToken()) })).body, 'in')
    }
  }
})

t.test('a guard under a name that is no hook stops the boot', async (t) => {
  for (const name of ['onrequest', 'preHandlers', 'guard', 'config']) {
    await t.rejects(
      boot(t, (app) => void app.get('/', { [name]: app.authRequired('eu') }, async () => 'in')),
      { message: new RegExp(`and not under ${name}: nothing runs a hook of that name$`) },
    )
  }
})

t.test('the message names the scope of a hook', async (t) => {
  const build = (app: FastifyInstance) =>
    void app.register(async (scope) => void scope.addHook('onResponse', app.authRequired('eu') as never), {
      prefix: '/users',
    })
  await t.rejects(boot(t, build), { message: /^addHook in \/users: / })
})

t.test('within a hook of @fastify/auth a guard is seen, whichever plugin comes first', async (t) => {
  const orders: readonly ((build: (app: FastifyInstance) => void) => Promise<FastifyInstance>)[] = [
    (build) => boot(t, build, async (app) => void (await app.register(fastifyAuth))),
    (build) =>
      boot(t, async (app) => {
        await app.register(fastifyAuth)
        build(app)
      }),
    (build) =>
      boot(t, (app) => {
        app.register(async (scope) => {
          await scope.register(fastifyAuth)
          build(scope)
        })
      }),
  ]
  for (const start of orders) {
    for (const nest of [false, true]) {
      const route = (name: string) => (app: FastifyInstance) => {
        const guard = app.authRequired('eu') as never
        const hook = app.auth(nest ? [[guard]] : [guard])
        app.get('/', { [name]: hook }, async () => 'in')
      }
      for (const name of WRONG) {
        await t.rejects(start(route(name)), { message: new RegExp(`and not under ${name}: `) })
      }
      const app = await start(route('onRequest'))
      t.equal((await app.inject('/')).statusCode, 401)
      t.equal((await app.inject({ url: '/', headers: bearer(eu.accessToken()) })).body, 'in')
    }
  }
})

t.test(
  'functions of @fastify/auth that are no guards may stand anywhere, and keep their meaning',
  async (t) => {
    const app = await boot(t, async (app) => {
      await app.register(fastifyAuth)
      const pass = app.auth([(_request, _reply, done) => done()])
      app.get('/', { preHandler: pass, onResponse: pass as never }, async () => 'in')
      t.throws(() => app.auth('nothing' as never), { message: /array/ }, 'its own checks stay')
    })
    t.equal((await app.inject('/')).body, 'in')
  },
)

t.test('a decorator of another kind by the name auth is left alone', async (t) => {
  const app = await boot(
    t,
    () => {},
    (app) => void app.decorate('auth' as never, { key: 1 } as never),
  )
  t.strictSame(Reflect.get(app, 'auth'), { key: 1 })
  const later = await boot(t, (app) => void app.decorate('auth' as never, { key: 2 } as never))
  t.strictSame(Reflect.get(later, 'auth'), { key: 2 })
})

t.test('a guard that was not made stops the boot, and shows the call', async (t) => {
  for (const make of ['authRequired', 'authOptional'] as const) {
    for (const name of [...GUARDING, 'onResponse']) {
      for (const [way, build] of Object.entries(WAYS)) {
        await t.rejects(
          boot(t, (app) => build(app, name, app[make])),
          {
            name: 'TypeError',
            message: new RegExp(`expected a guard under ${name}, as app\\.${make}\\('eu'\\) returns one`),
          },
          `${way}, ${name}`,
        )
      }
    }
    await t.rejects(
      boot(t, async (app) => {
        await app.register(fastifyAuth)
        app.auth([app[make] as never])
      }),
      { message: /^auth: expected a guard under auth/ },
    )
  }
})

t.test('a handler for what is not found has its guard under the hook that always runs', async (t) => {
  const build = (name: string) => (app: FastifyInstance) =>
    void app.setNotFoundHandler({ [name]: app.authRequired('eu') } as never, (_request, reply) => {
      reply.code(200).send('in')
    })
  for (const name of ['onRequest', 'preValidation', 'onResponse', 'prehandler']) {
    await t.rejects(boot(t, build(name)), {
      message: new RegExp(`^setNotFoundHandler: expected the guard under preHandler, and not under ${name}`),
    })
  }
  const app = await boot(t, (app) => {
    build('preHandler')(app)
    app.get('/open', (_request, reply) => reply.callNotFound())
  })
  for (const url of ['/nowhere', '/open']) {
    t.equal((await app.inject(url)).statusCode, 401)
    t.equal((await app.inject({ url, headers: bearer(eu.accessToken()) })).body, 'in')
  }
  const plain = await boot(t, (app) => void app.setNotFoundHandler((_request, reply) => reply.send('plain')))
  t.equal((await plain.inject('/nowhere')).body, 'plain')
})

t.test('an option of the application that it puts under a hook itself', async (t) => {
  const app = await boot(t, (app) => {
    app.addHook('onRoute', (route) => {
      const { guard } = route as { guard?: never }
      if (guard !== undefined) route.onRequest = guard
    })
    app.get('/', { guard: app.authRequired('eu') } as never, async () => 'in')
  })
  t.equal((await app.inject('/')).statusCode, 401)
  t.equal((await app.inject({ url: '/', headers: bearer(eu.accessToken()) })).body, 'in')
})

t.test('hooks that are no guards may stand anywhere', async (t) => {
  const seen: string[] = []
  const app = await boot(t, (app) => {
    app.addHook('onResponse', async () => void seen.push('onResponse'))
    app.addHook('onSend', async () => void seen.push('onSend'))
    app.get('/', { onSend: async () => void seen.push('own') }, async () => 'in')
  })
  t.equal((await app.inject('/')).body, 'in')
  t.strictSame(seen.sort(), ['onResponse', 'onSend', 'own'])
})
