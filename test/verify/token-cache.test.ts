/**
 * Tokens that are remembered: what a second use of a token may skip, and what it may not.
 * @module
 */
import { FormatRegistry, Kind, Type, TypeRegistry } from '@sinclair/typebox'
import t from 'tap'
import { resolveOptions } from '../../src/options.js'
import { TokenCache } from '../../src/verify/token-cache.js'
import { createVerifier } from '../../src/verify/verifier.js'
import { bearer, createApp, startIssuer } from '../support/app.js'
import { exposeGarbageCollector } from '../support/garbage.js'
import { holdTime } from '../support/held-time.js'

const { issuer, eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options() })
const now = () => Math.floor(Date.now() / 1000)

/** Values with texts of 40 characters whose tails differ. */
const value = (name: string) => remember(name.padStart(40, '.'))
const remember = (text: string) => ({ input: text, text })
type Value = ReturnType<typeof remember>

t.test('it holds as many as it may, the used ones longest', async (t) => {
  const cache = new TokenCache(4)
  const all = ['a', 'b', 'c', 'd', 'e'].map(value)
  const [a, b, c, d, e] = all as [(typeof all)[0], ...typeof all]
  const held = () => all.filter(({ text }) => cache.get(text)).length
  for (const each of [a, b, c]) cache.set(each as (typeof all)[0])
  t.equal(cache.get(a.text), a, 'of the older generation, now of the younger one')
  for (const each of [d, e]) cache.set(each as (typeof all)[0])
  t.equal(cache.get(b?.text as string), undefined, 'b was not used, and is forgotten')
  t.equal(cache.get(a.text), a)
  t.ok(held() <= 4)
  for (let index = 0; index < 100; index += 1) {
    cache.set(value(`x${index}`))
    t.ok(held() <= 4)
  }
})

t.test('its texts together are bounded, too', async (t) => {
  const cache = new TokenCache(4)
  const long = (name: string) => remember(name.padStart(4000, '.'))
  for (const name of ['a', 'b', 'c']) cache.set(long(name))
  t.equal(cache.get(long('a').text), undefined)
  t.ok(cache.get(long('b').text))
  t.ok(cache.get(long('c').text))
})

t.test(
  'a text that is too long is not remembered, and one that is remembered again counts once',
  async (t) => {
    const cache = new TokenCache(4)
    const long = remember('x'.repeat(5000))
    cache.set(long)
    t.equal(cache.get(long.text), undefined)
    const [one, other] = ['a', 'b'].map((name) => remember(name.repeat(2000))) as [Value, Value]
    cache.set(other)
    for (let index = 0; index < 20; index += 1) cache.set(one)
    t.equal(cache.get(other.text), other)
    for (const name of ['c', 'd', 'e', 'f']) {
      cache.set(remember(name.repeat(40)))
      cache.set(remember(name.toUpperCase().repeat(40)))
      cache.set(remember(`${name}!`.repeat(40)))
      t.ok(cache.get(name.repeat(40)), 'a new generation begins with no length')
    }
  },
)

t.test('what has the same tail is not the same', async (t) => {
  const cache = new TokenCache(4)
  const [one, other] = ['a', 'b'].map((name) => remember(name + '.'.repeat(40))) as [Value, Value]
  cache.set(one)
  t.equal(cache.get(other.text), undefined)
  cache.set(other)
  t.equal(cache.get(other.text), other)
  t.equal(cache.get(one.text), undefined, 'it took the place of the first')
  for (const name of ['x', 'y']) cache.set(value(name))
  t.equal(cache.get(one.text), undefined, 'nor in the older generation')
})

t.test('a token is the same in whatever it came', async (t) => {
  const cache = new TokenCache<Value>(4)
  const token = 'x'.repeat(40)
  const prefixed = { input: `Bearer ${token}`, text: token }
  for (const remembered of [prefixed, remember(token)]) {
    cache.set(remembered)
    t.equal(cache.get(prefixed.input, 7), remembered)
    t.equal(cache.get(token), remembered)
    t.equal(cache.get(`bearer  ${token}`, 8), remembered)
    for (const start of [0, 6, 8]) {
      t.equal(cache.get(prefixed.input, start), undefined, `${start}`)
    }
    t.equal(cache.get(`Bearer x${token}`, 7), undefined)
    t.equal(cache.get(`Bearer y${token.slice(1)}`, 7), undefined)
  }
})

t.test(
  'while remembered texts are asked for again, further ones are worth it; else, at their second use',
  async (t) => {
    const cache = new TokenCache<Value>(2)
    const text = (index: number) => Buffer.from(`token ${index}`).toString('base64url').padStart(40, '.')
    const hot = remember(text(0))
    cache.set(hot)
    for (let index = 1; index < 5000; index += 1) {
      t.ok(cache.get(hot.text))
      if (!cache.admits(text(index))) t.fail(`${index} is not admitted`)
    }
    for (let index = 5000; index < 8000; index += 1) cache.admits(text(index))
    t.notOk(cache.admits(text(9000)))
    t.ok(cache.admits(text(9000)))
  },
)

t.test('where hardly any token comes twice, one is remembered at its second use', async (t) => {
  const app = await createApp(t, pools(), { tokenCache: { max: 2 } })
  const verify = (token: string) => app.cognito.verify(token)
  for (let index = 0; index <= 1000; index += 1) await verify(eu.accessToken())
  const token = eu.accessToken()
  const [first, second] = [await verify(token), await verify(token)]
  t.not(second, first)
  t.strictSame(second, first)
  t.equal(await verify(token), second)
})

t.test('a token is verified once, and anew after its time; switched off, each time', async (t) => {
  using time = holdTime()
  const token = eu.accessToken()
  const app = await createApp(t, pools(), { tokenCache: { ttl: 1 } })
  const first = await app.cognito.verify(token)
  t.equal(await app.cognito.verify(token), first, 'the same object tells that nothing was done again')
  await time.advance(1100)
  const second = await app.cognito.verify(token)
  t.not(second, first)
  t.strictSame(second, first)
  const off = await createApp(t, pools(), { tokenCache: false })
  t.not(await off.cognito.verify(token), await off.cognito.verify(token))
})

t.test('a remembered token is refused once it has expired', async (t) => {
  using time = holdTime()
  const app = await createApp(t, pools(), { clockTolerance: 0 })
  const token = eu.accessToken({ exp: now() + 2 })
  t.equal(await app.cognito.verify(token), await app.cognito.verify(token))
  await time.advance(2100)
  await t.rejects(app.cognito.verify(token), { code: 'COGNITO_ERR_TOKEN_EXPIRED' })
})

t.test('a remembered token is refused once its key is dropped, or replaced', async (t) => {
  const pool = issuer.createPool()
  const app = await createApp(t, { pool: pool.options() })
  const token = pool.accessToken()
  t.equal(await app.cognito.verify(token), await app.cognito.verify(token))
  const kid = pool.kid()
  pool.rotateKeys({ keepOld: false })
  const { keys } = pool.keySet()
  pool.keySet = () => ({ keys: keys.map((key) => (key['kid'] === pool.kid() ? { ...key, kid } : key)) })
  await app.cognito.refresh()
  await t.rejects(app.cognito.verify(token), { code: 'COGNITO_ERR_TOKEN_INVALID' }, 'other material')
  pool.keySet = () => ({ keys })
  await app.cognito.refresh()
  await t.rejects(app.cognito.verify(token), { code: 'COGNITO_ERR_TOKEN_INVALID' }, 'no such key')
})

t.test('what a route requires is asked of a remembered token, too', async (t) => {
  const app = await createApp(t, { ...pools(), both: issuer.createPool().options() })
  const handler = async () => 'in'
  const strict = Type.Object({ tenant: Type.String({ alias: 'custom:tenant' }) })
  const isNobody = (_claims: unknown): _claims is { nobody: true } => false
  const guards = {
    '/pool': [app.authRequired('us'), 401],
    '/list': [app.authRequired(['us', 'both']), 401],
    '/use': [app.authRequired('eu', { tokenUse: 'id' }), 401],
    '/scopes': [app.authRequired('eu', { scopes: 'orders/read' }), 403],
    '/groups': [app.authRequired('eu', { groups: 'admin' }), 403],
    '/age': [app.authRequired('eu', { maxAge: 60 }), 401],
    '/claims': [app.authRequired('eu', { claims: strict }), 401],
    '/type-guard': [app.authRequired('eu', { claims: isNobody }), 401],
    '/check': [app.authRequired('eu', { check: () => false }), 403],
    '/optional': [app.authOptional('us'), 401],
    '/open': [app.authRequired('eu'), 200],
  } as const
  for (const [url, [guard]] of Object.entries(guards)) app.get(url, { onRequest: guard as never }, handler)
  const token = eu.accessToken({ auth_time: now() - 3600 })
  for (const round of [1, 2, 3]) {
    for (const [url, [, status]] of Object.entries(guards)) {
      const { statusCode } = await app.inject({ url, headers: bearer(token) })
      t.equal(statusCode, status, `${url}, round ${round}`)
    }
  }
})

t.test(
  'a token that differs from a remembered one in a single character is verified for itself',
  async (t) => {
    const app = await createApp(t, pools())
    const token = eu.accessToken()
    await app.cognito.verify(token)
    // Behind the header: one that names another key would wait for it.
    for (let index = token.indexOf('.'); index < token.length; index += 1) {
      const other = token[index] === 'A' ? 'B' : 'A'
      const forged = `${token.slice(0, index)}${other}${token.slice(index + 1)}`
      const outcome = await app.cognito.verify(forged).catch(({ statusCode }) => statusCode)
      if (outcome !== 400 && outcome !== 401) t.fail(`character ${index}`)
    }
    t.match(await app.cognito.verify(token), { pool: 'eu' })
  },
)

t.test('a remembered token is found in whatever it comes, and a header’s value is no token', async (t) => {
  const app = await createApp(t, pools())
  const handler = async (request: { cognito: unknown }) => {
    seen.add(request.cognito)
    return 'in'
  }
  const seen = new Set<unknown>()
  app.get('/', { onRequest: app.authRequired('eu') }, handler)
  const token = eu.accessToken()
  for (const authorization of [`Bearer ${token}`, `bearer  ${token}`, `Bearer ${token}`]) {
    t.equal((await app.inject({ url: '/', headers: { authorization } })).statusCode, 200)
  }
  seen.add(await app.cognito.verify(token))
  t.equal(seen.size, 1, 'verified once')
  t.match([...seen], [{ token }])
  await t.rejects(app.cognito.verify(`Bearer ${token}`), { code: 'COGNITO_ERR_REQUEST_INVALID' })
  await t.rejects(app.cognito.verify(`x${token}`), { code: 'COGNITO_ERR_TOKEN_INVALID' })
})

t.test('forged tokens push no genuine one out', async (t) => {
  const app = await createApp(t, pools(), { tokenCache: { max: 2 } })
  const token = eu.accessToken()
  const first = await app.cognito.verify(token)
  for (let index = 0; index < 50; index += 1) {
    const forged = us.accessToken({ iss: eu.issuers.original, client_id: eu.appClientId }, { kid: eu.kid() })
    await t.rejects(app.cognito.verify(forged))
  }
  t.equal(await app.cognito.verify(token), first)
})

t.test('no request can change what another one with the same token finds', async (t) => {
  const claims = Type.Object({
    tags: Type.Array(Type.String(), { alias: 'custom:tags' }),
    nested: Type.Object({ deep: Type.Object({ x: Type.Number() }) }, { alias: 'custom:nested' }),
  })
  const app = await createApp(t, { eu: eu.options({ claims }) })
  const token = eu.accessToken({
    'custom:tags': '["a"]',
    'custom:nested': '{"deep":{"x":1}}',
    scope: 'one two',
    'cognito:groups': ['admin'],
  })
  interface Spoilt {
    scopes: string[]
    groups: string[]
    claims: { tags: string[]; nested: { deep: object } }
    payload: { 'cognito:groups': string[] }
  }
  const spoilt = (await app.cognito.verify(token)) as unknown as Spoilt
  const attempts: readonly ((any: Spoilt) => void)[] = [
    ({ scopes }) => scopes.push('three'),
    ({ scopes }) => Object.assign(scopes, { has: () => true }),
    ({ groups }) => groups.splice(0),
    ({ claims }) => Object.assign(claims, { sub: 'x' }),
    ({ claims }) => claims.tags.push('b'),
    ({ claims }) => Object.assign(claims.nested.deep, { x: 2 }),
    ({ payload }) => payload['cognito:groups'].push('root'),
    (authentication) => Object.assign(authentication, { subject: 'x' }),
  ]
  for (const attempt of attempts) t.throws(() => attempt(spoilt), TypeError)
  const again = await app.cognito.verify(token)
  t.strictSame([again.scopes, again.groups], [['one', 'two'], ['admin']])
  t.match(again.claims, { tags: ['a'], nested: { deep: { x: 1 } } })
})

t.test('dates, transforms and type guards are worked out for each request', async (t) => {
  let asked = 0
  const isAsked = (_claims: unknown): _claims is { sub: string } => {
    asked += 1
    return asked < 3
  }
  const upper = Type.Transform(Type.String({ alias: 'custom:name' }))
    .Decode((text) => ({ name: text.toUpperCase() }))
    .Encode(({ name }) => name)
  const names = issuer.createPool()
  const app = await createApp(t, {
    eu: eu.options({ claims: Type.Object({ since: Type.Date({ alias: 'custom:since' }) }) }),
    names: names.options({ claims: Type.Object({ upper }) }),
    us: us.options({ claims: isAsked }),
  })
  const dated = eu.accessToken({ 'custom:since': '2026-01-31' })
  const readDate = async () => (await app.cognito.verify(dated, 'eu')).claims as unknown as { since: Date }
  ;(await readDate()).since.setFullYear(1999)
  t.equal((await readDate()).since.getUTCFullYear(), 2026)
  const named = names.accessToken({ 'custom:name': 'ada' })
  type Named = { upper: { name: string } }
  const readName = async () => (await app.cognito.verify(named, 'names')).claims as unknown as Named
  ;(await readName()).upper.name = 'EVE'
  t.equal((await readName()).upper.name, 'ADA')
  const other = us.accessToken()
  await app.cognito.verify(other, 'us')
  await app.cognito.verify(other, 'us')
  await t.rejects(app.cognito.verify(other, 'us'), { code: 'COGNITO_ERR_TOKEN_INVALID' })
})

t.test('formats and kinds of the application are asked for each request', async (t) => {
  const banned = new Set<unknown>()
  FormatRegistry.Set('not-banned', (value) => !banned.has(value))
  TypeRegistry.Set('NotBanned', (_schema, value) => !banned.has(value))
  t.teardown(() => {
    FormatRegistry.Delete('not-banned')
    TypeRegistry.Delete('NotBanned')
  })
  const alias = { alias: 'custom:name' }
  const schemas = [
    Type.Object({ nick: Type.String({ format: 'not-banned', ...alias }) }),
    Type.Object({ nick: Type.Unsafe<string>({ [Kind]: 'NotBanned', ...alias }) }),
  ]
  const app = await createApp(t, pools())
  for (const claims of schemas) {
    banned.clear()
    const requirement = { claims }
    const token = eu.accessToken({ 'custom:name': 'eve' })
    await app.cognito.verify(token, 'eu', requirement)
    banned.add('eve')
    await t.rejects(app.cognito.verify(token, 'eu', requirement), { code: 'COGNITO_ERR_TOKEN_INVALID' })
  }
})

t.test('a second guard keeps what the first one’s schema found, also of a remembered token', async (t) => {
  const claims = Type.Object({ since: Type.Date({ alias: 'custom:since' }) })
  const app = await createApp(t, pools())
  const open = app.authRequired('eu')
  const guards = [app.authRequired('eu', { claims }), open]
  const handler = async (request: { cognito: unknown }) => (request.cognito as { claims: object }).claims
  app.get('/', { onRequest: guards as never }, handler)
  app.get('/open', { onRequest: open }, async () => 'in')
  const headers = bearer(eu.accessToken({ 'custom:since': '2026-01-31' }))
  for (const url of ['/open', '/', '/']) {
    const { body } = await app.inject({ url, headers })
    if (url === '/') t.match(JSON.parse(body), { since: '2026-01-31T00:00:00.000Z' })
  }
})

t.test(
  'a clock that is set back: a remembered token of the future is refused as an unknown one is',
  async (t) => {
    const clock = { ms: Date.now() }
    const verifier = createVerifier(
      resolveOptions({ pools: { eu: eu.options() }, keys: { prefetch: false } }, {}),
      () => clock.ms,
    )
    t.teardown(() => verifier.close())
    const policy = verifier.compilePolicy({ names: ['eu'], takesTenants: false }, {}, 'test')
    const token = eu.accessToken()
    const verified = await verifier.verify(token, policy)
    t.equal(verifier.verify(token, policy), verified)
    clock.ms -= 61_000
    t.throws(() => verifier.verify(token, policy), { code: 'COGNITO_ERR_TOKEN_INVALID' })
    clock.ms += 61_000 + 3_604_000
    t.match(verifier.verify(token, policy), { pool: { name: 'eu' } }, 'verified anew')
    clock.ms += 2000
    t.throws(() => verifier.verify(token, policy), { code: 'COGNITO_ERR_TOKEN_EXPIRED' })
  },
)

t.test('a remembered token takes the memory of its own text alone', async (t) => {
  const app = await createApp(t, pools())
  const collect = exposeGarbageCollector()
  const tokens = Array.from({ length: 300 }, () => eu.accessToken())
  const padding = ' '.repeat(12_000)
  /** A token as a piece of a long header. */
  const cut = (token: string) => Buffer.from(`${padding}${token}`).toString('latin1').slice(padding.length)
  await app.cognito.verify(cut(tokens[0] as string))
  collect()
  const before = process.memoryUsage().heapUsed
  for (const token of tokens) await app.cognito.verify(cut(token))
  collect()
  const each = (process.memoryUsage().heapUsed - before) / tokens.length
  t.ok(each < 6000, `${Math.round(each)} bytes a token`)
})

t.test('routes with schemas of their own find each its own claims', async (t) => {
  const schemaOf = (name: string) => ({ claims: Type.Object({ [name]: Type.String({ alias: 'custom:x' }) }) })
  const app = await createApp(t, pools())
  const token = eu.accessToken({ 'custom:x': 'y' })
  const [one, other] = [schemaOf('one'), schemaOf('other')]
  for (let round = 0; round < 3; round += 1) {
    const first = (await app.cognito.verify(token, 'eu', one)).claims as object
    const second = (await app.cognito.verify(token, 'eu', other)).claims as object
    t.match([first, second], [{ one: 'y' }, { other: 'y' }])
    t.notOk('other' in first || 'one' in second)
  }
})
