/**
 * The API as a protected resource (RFC 9728): its metadata, where they are, and the challenges that name them.
 * @module
 */
import Fastify from 'fastify'
import t from 'tap'
import cognito from '../../src/index.js'
import { createApp, startIssuer } from '../support/app.js'

const { eu, us } = await startIssuer(t)
const pools = () => ({ eu: eu.options(), us: us.options() })
const url = 'https://api.example.com/orders/v1'

t.test('the metadata are served to everybody, at both of their places', async (t) => {
  const resource = {
    url,
    name: 'Orders',
    scopes: ['orders/read', 'orders/write'],
    documentation: 'https://docs.example.com/?page=orders#top',
  }
  const app = await createApp(t, pools(), { resource })
  const path = '/.well-known/oauth-protected-resource'
  for (const place of [`${path}/orders/v1`, path]) {
    const response = await app.inject(place)
    t.equal(response.statusCode, 200)
    t.match(response.headers, {
      'content-type': /^application\/json/,
      'cache-control': 'public, max-age=3600',
    })
    t.strictSame(response.json(), {
      resource: url,
      authorization_servers: [eu.issuers.original, us.issuers.original],
      scopes_supported: resource.scopes,
      bearer_methods_supported: ['header'],
      resource_name: 'Orders',
      resource_documentation: resource.documentation,
    })
  }
  t.equal((await app.inject(`${path}/orders`)).statusCode, 404)
})

t.test('what is not known is not said', async (t) => {
  const app = await createApp(t, pools(), {
    resource: { url: 'http://localhost:3000' },
    tokenFrom: () => undefined,
  })
  t.strictSame((await app.inject('/.well-known/oauth-protected-resource')).json(), {
    resource: 'http://localhost:3000',
    authorization_servers: [eu.issuers.original, us.issuers.original],
  })
})

t.test('every challenge names the metadata, and only where there are any', async (t) => {
  const app = await createApp(t, pools(), { resource: { url } })
  const plain = await createApp(t, pools())
  const metadata =
    'resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/orders/v1"'
  for (const server of [app, plain]) {
    server.get('/', { onRequest: server.authRequired('eu', { scopes: 'orders/read' }) }, async () => 'ok')
  }
  const ask = async (server: typeof app, headers: Record<string, string>) =>
    (await server.inject({ url: '/', headers })).headers['www-authenticate']
  t.equal(await ask(app, {}), `Bearer realm="api", ${metadata}`)
  t.equal(await ask(plain, {}), 'Bearer realm="api"')
  const insufficient = 'Bearer realm="api", error="insufficient_scope", scope="orders/read"'
  t.equal(await ask(app, eu.authorization()), `${insufficient}, ${metadata}`)
  t.equal(await ask(plain, eu.authorization()), insufficient)
})

t.test('an application without the option serves nothing', async (t) => {
  const app = await createApp(t, pools())
  t.equal((await app.inject('/.well-known/oauth-protected-resource')).statusCode, 404)
})

t.test('a wrong resource stops the boot', async (t) => {
  const wrong: readonly [unknown, RegExp][] = [
    [{}, /^resource\.url: expected an https URL/],
    [{ url, scope: 'x' }, /^resource\.scope: unknown name; did you mean scopes\?$/],
    [{ url, scopes: [] }, /^resource\.scopes: expected a list of scopes/],
    [{ url, scopes: ['a b'] }, /^resource\.scopes\.0: expected a scope/],
    [{ url, name: '' }, /^resource\.name: expected a name/],
    [{ url, documentation: 'docs' }, /^resource\.documentation: expected an https URL/],
    ['https://api.example.com', /^resource: expected an object with the url of the resource/],
    ...[
      'api.example.com',
      'http://api.example.com',
      'ftp://api.example.com/',
      'https://user@api.example.com',
      'https://:word@api.example.com',
      `${url}?a=1`,
      `${url}#a`,
      `${url}/:id`,
      `${url}/*`,
      `${url}/a%20b`,
      ` ${url}`,
      'https:api.example.com',
      'https://API.example.com',
      'https://api.example.com/a/../b',
      'https://api.example.com\\evil',
    ].map((value): [unknown, RegExp] => [
      { url: value },
      /^resource\.url: expected an https URL, or an http URL/,
    ]),
  ]
  for (const [resource, message] of wrong) {
    await t.rejects(
      createApp(t, pools(), { resource } as never),
      { name: 'TypeError', message },
      JSON.stringify(resource),
    )
  }
})

t.test('a guard before the metadata stops the boot, one before a scope does not', async (t) => {
  const app = await createApp(t, pools(), { resource: { url } })
  app.register(async (scope) => void app.cognito.protect(scope, app.authRequired('eu')))
  await app.ready()
  const closed = await createApp(t, pools(), { resource: { url } })
  closed.cognito.protect(closed, closed.authRequired('eu'))
  await t.rejects(async () => closed.ready(), {
    name: 'TypeError',
    message: 'resource: expected no guard before its metadata; protect a scope and not the root',
  })
})

t.test('two resources of one host, each in a scope of its own', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  for (const [name, pool] of Object.entries(pools())) {
    app.register(async (scope) => {
      const resource = { url: `https://api.example.com/${name}` }
      await scope.register(cognito, { pools: { [name]: pool }, resource, keys: { prefetch: false } })
    })
  }
  const resourceAt = async (place: string) =>
    (await app.inject(`/.well-known/oauth-protected-resource${place}`)).json().resource
  t.equal(await resourceAt('/eu'), 'https://api.example.com/eu')
  t.equal(await resourceAt('/us'), 'https://api.example.com/us')
  t.equal(await resourceAt(''), 'https://api.example.com/eu', 'the first one')
})

t.test('below a prefix the metadata would be nowhere: the boot is stopped', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(
    async (scope) => {
      await scope.register(cognito, { pools: pools(), resource: { url }, keys: { prefetch: false } })
    },
    { prefix: '/v1' },
  )
  await t.rejects(async () => app.ready(), {
    message: 'resource: expected fastify-cognito to be registered outside of a prefix',
  })
})
