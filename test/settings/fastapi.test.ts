/**
 * A settings file of fastapi-cognito, as the plugin takes it.
 * @module
 */
import { join } from 'node:path'
import t from 'tap'
import { poolsFromFile } from '../../src/settings/index.js'

t.test('a settings file of fastapi-cognito, as it is', async (t) => {
  const dir = t.testdir({
    'settings.yaml': `
app_name: shop
cache: 5
realm: ours
jwt_secret: x
check_expiration: true
jwt_header_prefix: Bearer
jwt_header_name: X-Token
userpools:
  eu: { region: eu-west-1, userpool_id: eu-west-1_PwMfVzLQg, app_client_id: [abc, def], jwks_url: "http://localhost:9229/eu-west-1_PwMfVzLQg/.well-known/jwks.json" }
  us:
    region: us-east-1
    userpool_id: us-east-1_Ab129faBb
    app_client_id: abc
    jwks_url:
`,
    'bare.yaml':
      "jwt_header_prefix: ''\nuserpools: { eu: { userpool_id: eu-west-1_PwMfVzLQg, app_client_id: abc } }",
    'settings.json': JSON.stringify({
      userpools: { eu: { region: 'eu-west-1', userpool_id: 'eu-west-1_PwMfVzLQg', app_client_id: 'abc' } },
    }),
  })
  const { tokenFrom, ...options } = poolsFromFile(join(dir, 'settings.yaml'))
  t.strictSame(options, {
    pools: {
      eu: {
        region: 'eu-west-1',
        userPoolId: 'eu-west-1_PwMfVzLQg',
        appClientId: ['abc', 'def'],
        jwksUrl: 'http://localhost:9229/eu-west-1_PwMfVzLQg/.well-known/jwks.json',
      },
      us: { region: 'us-east-1', userPoolId: 'us-east-1_Ab129faBb', appClientId: 'abc' },
    },
  })
  const read = (tokenFrom as { read: (request: unknown) => unknown }).read
  t.equal(read({ headers: { 'x-token': 'Bearer abc' }, raw: { rawHeaders: [] } }), 'abc')
  t.strictSame(Object.keys(poolsFromFile(join(dir, 'settings.json'))), ['pools'])
  const bare = poolsFromFile(join(dir, 'bare.yaml')).tokenFrom as typeof tokenFrom & { read: typeof read }
  t.equal(
    bare.read({ headers: { authorization: 'abc' }, raw: { rawHeaders: [] } }),
    'abc',
    'without a scheme',
  )
})
