/**
 * The answer of NestJS to a refusal by a mark: status, headers, body, filters and log lines.
 * @module
 */
import {
  type ArgumentsHost,
  Catch,
  type ExecutionContext,
  ForbiddenException,
  Get,
  HttpException,
  Inject,
  type Type,
  UseGuards,
} from '@nestjs/common'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import t from 'tap'
import { CognitoError } from '../../src/index.js'
import { Cognito, CognitoException, CognitoHost } from '../../src/nest/index.js'
import { TestIssuer } from '../../src/testing/index.js'
import { controller, issuer, pools, startNest } from '../support/nest-app.js'

class Desk {
  read() {
    return 'in'
  }
  write() {
    return 'in'
  }
  forbidden() {
    return 'in'
  }
  crashed() {
    return 'in'
  }
  defect() {
    return 'in'
  }
  late() {
    return 'in'
  }
}
const forbid = () => {
  throw new ForbiddenException({ because: 'closed' })
}
const crash = () => {
  throw new Error('a crash')
}
const throwNothing = () => {
  throw undefined
}
controller('desk', Desk, {
  type: [Cognito('eu')],
  methods: {
    read: [Get(':id')],
    write: [Get('write'), Cognito('eu', { scopes: 'orders/write' })],
    forbidden: [Get('forbidden'), Cognito('eu', { check: forbid })],
    crashed: [Get('crashed'), Cognito('eu', { check: crash })],
    defect: [Get('defect'), Cognito('eu', { check: throwNothing })],
    late: [Get('late'), Cognito('us')],
  },
})

const REALM = /^Bearer realm="shop"/

t.test('a refusal has the body and the headers of Fastify, and no line of level error', async (t) => {
  const { ask, errors } = await startNest(t, { controllers: [Desk], options: { realm: 'shop' } })
  for (const [url, token, status, code, error] of [
    ['/desk/7', undefined, 401, 'COGNITO_ERR_TOKEN_MISSING', 'Unauthorized'],
    ['/desk/7', 'a b', 400, 'COGNITO_ERR_REQUEST_INVALID', 'Bad Request'],
    ['/desk/7', 'a.b.c', 401, 'COGNITO_ERR_TOKEN_INVALID', 'Unauthorized'],
    ['/desk/7', pools.us.accessToken(), 401, 'COGNITO_ERR_TOKEN_INVALID', 'Unauthorized'],
    ['/desk/write', pools.eu.accessToken(), 403, 'COGNITO_ERR_SCOPE_INSUFFICIENT', 'Forbidden'],
  ] as const) {
    const { body, headers, ...answer } = await ask(url, token)
    t.equal(answer.status, status, code)
    t.strictSame(body, {
      statusCode: status,
      code,
      error,
      message: new CognitoError(code, { reason: '' }).message,
    })
    t.match(headers, { 'www-authenticate': REALM, 'cache-control': 'no-store' }, code)
  }
  t.equal((await ask('/desk/7', pools.eu.accessToken())).body, 'in')
  t.strictSame(errors(), [])
})

t.test('an outage of the keys is 503 with Retry-After', async (t) => {
  const other = await TestIssuer.start()
  t.teardown(() => other.close())
  const dark = other.createPool({ region: 'us-east-1' })
  const options = { pools: { eu: pools.eu.options(), us: dark.options() } }
  const { ask, errors } = await startNest(t, { controllers: [Desk], options })
  other.down = true
  t.match(await ask('/desk/late', dark.accessToken()), {
    status: 503,
    body: { code: 'COGNITO_ERR_KEYS_UNAVAILABLE' },
    headers: { 'retry-after': /^\d+$/, 'cache-control': 'no-store' },
  })
  t.equal((await ask('/desk/7', pools.eu.accessToken())).status, 200)
  t.strictSame(errors(), [])
  t.equal(issuer.down, false)
})

t.test('errors of the application stay as they are, and a defect is logged', async (t) => {
  const { ask, errors } = await startNest(t, { controllers: [Desk] })
  const token = pools.eu.accessToken()
  t.match(await ask('/desk/forbidden', token), { status: 403, body: { because: 'closed' } })
  t.strictSame(errors(), [])
  t.match(await ask('/desk/crashed', token), { status: 500, body: { message: 'Internal server error' } })
  t.match(errors(), [['error', { message: 'a crash' }]])
  t.equal((await ask('/desk/defect', token)).status, 500)
  t.match(errors()[1], ['error', { code: 'COGNITO_ERR_INTERNAL' }])
})

t.test('a logger of Fastify gets the reason of a refusal', async (t) => {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (text: string) => void lines.push(JSON.parse(text)) }
  const adapter = new FastifyAdapter({ logger: { stream } })
  const other = await TestIssuer.start()
  t.teardown(() => other.close())
  const dark = other.createPool({ region: 'us-east-1' })
  const options = { pools: { eu: pools.eu.options(), us: dark.options() } }
  const { ask, lines: nestLines } = await startNest(t, { controllers: [Desk], options, adapter })
  await ask('/desk/write', pools.eu.accessToken())
  const refusals = () => lines.filter(({ err }) => err !== undefined)
  t.match(refusals(), [
    { level: 30, msg: 'A required scope is missing', err: { reasonCode: 'SCOPES_MISSING' }, reqId: /./ },
  ])
  other.down = true
  await ask('/desk/late', dark.accessToken())
  t.match(refusals()[1], { level: 50, err: { code: 'COGNITO_ERR_KEYS_UNAVAILABLE' } })
  t.notOk(
    nestLines.some(([, , context]) => context === 'CognitoModule'),
    'the hint is for applications without a logger',
  )
  const { lines: silent } = await startNest(t, { controllers: [Desk] })
  t.ok(silent.some(([level, , context]) => level === 'log' && context === 'CognitoModule'))
})

/** A filter that answers every exception of a type, and keeps it. */
function createFilter(caught: unknown[], ...types: Type<unknown>[]) {
  class Filter {
    catch(exception: unknown, host: ArgumentsHost) {
      caught.push(exception)
      const status = exception instanceof HttpException ? exception.getStatus() : 500
      host.switchToHttp().getResponse().status(status).send({ filtered: true })
    }
  }
  Catch(...types)(Filter)
  return new Filter()
}

for (const [name, types] of [
  ['@Catch()', []],
  ['@Catch(HttpException)', [HttpException]],
  ['@Catch(CognitoException)', [CognitoException]],
] as const) {
  t.test(`a filter ${name} gets the exception, and the headers stay`, async (t) => {
    const caught: unknown[] = []
    const { ask } = await startNest(t, {
      controllers: [Desk],
      before: (app) => app.useGlobalFilters(createFilter(caught, ...types)),
    })
    t.match(await ask('/desk/write', pools.eu.accessToken()), {
      status: 403,
      body: { filtered: true },
      headers: { 'www-authenticate': /scope="orders\/write"/, 'cache-control': 'no-store' },
    })
    const [exception] = caught
    if (!(exception instanceof CognitoException)) throw new Error('another exception')
    t.equal(exception.code, 'COGNITO_ERR_SCOPE_INSUFFICIENT')
    t.ok(exception.cause instanceof CognitoError)
    t.equal(exception.cause.reasonCode, 'SCOPES_MISSING')
    t.match(exception.headers, { 'cache-control': 'no-store', 'www-authenticate': /^Bearer realm="api"/ })
    t.strictSame(exception.extensions, { code: 'COGNITO_ERR_SCOPE_INSUFFICIENT' })
  })
}

t.test('a guard of the application answers by CognitoHost and CognitoException', async (t) => {
  class Own {
    readonly host: CognitoHost
    constructor(host: CognitoHost) {
      this.host = host
    }
    async canActivate(context: ExecutionContext) {
      const http = context.switchToHttp()
      try {
        await this.host.cognito.verifyRequest(http.getRequest(), 'eu')
      } catch (error) {
        if (!(error instanceof CognitoError)) throw error
        this.host.cognito.answer(http.getResponse(), error)
        throw new CognitoException(error)
      }
      return true
    }
  }
  Inject(CognitoHost)(Own, undefined, 0)
  class Guarded {
    read() {
      return 'in'
    }
  }
  controller('guarded', Guarded, { methods: { read: [Get(), UseGuards(Own)] } })
  const { ask, errors } = await startNest(t, { controllers: [Guarded], options: { realm: 'shop' } })
  t.match(await ask('/guarded'), {
    status: 401,
    body: { code: 'COGNITO_ERR_TOKEN_MISSING' },
    headers: { 'www-authenticate': REALM, 'cache-control': 'no-store' },
  })
  t.equal((await ask('/guarded', pools.eu.accessToken())).body, 'in')
  t.strictSame(errors(), [])
})
