/**
 * What the doctor says of a pool: each check alone, failing and holding.
 * @module
 */

import { chmodSync, writeFileSync } from 'node:fs'
import type { RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { askKeySet } from '../../src/doctor/key-set.js'
import { examinePool, POOL_ADVICE } from '../../src/doctor/pool.js'
import { type PluginOptions, resolveOptions } from '../../src/options.js'
import type { ResolvedPool } from '../../src/pool/pool.js'
import { createVerifier } from '../../src/verify/verifier.js'
import { startIssuer } from '../support/app.js'
import { examine, failures } from '../support/doctor.js'
import { makeFolder } from '../support/folder.js'
import { createSelfSigned } from '../support/self-signed.js'
import { startServer } from '../support/server.js'

const { issuer, eu, us } = await startIssuer(t)

const json = (response: ServerResponse, body: unknown, status = 200, headers = {}) =>
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body))

/** The options of one pool whose keys come from a server. */
async function serve(test: Test, listener: RequestListener, timeout = 10): Promise<PluginOptions> {
  const jwksUrl = `${await startServer(test, listener)}/keys.json`
  return { pools: { eu: eu.options({ jwksUrl }) }, keys: { timeout } }
}

/** How the keys of a pool are, once the plugin has asked for them. */
async function stateOf(options: PluginOptions): Promise<string> {
  const verifier = createVerifier(resolveOptions(options, {}))
  return (await verifier.prefetch('eu')).state
}

t.test('pools that can be used: what is there is told, and the exit code is 0', async (t) => {
  const { code, report, err } = await examine(t, { pools: { eu: eu.options(), us: us.options() } })
  t.equal(code, 0)
  t.equal(err, '')
  t.equal(report.ok, true)
  t.notOk('token' in report)
  t.match(report.pools, [
    {
      name: 'eu',
      userPoolId: eu.userPoolId,
      ok: true,
      checks: [
        { name: 'ids', ok: true, found: `${eu.userPoolId} in eu-west-1, app client ${eu.appClientId}` },
        { name: 'jwks', ok: true, found: new RegExp(`^${eu.jwksUrl} answers in \\d+ ms$`) },
        { name: 'keys', ok: true, found: '2 published, 2 usable with RS256' },
        { name: 'clock', ok: true, found: "agrees with the issuer's" },
      ],
    },
    { name: 'us', ok: true },
  ])
})

t.test('one pool that fails does not hide the others', async (t) => {
  const dead = us.options({ jwksUrl: `${issuer.origin}/nobody/jwks.json` })
  const { code, report } = await examine(t, { pools: { eu: eu.options(), dead } })
  const withToken = await examine(t, { pools: { eu: eu.options(), dead } }, eu.accessToken())
  t.equal(code, 1)
  t.strictSame([report.ok, ...report.pools.map(({ ok }) => ok)], [false, true, false])
  t.strictSame([withToken.report.ok, withToken.report.token?.ok, withToken.code], [false, true, 1])
})

t.test('more pools than are asked at once: all of them are asked, in their order', async (t) => {
  const names = Array.from({ length: 19 }, (_, index) => `pool${index}`)
  const pools = names.map((name, index) => [
    name,
    {
      userPoolId: `eu-west-1_Many${index}`,
      appClientId: null,
      jwksUrl: `${issuer.origin}/${eu.userPoolId}/${index}`,
    },
  ])
  const { report } = await examine(t, { pools: Object.fromEntries(pools) })
  t.strictSame(
    report.pools.map(({ name }) => name),
    names,
  )
  t.equal(report.ok, true)
  t.match(report.pools[0]?.checks[0], { found: 'eu-west-1_Many0 in eu-west-1, every app client' })
})

t.test('every way in which an endpoint fails has its advice, and is one to the plugin, too', async (t) => {
  const rows: readonly [found: RegExp, advice: keyof typeof POOL_ADVICE, RequestListener][] = [
    [/^status 404 from http/, 'unknown', (_request, response) => json(response, {}, 404)],
    [/^status 403 from http/, 'unknown', (_request, response) => json(response, {}, 403)],
    [/^status 503 from http/, 'troubled', (_request, response) => json(response, '<html>', 503)],
    [/^status 500 from http/, 'troubled', (_request, response) => json(response, eu.keySet(), 500)],
    [/^status 429 from http/, 'troubled', (_request, response) => json(response, {}, 429)],
    [
      /^status 302 from http/,
      'moved',
      (_request, response) => json(response, '', 302, { location: eu.jwksUrl }),
    ],
    [/^something else than a key set from/, 'foreign', (_request, response) => json(response, '<html>')],
    [/^something else than a key set from/, 'foreign', (_request, response) => json(response, { keys: [] })],
    [/^something else than a key set from/, 'foreign', (_request, response) => json(response, 'null')],
    [
      /^something else than a key set from/,
      'foreign',
      (_request, response) => json(response, { keys: ['x'.repeat(600_000)] }),
    ],
    [/^no whole answer in \d+ ms from/, 'unreachable', () => {}],
    [
      /^no whole answer in \d+ ms from/,
      'unreachable',
      (_request, response) => response.writeHead(200).write('{"keys":['),
    ],
    [/^no answer \(UND_ERR_SOCKET\) from/, 'unreachable', (request) => request.socket.destroy()],
  ]
  for (const [found, advice, listener] of rows) {
    // Only what never answers is waited for to the end.
    const timeout = found.source.startsWith('^no whole answer') ? 0.3 : 10
    const options = await serve(t, listener, timeout)
    const { code, report } = await examine(t, options)
    t.equal(code, 1)
    const failed = failures(report.pools[0]?.checks)
    t.match(failed, [
      { name: 'jwks', found, expected: `a key set within ${timeout} s`, advice: POOL_ADVICE[advice] },
    ])
    t.equal(failed.length, 1)
    t.notOk(
      report.pools[0]?.checks.some(({ name }) => name === 'keys'),
      'of keys nothing can be said',
    )
    t.equal(await stateOf(options), 'down', 'the plugin finds the same')
  }
})

t.test('a port where nobody listens, and a host that nobody knows', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const { report } = await examine(t, {
    pools: { eu: eu.options({ jwksUrl: `http://127.0.0.1:${port}/x` }) },
  })
  t.match(failures(report.pools[0]?.checks), [
    { name: 'jwks', found: /^no answer \(ECONNREFUSED\)/, advice: POOL_ADVICE.unreachable },
  ])
})

t.test('a certificate that is not trusted has an advice of its own', async (t) => {
  const server = createTlsServer(createSelfSigned(), (_request, response) => json(response, eu.keySet()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const plain = createServer()
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
  t.teardown(() => plain.close())
  for (const [{ port }, found, advice] of [
    [
      server.address() as AddressInfo,
      /^no answer \(DEPTH_ZERO_SELF_SIGNED_CERT\) from https:/,
      'certificate',
    ],
    [plain.address() as AddressInfo, /^no answer \(ERR_SSL_\w+\) from https:/, 'unreachable'],
  ] as const) {
    const options = { pools: { eu: eu.options({ jwksUrl: `https://127.0.0.1:${port}/keys.json` }) } }
    const { code, report } = await examine(t, options)
    t.equal(code, 1)
    t.match(failures(report.pools[0]?.checks), [{ name: 'jwks', found, advice: POOL_ADVICE[advice] }])
  }
})

t.test('keys in a file: it is read, and one that is not believed has its code and its advice', async (t) => {
  const path = join(makeFolder(t), 'jwks.json')
  const url = pathToFileURL(path).href
  const options = { pools: { eu: eu.options({ jwksUrl: url }) } }
  const faults = async () => failures((await examine(t, options)).report.pools[0]?.checks)
  const advice = POOL_ADVICE.file
  t.match(await faults(), [{ name: 'jwks', found: `no file that can be read (ENOENT) from ${url}`, advice }])
  writeFileSync(path, JSON.stringify(eu.keySet()), { mode: 0o600 })
  const { code, report } = await examine(t, options, eu.accessToken())
  t.strictSame([code, report.token?.ok], [0, true])
  t.match(report.pools[0]?.checks, [
    { name: 'ids' },
    { name: 'jwks', ok: true, found: new RegExp(`^${url} answers in \\d+ ms$`) },
    { name: 'keys', ok: true, found: '2 published, 2 usable with RS256' },
  ])
  t.equal(report.pools[0]?.checks.length, 3, 'a file tells no time')
  chmodSync(path, 0o666)
  t.match(await faults(), [{ found: `no file that can be read (WRITABLE_BY_OTHERS) from ${url}`, advice }])
  chmodSync(path, 0o600)
  writeFileSync(path, '{')
  t.match(await faults(), [
    { found: `something else than a key set from ${url}`, advice: POOL_ADVICE.foreign },
  ])
})

t.test('a network error without a code is one all the same', async (t) => {
  const answer = await askKeySet('data:application/json,x', 1000, () => 0)
  t.match(answer, { keys: [], failure: 'not a key set', status: 200 })
  const options = resolveOptions({ pools: { eu: eu.options() } }, {})
  const { report } = await examinePool(options.pools.get('eu') as ResolvedPool, options, {
    now: Date.now,
    ask: (_url, timeoutMs) => askKeySet('about:nothing', timeoutMs),
  })
  t.match(failures(report.checks), [{ name: 'jwks', found: `no answer from ${eu.jwksUrl}` }])
})

t.test('keys: at least one that RS256 can be checked with', async (t) => {
  const [id, access] = eu.keySet().keys
  const unusable = { ...id, use: 'enc' }
  const rows: readonly [keys: unknown[], ok: boolean, found: string][] = [
    [[id, access], true, '2 published, 2 usable with RS256'],
    [[id, { ...access, alg: 'ES256' }], true, '2 published, 1 usable with RS256'],
    [[id, { ...access, alg: undefined }], true, '2 published, 2 usable with RS256'],
    [[unusable], false, '1 published, 0 usable with RS256'],
    [
      [
        { ...id, kid: undefined },
        { ...id, kid: 7 },
      ],
      false,
      '2 published, 0 usable with RS256',
    ],
    [[unusable, id], true, '1 published, 1 usable with RS256'],
    [[id, { ...access, kid: id?.['kid'] }], false, '1 published, 0 usable with RS256'],
    [[null, 7], false, '0 published, 0 usable with RS256'],
    [[{ ...id, alg: 'PS256' }, id], true, '1 published, 1 usable with RS256'],
  ]
  for (const [keys, ok, found] of rows) {
    const options = await serve(t, (_request, response) => json(response, { keys }))
    const { code, report } = await examine(t, options)
    t.equal(code, ok ? 0 : 1, found)
    t.equal(await stateOf(options), ok ? 'ok' : 'down', 'the plugin finds the same')
    t.match(
      report.pools[0]?.checks.find(({ name }) => name === 'keys'),
      { ok, found, ...(!ok && { expected: 'at least one usable key', advice: POOL_ADVICE.keys }) },
    )
  }
})

t.test("clock: compared with the issuer's, what came from a cache included", async (t) => {
  const HOUR = 3600
  const rows: readonly [shift: number, age: number | undefined, ok: boolean, found: RegExp][] = [
    [0, undefined, true, /^agrees with the issuer's$/],
    [-30, undefined, true, /^(29|30|31) s ahead of the issuer's$/],
    [30, undefined, true, /^(29|30|31) s behind the issuer's$/],
    [-HOUR, undefined, false, /^60 min ahead of the issuer's$/],
    [HOUR, undefined, false, /^60 min behind the issuer's$/],
    [3 * HOUR, undefined, false, /^3 h behind the issuer's$/],
    [-3 * 24 * HOUR, undefined, false, /^3 days ahead of the issuer's$/],
    [-HOUR, HOUR, true, /^agrees with the issuer's$/],
  ]
  for (const [shift, age, ok, found] of rows) {
    const options = await serve(t, (_request, response) => {
      const date = new Date(Date.now() + shift * 1000).toUTCString()
      json(response, eu.keySet(), 200, { date, ...(age !== undefined && { age: String(age) }) })
    })
    const { code, report } = await examine(t, options)
    t.equal(code, ok ? 0 : 1)
    t.match(
      report.pools[0]?.checks.find(({ name }) => name === 'clock'),
      { ok, found, ...(!ok && { expected: 'no more than 60 s apart', advice: POOL_ADVICE.clock }) },
    )
  }
})

t.test(
  'clock: a tolerance of the configuration counts, and an endpoint that tells no time is no fault',
  async (t) => {
    const late = await serve(t, (_request, response) =>
      json(response, eu.keySet(), 200, { date: new Date(Date.now() - 200_000).toUTCString() }),
    )
    t.equal((await examine(t, late)).code, 1)
    t.equal((await examine(t, { ...late, clockTolerance: 300 })).code, 0)
    const timeless = await serve(t, (_request, response) => {
      response.sendDate = false
      json(response, eu.keySet())
    })
    const { code, report } = await examine(t, timeless)
    t.equal(code, 0)
    t.notOk(report.pools[0]?.checks.some(({ name }) => name === 'clock'))
  },
)

t.test('ids: what looks like the name or the secret of a client is not repeated', async (t) => {
  const secret = 'a1b2c3d4e5'.repeat(5)
  for (const appClientId of ['My_App', secret, [eu.appClientId, secret]]) {
    const { code, out, report } = await examine(t, { pools: { eu: eu.options({ appClientId }) } })
    t.equal(code, 1)
    t.match(failures(report.pools[0]?.checks), [{ name: 'ids', advice: POOL_ADVICE.ids }])
    t.notMatch(out, /My_App|a1b2c3/)
  }
  const local = eu.options({
    appClientId: 'My_App',
    issuer: 'http://127.0.0.1:1/local',
    userPoolId: 'local_1',
  })
  const { report } = await examine(t, { pools: { local: { ...local, region: undefined } } })
  t.match(report.pools[0]?.checks[0], { name: 'ids', ok: true, found: 'local_1, app client My_App' })
})

/** A pool of AWS, whose URLs are asked at the local issuer. */
async function examineAtAws(issuers: Readonly<Record<'original' | 'updated', string>>, extra: object = {}) {
  const options = resolveOptions(
    { pools: { eu: { userPoolId: eu.userPoolId, appClientId: null, ...extra } } },
    {},
  )
  const asked: string[] = []
  const { report, keys } = await examinePool(options.pools.get('eu') as ResolvedPool, options, {
    now: Date.now,
    ask(url, timeoutMs, now) {
      asked.push(url)
      return askKeySet(url.startsWith('https://issuer-') ? issuers.updated : issuers.original, timeoutMs, now)
    },
  })
  return { report, keys, asked }
}

t.test('both issuers of a pool are asked, and 403 from the one that it does not use is normal', async (t) => {
  const refusing = `${await startServer(t, (_request, response) => json(response, {}, 403))}/x`
  const failing = `${issuer.origin}/nobody/jwks.json`
  const both = await examineAtAws({ original: eu.jwksUrl, updated: eu.jwksUrl })
  t.strictSame(
    both.asked,
    [eu.issuers.original, eu.issuers.updated].map((iss) => `${iss}/.well-known/jwks.json`),
  )
  t.match(both.report, { ok: true, checks: [{ name: 'ids' }, { name: 'jwks' }, { name: 'jwks' }] })
  t.match(both.report.checks[3], { name: 'keys', found: '2 published, 2 usable with RS256' })
  for (const issuers of [
    { original: eu.jwksUrl, updated: refusing },
    { original: refusing, updated: eu.jwksUrl },
  ]) {
    const { report, keys } = await examineAtAws(issuers)
    t.equal(report.ok, true)
    t.equal(keys?.size, 2)
    t.match(
      report.checks.find(({ found }) => found.includes(' answers 403')),
      {
        name: 'jwks',
        ok: true,
        found: /answers 403, which is normal for the issuer that the pool does not use/,
      },
    )
  }
  const neither = await examineAtAws({ original: refusing, updated: refusing })
  t.strictSame([neither.report.ok, neither.keys], [false, undefined])
  t.equal(failures(neither.report.checks).length, 2)
  const other = await examineAtAws({ original: eu.jwksUrl, updated: failing })
  t.match(failures(other.report.checks), [{ name: 'jwks', found: /^status 404 from https:\/\/issuer-/ }])
  const configured = await examineAtAws(
    { original: eu.jwksUrl, updated: refusing },
    { issuer: ['https://example.com/a', 'https://issuer-example.com/b'] },
  )
  t.match(
    failures(configured.report.checks),
    [{ name: 'jwks', found: /^status 403/ }],
    'not of issuers that were configured',
  )
})
