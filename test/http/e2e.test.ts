/**
 * The plugin against the unmodified emulator cognito-local, by the code of the demo; and the demo itself.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { createApp } from '../../demo/app.js'
import { type Answer, bearer, ok, refusals, toCurl } from '../../demo/call.js'
import { checkCalls, listCalls } from '../../demo/calls.js'
import { createClient, createUser, forge, signIn, startCognitoLocal } from '../../demo/cognito-local.js'
import { people, setStage } from '../../demo/stage.js'
import cognito from '../../src/index.js'
import { holdTime } from '../support/held-time.js'

const stage = await setStage()
t.teardown(() => stage.cognito.stop())
const { eu, us, tokens } = stage
const app = await createApp(stage)
t.teardown(() => app.close())
app.get('/null', { onRequest: app.authOptional('eu') }, async (request) => ({ cognito: request.cognito }))
app.get('/self', { onRequest: app.authRequired('eu') }, async (request) => request.cognito)

type Headers = Readonly<Record<string, string>>

async function ask(url: string, headers: Headers = {}, server: FastifyInstance = app): Promise<Answer> {
  const { statusCode: status, headers: fields, body } = await server.inject({ url, headers })
  const json = JSON.parse(body)
  return {
    status,
    content: status === 200 ? json : json.code,
    challenge: fields['www-authenticate']?.toString() ?? null,
  }
}

function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

const ADA = { pool: 'eu', username: 'ada' }
const CAL = { pool: 'us', username: 'cal' }

t.test('a token opens the routes of its own pool and no others', async (t) => {
  t.strictSame(await ask('/eu', bearer(tokens.ada.accessToken)), ok(ADA))
  t.strictSame(await ask('/us', bearer(tokens.cal.accessToken)), ok(CAL))
  t.strictSame(await ask('/eu', bearer(tokens.cal.accessToken)), refusals.invalid)
  t.strictSame(await ask('/us', bearer(tokens.ada.accessToken)), refusals.invalid)
  t.strictSame(await ask('/any', bearer(tokens.ada.accessToken)), ok(ADA))
  t.strictSame(await ask('/any', bearer(tokens.cal.accessToken)), ok(CAL))
})

t.test('without a token: 401, and no error in the challenge', async (t) => {
  for (const url of ['/eu', '/us', '/any', '/here', '/eu/profile', '/admin', '/staff/me']) {
    t.strictSame(await ask(url), refusals.missing, url)
  }
})

t.test('an ID token and an access token do not stand for each other', async (t) => {
  t.strictSame(await ask('/eu', bearer(tokens.ada.idToken)), refusals.invalid)
  t.strictSame(await ask('/any', bearer(tokens.cal.idToken)), refusals.invalid)
  t.strictSame(await ask('/eu/profile', bearer(tokens.ada.accessToken)), refusals.invalid)
  t.equal((await ask('/eu/profile', bearer(tokens.ada.idToken))).status, 200)
})

t.test('the request chooses the pool', async (t) => {
  const inUs = { 'x-region': 'us' }
  t.strictSame(await ask('/here', bearer(tokens.ada.accessToken)), ok(ADA))
  t.strictSame(await ask('/here', { ...inUs, ...bearer(tokens.cal.accessToken) }), ok(CAL))
  t.strictSame(await ask('/here', { ...inUs, ...bearer(tokens.ada.accessToken) }), refusals.invalid)
  t.strictSame(await ask('/here', bearer(tokens.cal.accessToken)), refusals.invalid)
})

t.test('a token of another app client of the same pool is refused, until that client is named', async (t) => {
  const foreign = await createClient(eu, 'mobile')
  const { accessToken, idToken } = await signIn(eu, people.ada, foreign)
  t.strictSame(await ask('/eu', bearer(accessToken)), refusals.invalid)
  t.strictSame(await ask('/eu/profile', bearer(idToken)), refusals.invalid)
  const both = await createApp({ eu: { ...eu, appClientId: foreign }, us })
  t.teardown(() => both.close())
  t.strictSame(await ask('/eu', bearer(accessToken), both), ok(ADA))
  t.strictSame(await ask('/eu', bearer(tokens.ada.accessToken), both), refusals.invalid)
})

t.test('a token that has expired is refused', async (t) => {
  const appClientId = await createClient(eu, 'hasty', 1)
  const { accessToken } = await signIn(eu, people.ada, appClientId)
  using time = holdTime()
  const strict = Fastify()
  t.teardown(() => strict.close())
  const { userPoolId, issuer } = eu
  await strict.register(cognito, { pools: { eu: { userPoolId, issuer, appClientId } }, clockTolerance: 0 })
  strict.get('/eu', { onRequest: strict.authRequired('eu') }, async () => ({}))
  await strict.ready()
  const early = await ask('/eu', bearer(forge(accessToken, { exp: Date.now() / 1000 + 60 })), strict)
  t.strictSame(early, ok({}), 'but for its age it is good')
  await time.advance(Number(payloadOf(accessToken)['exp']) * 1000 - Date.now())
  t.strictSame(await ask('/eu', bearer(accessToken), strict), refusals.expired)
  const now = Math.floor(Date.now() / 1000)
  const old = forge(tokens.ada.accessToken, { iat: now - 100, exp: now - 10 })
  t.strictSame(await ask('/eu', bearer(old)), refusals.expired)
})

t.test('a correctly signed token of another issuer is refused', async (t) => {
  const issuers = [
    us.issuer,
    `${eu.issuer}/`,
    `${eu.endpoint}/local_unknown`,
    eu.issuer.replace('127.0.0.1', 'localhost'),
    `https://cognito-idp.eu-west-1.amazonaws.com/${eu.userPoolId}`,
    undefined,
  ]
  for (const iss of issuers) {
    t.strictSame(
      await ask('/eu', bearer(forge(tokens.ada.accessToken, { iss }))),
      refusals.invalid,
      String(iss),
    )
  }
  t.strictSame(await ask('/eu', bearer(forge(tokens.ada.accessToken, { iss: eu.issuer }))), ok(ADA))
})

t.test('a signature that was cut, changed or taken from elsewhere is refused', async (t) => {
  const token = tokens.ada.accessToken
  const [header, payload, signature = ''] = token.split('.')
  const changed = `${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`
  const elsewhere = tokens.ben.accessToken.split('.')[2]
  const wrong = {
    'one letter less': token.slice(0, -1),
    'four letters less': token.slice(0, -4),
    'half of it': token.slice(0, -171),
    none: `${header}.${payload}.`,
    'without its dot': `${header}.${payload}`,
    changed: `${header}.${payload}.${changed}`,
    'of another token': `${header}.${payload}.${elsewhere}`,
  }
  for (const [name, text] of Object.entries(wrong)) {
    t.strictSame(await ask('/eu', bearer(text)), refusals.invalid, name)
  }
})

t.test('custom attributes arrive under their own names, with their own types', async (t) => {
  const wire = payloadOf(tokens.ada.idToken)
  t.equal(wire['custom:seats'], '25', 'the wire carries text')
  t.strictSame(
    await ask('/eu/profile', bearer(tokens.ada.idToken)),
    ok({ tenantId: 'acme', seats: 25 }),
    'the handler gets a number',
  )
  t.strictSame(await ask('/eu/profile', bearer(tokens.ben.idToken)), ok({ tenantId: 'globex' }))
  const dot = {
    username: 'dot',
    password: people.ada.password,
    attributes: { 'custom:tenant_id': 'acme', 'custom:seats': 'many' },
  }
  await createUser(eu, dot)
  const { idToken } = await signIn(eu, dot)
  t.strictSame(await ask('/eu/profile', bearer(idToken)), refusals.invalid, 'the emulator checks no types')
})

t.test('authOptional: null without a token, and a refusal of a bad one', async (t) => {
  t.strictSame(await ask('/null'), ok({ cognito: null }))
  t.strictSame(
    await ask('/greeting', bearer(tokens.ada.accessToken)),
    ok({ greeting: 'Hello, ada' }),
    'a good one',
  )
  t.strictSame(await ask('/null', bearer(tokens.cal.accessToken)), refusals.invalid)
  t.strictSame(await ask('/null', { authorization: 'Bearer' }), refusals.malformed)
  t.strictSame(await ask('/null', { authorization: 'Basic eDp5' }), refusals.missing)
})

t.test('groups are those of the pool', async (t) => {
  t.strictSame(await ask('/admin', bearer(tokens.ada.accessToken)), ok({ groups: ['admin', 'staff'] }))
  t.strictSame(await ask('/admin', bearer(tokens.ben.accessToken)), refusals.noGroup)
  t.strictSame(await ask('/support', bearer(tokens.cal.accessToken)), ok(CAL))
  t.strictSame(await ask('/support', bearer(tokens.ben.accessToken)), refusals.noGroup)
})

t.test('request.cognito tells who the emulator says it is', async (t) => {
  const claims = payloadOf(tokens.ada.accessToken)
  const { content } = await ask('/self', bearer(tokens.ada.accessToken))
  t.strictSame(content, {
    pool: 'eu',
    tokenUse: 'access',
    principal: 'user',
    subject: claims['sub'],
    username: 'ada',
    clientId: eu.appClientId,
    scopes: ['aws.cognito.signin.user.admin'],
    groups: ['admin', 'staff'],
    claims,
    payload: claims,
  })
})

t.test('the demo: the document shows the kind of token that each route takes', async (t) => {
  const { paths } = app.swagger() as unknown as {
    paths: Record<string, { get?: { security: readonly Record<string, unknown>[] } }>
  }
  for (const [url, operation] of Object.entries({
    '/eu': paths['/eu'],
    '/eu/profile': paths['/eu/profile'],
    '/tenants/{tenantId}': paths['/tenants/{tenantId}'],
  })) {
    const [scheme = ''] = Object.keys(operation?.get?.security[0] ?? {})
    const token = scheme === 'eu.id' ? tokens.ada.idToken : tokens.ada.accessToken
    const answer = await ask(url.replace('{tenantId}', 'acme'), bearer(token))
    t.not(answer.status, 401, `${url}: ${scheme}`)
  }
})

t.test('the demo: every call is answered as it is printed', async (t) => {
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const groups = listCalls(stage)
  for (const { call, got } of await checkCalls(origin, groups)) {
    t.strictSame(got, call.expected, `${call.method} ${call.path}: ${call.point}`)
  }
  const shifted = groups.map(({ title, calls }) => ({
    title,
    calls: calls.map((call) => ({ ...call, expected: { ...call.expected, challenge: 'Basic' } })),
  }))
  const verdicts = await checkCalls(origin, shifted)
  t.ok(
    verdicts.every(({ isAsExpected }) => !isAsExpected),
    'and it can fail',
  )
})

t.test('the demo: a call is one line for a shell', (t) => {
  const expected = ok({})
  const call = { point: '', method: 'POST', path: '/x', headers: { name: "it's" }, expected } as const
  const origin = 'http://127.0.0.1:1'
  t.equal(toCurl(origin, call), "curl -i -X POST http://127.0.0.1:1/x -H 'name: it'\\''s'")
  const keeping = { ...call, headers: bearer('$ACCESS_TOKEN'), body: { a: '$ID_TOKEN' }, keeps: ['sub'] }
  t.equal(
    toCurl(origin, keeping),
    [
      'ANSWER=$(curl -s -X POST http://127.0.0.1:1/x -H "authorization: Bearer $ACCESS_TOKEN" -d "{\\"a\\":\\"$ID_TOKEN\\"}"); echo "$ANSWER"',
      `SUB=$(printf %s "$ANSWER" | sed 's/.*"sub":"\\([^"]*\\)".*/\\1/')`,
    ].join('\n'),
    'or several, where a later call needs what it answers',
  )
  t.end()
})

/** Starts the demo as `npm run demo` does, but for npm. Under tsx every line would count as covered. */
function startDemo(args: readonly string[], folder: string) {
  const demo = spawn(process.execPath, ['--import', 'tsx', 'demo/index.ts', ...args], {
    env: {
      ...process.env,
      TMPDIR: folder,
      TEMP: folder,
      _TAPJS_PROCESSINFO_COVERAGE_: '0',
      // On Node 20 it says that its versions of 2027 ask for Node 22.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
  })
  const seen = { stdout: '', stderr: '' }
  demo.stdout.on('data', (chunk: Buffer) => {
    seen.stdout += chunk.toString()
  })
  demo.stderr.on('data', (chunk: Buffer) => {
    seen.stderr += chunk.toString()
  })
  const ended = once(demo, 'close').then(([code]) => code as unknown)
  return { demo, seen, ended }
}

async function untilPrinted(demo: ChildProcess, seen: { readonly stdout: string }, text: string) {
  while (!seen.stdout.includes(text) && demo.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

t.test('the demo: stays until Ctrl-C, ends with 0 and leaves nothing behind', async (t) => {
  const folder = t.testdir()
  const { demo, seen, ended } = startDemo([], folder)
  t.teardown(() => demo.kill('SIGKILL'))
  await untilPrinted(demo, seen, 'Ctrl-C')
  const leftovers = () => readdirSync(folder).filter((name) => name.startsWith('fastify-cognito-'))
  t.equal(leftovers().length, 1, 'the emulator has its own folder')
  t.notMatch(seen.stdout, '\u001b', 'it is plain in a pipe')
  const [origin, emulator] = seen.stdout.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? []
  t.equal((await fetch(`${origin}/eu`)).status, 401)
  await untilPrinted(
    demo,
    seen,
    'GET /eu: 401 COGNITO_ERR_TOKEN_MISSING BEARER_TOKEN_MISSING: the request carries no bearer token',
  )
  demo.kill('SIGINT')
  t.equal(await ended, 0)
  t.equal(seen.stderr, '')
  t.strictSame(leftovers(), [])
  await t.rejects(fetch(`${emulator}/health`), 'the emulator is gone')
})

t.test('the demo: an argument that it does not know is one clear line', async (t) => {
  const { seen, ended } = startDemo(['--port'], t.testdir())
  t.equal(await ended, 2)
  t.strictSame(seen, {
    stdout: '',
    stderr: 'demo: unknown argument "--port"; the only one is --check\n',
  })
})

t.test(
  'the emulator: another port is tried when one was taken meanwhile, and nothing else is retried',
  async (t) => {
    const taken = Number(new URL(stage.cognito.endpoint).port)
    const ports = [taken, 70_000]
    const started = startCognitoLocal(async () => ports.shift() ?? 0)
    await t.rejects(started, { message: /^cognito-local did not start:\n.*ERR_SOCKET_BAD_PORT/s })
    t.strictSame(ports, [])
  },
)
