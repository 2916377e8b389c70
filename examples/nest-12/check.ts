/**
 * Sends requests to the shop over HTTP and WebSocket, and reads what NestJS answers, logs and hands to filters.
 * @module
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  All,
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  HttpException,
  type LoggerService,
} from '@nestjs/common'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { Test } from '@nestjs/testing'
import { CognitoError, type PluginOptions } from 'fastify-cognito'
import { Cognito, CognitoException, CognitoHost, CognitoModule } from 'fastify-cognito/nest'
import { TestIssuer, type TestPool } from 'fastify-cognito/testing'
import { WebSocket } from 'ws'
import { configure, createModule, createShop, Orders } from './app.js'

interface Pools {
  readonly eu: TestPool
  readonly us: TestPool
}

/** A logger of NestJS that keeps its errors. */
function keepErrors(): { readonly logger: LoggerService; readonly errors: unknown[] } {
  const errors: unknown[] = []
  const ignore = () => undefined
  const error = (...line: unknown[]) => void errors.push(line)
  return { logger: { log: ignore, warn: error, error, debug: ignore, verbose: ignore, fatal: error }, errors }
}

type Ask = (path: string, token?: string, init?: RequestInit) => Promise<Answer>
interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

async function listen(app: NestFastifyApplication): Promise<Ask> {
  await app.listen(0, '127.0.0.1')
  const origin = await app.getUrl()
  return async (path, token, init = {}) => {
    const headers = { ...(init.headers as object), ...(token && { authorization: `Bearer ${token}` }) }
    const response = await fetch(origin + path, { ...init, headers })
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer['body'],
    }
  }
}

const spoil = (token: string) => token.replace(/[^.]+$/, 'A'.repeat(342))

function assertRefusal(
  { status, headers, body }: Answer,
  expected: number,
  code: string,
  challenge: RegExp,
): void {
  assert.deepEqual([status, body['statusCode'], body['code']], [expected, expected, code])
  assert.equal(typeof body['message'], 'string')
  assert.match(headers.get('www-authenticate') ?? '', challenge)
  assert.equal(headers.get('cache-control'), 'no-store')
}

const json = (body: string) => ({ method: 'POST', body, headers: { 'content-type': 'application/json' } })

/** Good, missing, bad and foreign tokens at the controllers. */
async function checkControllers(ask: Ask, { eu, us }: Pools): Promise<void> {
  const good = eu.accessToken({ sub: 'f00' })
  for (const path of ['/api/v1/orders/7', '/api/v2/orders/7', '/api/v1/orders']) {
    const { status, body } = await ask(path, good)
    assert.deepEqual([status, body['subject'] ?? body['of']], [200, 'f00'])
    assertRefusal(await ask(path), 401, 'COGNITO_ERR_TOKEN_MISSING', /^Bearer realm="shop"$/)
    for (const token of [spoil(good), us.accessToken()])
      assertRefusal(await ask(path, token), 401, 'COGNITO_ERR_TOKEN_INVALID', /error="invalid_token"/)
  }
  const order = '/api/v1/orders'
  assertRefusal(
    await ask(order, good, json('{}')),
    403,
    'COGNITO_ERR_SCOPE_INSUFFICIENT',
    /scope="orders\/write"/,
  )
  // An anonymous body is not parsed.
  assertRefusal(await ask(order, undefined, json('{')), 401, 'COGNITO_ERR_TOKEN_MISSING', /^Bearer/)
  const writer = eu.accessToken({ sub: 'f00', scope: 'orders/write' })
  assert.deepEqual((await ask(order, writer, json('{"tea":2}'))).body, { tea: 2, of: 'f00' })
  assert.deepEqual((await ask('/api/home')).body, { hello: 'stranger' })
  assert.deepEqual((await ask('/api/home', us.accessToken())).body, { hello: 'us' })
  assert.equal((await ask('/api/home', spoil(good))).status, 401)
  assert.equal((await ask('/api/home/health')).status, 200)
  assert.equal((await ask('/api/reports/2026', us.accessToken())).status, 403)
  const auditor = us.accessToken({ 'cognito:groups': ['auditors'] })
  assert.deepEqual((await ask('/api/reports/2026', auditor)).body, { year: '2026' })
  assert.equal((await ask('/api/none')).status, 404)
}

/** GraphQL answers each field with its own error, whose code is that of the refusal. */
async function checkGraphql(ask: Ask, { eu, us }: Pools): Promise<void> {
  const query = async (text: string, token?: string) => {
    const { body } = await ask('/graphql', token, json(JSON.stringify({ query: text })))
    const { data, errors = [] } = body as {
      data: unknown
      errors?: { message: string; extensions?: { code?: string } }[]
    }
    return { data, codes: errors.map(({ extensions }) => extensions?.code) }
  }
  const good = eu.accessToken({ sub: 'f00', username: 'ann' })
  assert.deepEqual(await query('{ me { subject username } version }', good), {
    data: { me: { subject: 'f00', username: 'ann' }, version: '1' },
    codes: [],
  })
  assert.deepEqual(await query('{ version }'), { data: { version: '1' }, codes: [] })
  for (const [token, code] of [
    [undefined, 'COGNITO_ERR_TOKEN_MISSING'],
    [spoil(good), 'COGNITO_ERR_TOKEN_INVALID'],
    [us.accessToken(), 'COGNITO_ERR_TOKEN_INVALID'],
  ] as const) {
    assert.deepEqual(await query('{ me { subject } }', token), { data: null, codes: [code] })
  }
  assert.deepEqual((await query('{ secret }', good)).codes, ['COGNITO_ERR_GROUP_INSUFFICIENT'])
  const admin = eu.accessToken({ 'cognito:groups': ['admins'] })
  assert.deepEqual(await query('{ secret }', admin), { data: { secret: 'the combination' }, codes: [] })
}

/** The gateway refuses at the connection, and its messages have the identity of the connection. */
async function checkGateway(app: NestFastifyApplication, { eu, us }: Pools): Promise<void> {
  const url = (await app.getUrl()).replace('http', 'ws')
  const connect = (token?: string) =>
    new WebSocket(`${url}/live`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
  const good = eu.accessToken({ sub: 'f00' })
  const socket = connect(good)
  await once(socket, 'open')
  socket.send(JSON.stringify({ event: 'order' }))
  const [data] = await once(socket, 'message')
  assert.deepEqual(JSON.parse(String(data)), { event: 'ordered', data: 'f00' })
  socket.terminate()
  for (const token of [undefined, spoil(good), us.accessToken()]) {
    const [code] = await once(connect(token), 'close')
    assert.equal(code, 4401)
  }
}

function checkOpenapi(app: NestFastifyApplication): void {
  const { paths } = (
    app.getHttpAdapter().getInstance() as unknown as { swagger(): { paths: object } }
  ).swagger() as {
    paths: Record<string, Record<string, { security?: unknown; responses: object }>>
  }
  assert.deepEqual(paths['/api/v1/orders/{id}']?.['get']?.security, [{ eu: [] }])
  assert.deepEqual(Object.keys(paths['/api/v1/orders']?.['post']?.responses ?? {}).sort(), [
    '200',
    '401',
    '403',
    '503',
  ])
  assert.equal(paths['/api/home/health']?.['get']?.security, undefined)
}

/** Filters of the application get the refusal of a route as an `HttpException` with the refusal as its cause. */
async function checkFilters(options: PluginOptions, { us }: Pools): Promise<void> {
  for (const types of [[], [HttpException], [CognitoException]]) {
    const caught: unknown[] = []
    @Catch(...types)
    class Filter implements ExceptionFilter {
      catch(exception: unknown, host: ArgumentsHost) {
        caught.push(exception)
        host
          .switchToHttp()
          .getResponse()
          .status((exception as HttpException).getStatus())
          .send({ filtered: true })
      }
    }
    // Beside the driver of Mercurius, no filter gets an error of Fastify's hooks, such as that of a malformed body.
    const imports = [CognitoModule.forRoot(options)]
    const module = await Test.createTestingModule({ imports, controllers: [Orders] }).compile()
    const app = configure(module.createNestApplication<NestFastifyApplication>(new FastifyAdapter()))
    const ask = await listen(app.useGlobalFilters(new Filter()))
    const { status, headers, body } = await ask('/api/v1/orders/7', us.accessToken())
    assert.deepEqual([status, body], [401, { filtered: true }])
    assert.match(headers.get('www-authenticate') ?? '', /error="invalid_token"/)
    assert.equal(headers.get('cache-control'), 'no-store')
    const [exception] = caught
    assert.ok(exception instanceof CognitoException && exception.cause instanceof CognitoError)
    await app.close()
  }
}

/** An outage of the keys is 503, and NestJS does not take it for a crash. */
async function checkOutage(): Promise<void> {
  await using issuer = await TestIssuer.start()
  const [eu, us] = [issuer.createPool(), issuer.createPool({ region: 'us-east-1' })]
  const { logger, errors } = keepErrors()
  const options = { pools: { eu: eu.options(), us: us.options() }, keys: { prefetch: false } } as const
  const app = await createShop(options, logger)
  const ask = await listen(app)
  issuer.down = true
  const { status, headers, body } = await ask('/api/v1/orders/7', eu.accessToken())
  assert.deepEqual([status, body['code']], [503, 'COGNITO_ERR_KEYS_UNAVAILABLE'])
  assert.match(headers.get('retry-after') ?? '', /^\d+$/)
  assert.deepEqual(errors, [])
  await app.close()
}

/** NestJS 11 drops the configuration of `@All()`, and with it the mark; NestJS 12 keeps it. */
async function checkDroppedMark(options: PluginOptions): Promise<void> {
  @Controller('catch-all')
  class CatchAll {
    @All()
    @Cognito('eu')
    any() {
      return {}
    }
  }
  const module = await Test.createTestingModule({
    imports: [createModule(options, { controllers: [CatchAll] })],
  }).compile()
  const app = configure(module.createNestApplication<NestFastifyApplication>(new FastifyAdapter()))
  const isKept = await app.init().then(
    () => true,
    (error: Error) => {
      assert.match(error.message, /^CognitoModule: .* Marks without a route: CatchAll\.any \(@Cognito\)$/)
      return false
    },
  )
  if (isKept) {
    await app.getHttpAdapter().getInstance().ready()
    assert.equal((await app.inject({ url: '/api/catch-all' })).statusCode, 401)
    await app.close()
  }
  console.log(`      @All: ${isKept ? 'its mark is kept' : 'the boot stops'}`)
}

/** The test module of NestJS has no adapter while it makes its providers. */
async function checkTestModule(options: PluginOptions, { eu, us }: Pools): Promise<void> {
  const module = await Test.createTestingModule({ imports: [createModule(options)] }).compile()
  const app = configure(module.createNestApplication<NestFastifyApplication>(new FastifyAdapter()))
  await app.init()
  await app.getHttpAdapter().getInstance().ready()
  assert.deepEqual(Object.keys(app.get(CognitoHost).cognito.pools), ['eu', 'us'])
  const ask = (token: string) =>
    app.inject({ url: '/api/v1/orders/7', headers: { authorization: `Bearer ${token}` } })
  assert.equal((await ask(eu.accessToken())).statusCode, 200)
  assert.equal((await ask(us.accessToken())).statusCode, 401)
  await app.close()
}

/** Tries the shop. */
export async function check(): Promise<undefined> {
  await using issuer = await TestIssuer.start()
  const pools: Pools = { eu: issuer.createPool(), us: issuer.createPool({ region: 'us-east-1' }) }
  const options: PluginOptions = {
    pools: { eu: pools.eu.options(), us: pools.us.options() },
    realm: 'shop',
    routes: 'error',
  }
  const { logger, errors } = keepErrors()
  const app = await createShop(options, logger)
  const ask = await listen(app)
  await checkControllers(ask, pools)
  await checkGraphql(ask, pools)
  await checkGateway(app, pools)
  checkOpenapi(app)
  await app.close()
  assert.deepEqual(errors, [], 'a refusal writes no line of level error')
  await checkFilters(options, pools)
  await checkOutage()
  await checkTestModule(options, pools)
  await checkDroppedMark(options)
}
