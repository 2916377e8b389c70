/**
 * Keys in a file: what is believed of it, a ConfigMap whose link is moved, and a file that is gone.
 * @module
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { Closing } from '../../src/keys/closing.js'
import { Endpoint } from '../../src/keys/endpoint.js'
import { readChecked, readJwksFile } from '../../src/keys/file.js'
import { createUrlSource } from '../../src/keys/sources.js'
import { type PluginOptions, resolveOptions } from '../../src/options.js'
import type { TestPool } from '../../src/testing/index.js'
import { startIssuer } from '../support/app.js'
import { watchFetches } from '../support/fetches.js'
import { makeFolder } from '../support/folder.js'
import { createLoggedApp } from '../support/logged-app.js'
import { until } from '../support/revocations.js'
import { TestClock } from '../support/test-clock.js'

const { issuer, eu } = await startIssuer(t)

/** Longest wait for what has to happen; milliseconds. */
const WAIT_MS = 20_000
const ACCEPTED = { status: 200, code: undefined, retryAfter: undefined }
const REFUSED = { status: 401, code: 'COGNITO_ERR_TOKEN_INVALID', retryAfter: undefined }
const UNAVAILABLE = { status: 503, code: 'COGNITO_ERR_KEYS_UNAVAILABLE' }

const urlOf = (path: string) => pathToFileURL(path).href
const toText = (pool: TestPool) => JSON.stringify(pool.keySet())

/** A folder with one file. */
function write(test: Test, text: string, mode = 0o644): string {
  const path = join(makeFolder(test), 'jwks.json')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

/** An app whose pool has its keys in a file. */
function createFileApp(test: Test, pool: TestPool, path: string, keys: PluginOptions['keys'] = {}) {
  const pools = { eu: pool.options({ jwksUrl: urlOf(path) }) }
  return createLoggedApp(test, { pools, keys: { prefetch: false, ...keys } })
}

/** Makes a pipe that nobody writes to. */
function makePipe(test: Test): string {
  const path = join(makeFolder(test), 'jwks.json')
  execFileSync('mkfifo', [path])
  // Who waits for the other end, in spite of all, goes on by this.
  test.teardown(() => closeSync(openSync(path, constants.O_RDWR | constants.O_NONBLOCK)))
  return path
}

t.test('a file is read whole, through a link as well, and what others can write is not', async (t) => {
  const path = write(t, '{"keys":[]}')
  const link = join(makeFolder(t), 'link.json')
  symlinkSync(path, link)
  for (const each of [path, link]) t.equal(await readJwksFile(urlOf(each), 100), '{"keys":[]}')
  for (const mode of [0o400, 0o600, 0o664, 0o775]) {
    chmodSync(path, mode)
    t.equal(await readJwksFile(urlOf(path), 100), '{"keys":[]}')
  }
  for (const mode of [0o666, 0o602, 0o646]) {
    chmodSync(path, mode)
    for (const each of [path, link])
      await t.rejects(readJwksFile(urlOf(each), 100), { code: 'WRITABLE_BY_OTHERS' })
  }
})

t.test('a file has a size, counted in bytes', async (t) => {
  const url = urlOf(write(t, 'é'.repeat(50)))
  t.equal(await readJwksFile(url, 100), 'é'.repeat(50))
  await t.rejects(readJwksFile(url, 99), { code: 'TOO_LARGE' })
  t.equal(await readJwksFile(urlOf(write(t, '')), 0), '')
})

t.test('what is no file is refused without waiting: a folder, a pipe, a device, nothing', async (t) => {
  const folder = makeFolder(t)
  await t.rejects(readJwksFile(urlOf(folder), 100), { code: 'NOT_A_FILE' })
  const read = readJwksFile(urlOf(makePipe(t)), 100)
  const tooLong = pause(WAIT_MS, undefined, { ref: false })
  await t.rejects(Promise.race([read, tooLong]), { code: 'NOT_A_FILE' })
  await t.rejects(readJwksFile('file:///dev/zero', 100), { code: 'NOT_A_FILE' })
  await t.rejects(readJwksFile(urlOf(join(folder, 'missing')), 100), { code: 'ENOENT' })
  await t.rejects(readJwksFile(urlOf(join(write(t, '{}'), 'below')), 100), { code: 'ENOTDIR' })
})

t.test('a file is judged that was opened, with the flags that were asked for', async (t) => {
  const path = write(t, 'text')
  const seen: number[] = []
  const judge = ({ size }: { readonly size: number }) => {
    seen.push(size)
    return size > 3 ? 'TOO_LONG' : undefined
  }
  await t.rejects(readChecked(path, 0, 100, judge), { code: 'TOO_LONG', message: /TOO_LONG/ })
  writeFileSync(path, 'abc')
  t.equal(await readChecked(path, 0, 100, judge), 'abc')
  t.strictSame(seen, [4, 3])
})

t.test('a URL of a file stops the boot where it names no file of this machine', async (t) => {
  const resolve = (jwksUrl: string, env = {}) =>
    resolveOptions({ pools: { eu: eu.options({ jwksUrl }) } }, env)
      .pools.get('eu')
      ?.jwksUrls.values()
      .next().value
  for (const [jwksUrl, message] of [
    ['file:jwks.json', /^pools\.eu\.jwksUrl: expected a file URL of this machine/],
    ['file:./jwks.json', /^pools\.eu\.jwksUrl: expected a file URL of this machine/],
    ['file:', /^pools\.eu\.jwksUrl: expected a file URL of this machine/],
    ['file://keys.example/jwks.json', /^pools\.eu\.jwksUrl: expected a file URL of this machine/],
    ['file:///etc/a%2Fb.json', /^pools\.eu\.jwksUrl: expected a file URL of this machine/],
    ['file:///etc/jwks.json?version=1', /^pools\.eu\.jwksUrl: expected a file URL of this machine/],
    ['file:///etc/jwks.json#x', /^pools\.eu\.jwksUrl: expected a URL with a path/],
    ['file:///', /^pools\.eu\.jwksUrl: expected a URL with a path/],
    ['file:///etc/{userPoolId}.json', /^pools\.eu\.jwksUrl: expected a URL with a path/],
    ['/etc/jwks.json', /^pools\.eu\.jwksUrl: expected an https URL/],
  ] as const) {
    t.throws(() => resolve(jwksUrl), { name: 'TypeError', message }, jwksUrl)
  }
  t.equal(resolve('file:///etc/cognito/jwks.json'), 'file:///etc/cognito/jwks.json')
  t.equal(resolve('file:/etc/cognito/jwks.json'), 'file:///etc/cognito/jwks.json')
  t.equal(resolve('file:///etc/cognito%20keys/jwks.json'), 'file:///etc/cognito%20keys/jwks.json')
  const { jwksUrl: _, ...rest } = eu.options()
  const env = { AWS_COGNITO_KEYS_URL: 'file:///etc/keys/{userPoolId}.json' }
  const { pools } = resolveOptions({ pools: { eu: rest } }, env)
  t.strictSame(
    new Set(pools.get('eu')?.jwksUrls.values()),
    new Set([`file:///etc/keys/${eu.userPoolId}.json`]),
  )
})

t.test('keys of a file: nobody is asked, and nothing of them is in the store', async (t) => {
  const fetches = watchFetches(t)
  const path = write(t, toText(eu))
  const store = { load: async () => undefined, save: async () => void t.fail('a set of a file was saved') }
  const { app, lines, ask } = createFileApp(t, eu, path, { prefetch: 'require', store })
  await app.ready()
  t.match(app.cognito.status(), { eu: { state: 'ok', source: 'file', keys: [{}, {}] } })
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  t.strictSame(await ask(eu.accessToken({}, { kid: 'nobody' })), REFUSED)
  t.strictSame(new Set(fetches.map(({ url }) => url)), new Set([urlOf(path)]))
  t.equal(issuer.fetches.get(eu.userPoolId), undefined)
  t.strictSame(lines, [])
})

t.test('a file that is not believed is 503 and one warning with its code, never its content', async (t) => {
  const good = toText(eu)
  const rows: readonly (readonly [reason: string, code: string, path: string])[] = [
    ['file', 'WRITABLE_BY_OTHERS', write(t, good, 0o666)],
    ['file', 'NOT_A_FILE', makePipe(t)],
    ['file', 'NOT_A_FILE', makeFolder(t)],
    ['file', 'ENOENT', join(makeFolder(t), 'missing.json')],
    ['file', 'TOO_LARGE', write(t, good.padEnd(512 * 1024 + 1))],
    ['not a key set', 'NOT_JSON', write(t, good.slice(0, -20))],
    ['not a key set', 'NO_KEYS', write(t, '{"keys":[]}')],
    ['not a key set', 'NO_USABLE_KEY', write(t, good.replaceAll('"RSA"', '"EC"'))],
  ]
  for (const [reason, code, path] of rows) {
    const { app, lines, ask } = createFileApp(t, eu, path)
    t.match(await ask(eu.accessToken()), { ...UNAVAILABLE, retryAfter: /^[12]$/ }, code)
    t.match(lines, [{ level: 40, pool: 'eu', reason, code, jwksUrls: [urlOf(path)] }])
    t.equal(lines.length, 1)
    t.notMatch(JSON.stringify(lines), eu.kid())
    t.match(app.cognito.status(), { eu: { state: 'down', source: undefined, lastFailure: { reason, code } } })
  }
  for (const path of [write(t, good, 0o664), write(t, good, 0o600), write(t, good.padEnd(512 * 1024))]) {
    const { lines, ask } = createFileApp(t, eu, path)
    t.strictSame(await ask(eu.accessToken()), ACCEPTED)
    t.strictSame(lines, [])
  }
})

/** A folder as the kubelet of Kubernetes makes one of a ConfigMap: a version is a folder, and a link is moved. */
function createConfigMap(test: Test) {
  const folder = makeFolder(test)
  let versions = 0
  return {
    path: join(folder, 'jwks.json'),
    link: join(folder, '..data'),
    publish(text: string) {
      versions += 1
      mkdirSync(join(folder, `..v${versions}`))
      writeFileSync(join(folder, `..v${versions}`, 'jwks.json'), text)
      this.point(versions)
      return versions
    },
    point(version: number) {
      symlinkSync(`..v${version}`, join(folder, '..data_tmp'))
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    },
    mount() {
      symlinkSync(join('..data', 'jwks.json'), join(folder, 'jwks.json'))
    },
  }
}

t.test(
  'a ConfigMap: its keys are replaced when they are due, back again, and stay while it is gone',
  async (t) => {
    const pool = issuer.createPool()
    const map = createConfigMap(t)
    const first = map.publish(toText(pool))
    map.mount()
    const { app, lines, ask } = createFileApp(t, pool, map.path, { refreshAfter: 1 })
    const [before, beforeId] = [pool.accessToken(), pool.idToken()]
    t.strictSame(await ask(before), ACCEPTED)
    pool.rotateKeys({ keepOld: false })
    map.publish(toText(pool))
    t.ok(
      await until(async () => (await ask(before)).status === 401, WAIT_MS),
      'the old key is gone when it is due',
    )
    t.strictSame(await ask(before), REFUSED)
    t.strictSame(await ask(pool.accessToken()), ACCEPTED)
    map.point(first)
    t.ok(await until(async () => (await ask(pool.accessToken())).status === 401, WAIT_MS))
    t.strictSame(await ask(before), ACCEPTED, 'the first version is back')
    t.strictSame(lines, [])
    rmSync(map.link)
    t.ok(
      await until(
        async () => (await ask(before)) && app.cognito.status()['eu']?.state === 'degraded',
        WAIT_MS,
      ),
    )
    t.strictSame(await ask(before), ACCEPTED)
    await app.cognito
      .verify(beforeId, 'eu', { tokenUse: 'id' })
      .catch(() => t.fail('every key of the set is held'))
    const failure = { reason: 'file', code: 'ENOENT' }
    t.match(app.cognito.status(), { eu: { state: 'degraded', source: 'file', lastFailure: failure } })
    t.match(lines, [{ level: 40, pool: 'eu', ...failure, jwksUrls: [urlOf(map.path)] }])
    map.point(first)
    t.ok(
      await until(
        async () => (await app.cognito.refresh()) && app.cognito.status()['eu']?.state === 'ok',
        WAIT_MS,
      ),
    )
    t.match(lines.slice(1), [{ level: 30, pool: 'eu' }])
    t.equal(lines.length, 2)
  },
)

t.test(
  'a key that a file has got meanwhile is found at once, and reading it has the budget of all',
  async (t) => {
    const pool = issuer.createPool()
    const path = write(t, toText(pool))
    const fetches = watchFetches(t)
    const { ask } = createFileApp(t, pool, path, { lookupBurst: 2, lookupInterval: 3600 })
    t.strictSame(await ask(pool.accessToken()), ACCEPTED)
    pool.rotateKeys()
    writeFileSync(path, toText(pool))
    t.strictSame(await ask(pool.accessToken()), ACCEPTED)
    t.equal(fetches.length, 2)
    t.strictSame(await ask(pool.accessToken({}, { kid: 'nobody' })), REFUSED)
    for (const kid of ['nobody', 'somebody']) {
      t.strictSame(await ask(pool.accessToken({}, { kid })), { ...UNAVAILABLE, retryAfter: '60' })
    }
    t.equal(fetches.length, 3)
    t.strictSame(await ask(pool.accessToken()), ACCEPTED)
  },
)

t.test('when a file is read again is a matter of the age of what was read', async (t) => {
  const pool = issuer.createPool()
  const path = write(t, toText(pool))
  const clock = new TestClock()
  const fetches = watchFetches(t)
  const policy = {
    ...clock,
    random: () => 0.5,
    refreshAfterMs: 300_000,
    askFirstAfterMs: 600_000,
    staleIfErrorMs: 86_400_000,
    lookupBurst: 10,
    lookupIntervalMs: 2000,
    maxWaitMs: 3000,
  }
  const { keys: options } = resolveOptions({ pools: { eu: pool.options() } }, {})
  const source = createUrlSource(urlOf(path), { pool: 'eu', options, policy, clock, onStoreFailure: t.fail })
  t.equal(source.memory, undefined)
  const endpoint = new Endpoint(source, (pem) => pem, policy, new Closing(new AbortController().signal))
  const kid = pool.kid()
  await endpoint.ensure()
  await clock.advance(300_000)
  t.ok(endpoint.held(kid))
  t.equal(fetches.length, 1)
  await clock.advance(1)
  rmSync(path)
  t.ok(endpoint.held(kid), 'due: used, and read behind')
  t.ok(await until(() => endpoint.health().isFailing, WAIT_MS))
  t.equal(fetches.length, 2)
  await clock.advance(86_400_000 - 300_001)
  t.ok(endpoint.trusted()?.keys.has(kid))
  await clock.advance(1)
  t.equal(endpoint.held(kid), undefined)
  t.equal(endpoint.trusted(), undefined, 'and not after a day')
})
