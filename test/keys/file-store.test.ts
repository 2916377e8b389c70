/**
 * The store of key sets in a folder: what is believed of its files, how they are written, and restarts in an outage.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { KeyStore } from '../../src/index.js'
import { fileKeyStore } from '../../src/keys/index.js'
import { makeFolder } from '../support/folder.js'
import { createLoggedApp } from '../support/logged-app.js'
import { until } from '../support/revocations.js'
import { startServer } from '../support/server.js'
import {
  ACCEPTED,
  boot,
  codesOf,
  downUrl,
  endpoint,
  eu,
  HOUR,
  issuer,
  MINUTE,
  ofStore,
  setOf,
  UNAVAILABLE,
  us,
  WAIT_MS,
  warning,
} from '../support/stored-keys.js'

/** A file store in a folder that does not exist yet, and the path of the file of `downUrl`. */
function createStore(test: Test) {
  const folder = join(makeFolder(test), 'keys')
  const path = join(folder, `${createHash('sha256').update(downUrl).digest('hex')}.json`)
  return { folder, path, store: fileKeyStore(folder) }
}

t.test('a file that is not to be believed is 503 in an outage, and one warning with its code', async (t) => {
  /** [code, what is done to the folder and its file] */
  const rows: readonly (readonly [
    string,
    (files: ReturnType<typeof createStore>) => void | Promise<void>,
  ])[] = [
    ['FROM_THE_FUTURE', ({ store }) => store.save(setOf(eu, { askedAt: Date.now() + HOUR }))],
    ['OTHER_URL', ({ path, store }) => moveFrom(store, path)],
    ['NO_USABLE_KEY', ({ store }) => store.save(setOf(eu, { document: '{"keys":[]}' }))],
    ['NO_USABLE_KEY', ({ store }) => store.save(setOf(eu, { document: '{"keys":[{"kty":"EC"}]}' }))],
    ['MALFORMED', ({ store }) => store.save(setOf(eu, { document: '{"keys":[' }))],
    ['MALFORMED', ({ path }) => truncateSync(path, statSync(path).size - 10)],
    ['MALFORMED', ({ path }) => truncateSync(path, 0)],
    ['MALFORMED', ({ path }) => writeFileSync(path, 'null')],
    ['MALFORMED', ({ path }) => writeFileSync(path, '7')],
    ['MALFORMED', ({ path }) => writeFileSync(path, '{}')],
    ['TOO_LARGE', ({ path }) => writeFileSync(path, readFileSync(path, 'utf8').padEnd(1024 * 1024 + 1))],
    ['WRITABLE_BY_OTHERS', ({ path }) => chmodSync(path, 0o666)],
    ['WRITABLE_BY_OTHERS', ({ path }) => chmodSync(path, 0o602)],
    ['WRITABLE_BY_OTHERS', ({ path }) => chmodSync(path, 0o620)],
    ['WRITABLE_BY_OTHERS', ({ folder }) => chmodSync(folder, 0o777)],
    ['WRITABLE_BY_OTHERS', ({ folder }) => chmodSync(folder, 0o702)],
    ['WRITABLE_BY_OTHERS', ({ folder }) => chmodSync(folder, 0o720)],
    ['ELOOP', ({ path }) => replaceByLink(path)],
    ['NOT_A_FOLDER', ({ folder }) => replaceByLink(folder)],
    ['NOT_A_FILE', ({ path }) => replaceByPipe(path)],
    ['NOT_A_FILE', ({ path }) => replaceByFolder(path)],
    ['NOT_A_FOLDER', ({ folder }) => replaceByFile(folder)],
  ]
  for (const [code, spoil] of rows) {
    const files = createStore(t)
    await files.store.save(setOf(eu))
    const good = boot(t, files.store)
    t.strictSame(await good.ask(eu.accessToken()), ACCEPTED, `good before ${code}`)
    t.strictSame(good.lines, [])
    await spoil(files)
    const { lines, ask } = boot(t, files.store)
    t.strictSame(await ask(eu.accessToken()), UNAVAILABLE, code)
    t.strictSame(codesOf(lines), warning(code))
    t.strictSame(await ask(eu.accessToken()), UNAVAILABLE)
    t.strictSame(codesOf(lines), warning(code), 'it is told once')
    t.notMatch(
      JSON.stringify(lines),
      new RegExp(`${eu.kid().slice(0, 20).replace(/\W/g, '.')}|modulus|${files.folder}`),
    )
    endpoint.isUp = true
    const up = boot(t, files.store)
    t.strictSame(await up.ask(eu.accessToken()), ACCEPTED, 'where the endpoint answers all is well')
    endpoint.isUp = false
    t.equal(ofStore(up.lines)[0]?.['code'], code)
  }
})

/** Puts a good file of another URL in the place of this one. */
async function moveFrom(store: KeyStore, path: string): Promise<void> {
  const url = `${downUrl}?other`
  await store.save(setOf(eu, { url }))
  renameSync(join(path, '..', `${createHash('sha256').update(url).digest('hex')}.json`), path)
}

function replaceByLink(path: string): void {
  renameSync(path, `${path}.real`)
  symlinkSync(`${path}.real`, path)
}

function replaceByPipe(path: string): void {
  rmSync(path)
  execFileSync('mkfifo', ['-m', '600', path])
}

function replaceByFolder(path: string): void {
  rmSync(path)
  mkdirSync(path, { mode: 0o700 })
}

function replaceByFile(folder: string): void {
  rmSync(folder, { recursive: true })
  writeFileSync(folder, 'x', { mode: 0o600 })
}

t.test('a link for a folder is refused, however its path is written', async (t) => {
  const { folder, store } = createStore(t)
  await store.save(setOf(eu))
  const link = `${folder}-link`
  symlinkSync(folder, link)
  for (const path of [link, `${link}/`, `${link}//`, `${link}/.`, `${link}/x/..`]) {
    await t.rejects(fileKeyStore(path).load(downUrl), { code: 'NOT_A_FOLDER' })
    await t.rejects(fileKeyStore(path).save(setOf(eu)), { code: 'NOT_A_FOLDER' })
  }
  for (const path of [folder, `${folder}/`, `${folder}/x/..`]) t.ok(await fileKeyStore(path).load(downUrl))
})

t.test('a folder, or a file, that another user owns is refused', async (t) => {
  const isRoot = process.getuid?.() === 0
  const { folder, path, store } = createStore(t)
  await store.save(setOf(eu))
  t.ok(await store.load(downUrl))
  // Only root can give a folder away; and who is not root has one of root's at hand.
  if (isRoot) chownSync(folder, 65_534, 65_534)
  const foreign = isRoot ? store : fileKeyStore('/usr')
  await t.rejects(foreign.load(downUrl), { code: 'ANOTHER_OWNER' })
  await t.rejects(foreign.save(setOf(eu)), { code: 'ANOTHER_OWNER' })
  const folderOnly = boot(t, foreign)
  t.strictSame(await folderOnly.ask(eu.accessToken()), UNAVAILABLE)
  t.strictSame(codesOf(folderOnly.lines), warning('ANOTHER_OWNER'))
  if (!isRoot) {
    t.comment(
      'a file of another user is left out: these tests do not run as root, who alone can give one away',
    )
    return
  }
  chownSync(folder, 0, 0)
  chownSync(path, 65_534, 65_534)
  const { lines, ask } = boot(t, store)
  t.strictSame(await ask(eu.accessToken()), UNAVAILABLE)
  t.strictSame(codesOf(lines), warning('ANOTHER_OWNER'))
  chownSync(path, 0, 65_534)
  const good = boot(t, store)
  t.strictSame(await good.ask(eu.accessToken()), ACCEPTED, 'the group does not matter while it cannot write')
})

t.test('nothing is said of a store that is empty', async (t) => {
  const { folder, path, store } = createStore(t)
  t.equal(await store.load(downUrl), undefined)
  const first = boot(t, store)
  t.strictSame(await first.ask(eu.accessToken()), UNAVAILABLE)
  t.strictSame(codesOf(first.lines), [])
  t.notOk(existsSync(folder), 'a failing endpoint writes nothing')
  await store.save(setOf(eu))
  rmSync(path)
  t.equal(await store.load(downUrl), undefined)
})

t.test('a restart in an outage: the keys of the store serve, and a young set asks nobody', async (t) => {
  const pool = issuer.createPool()
  const { store } = createStore(t)
  const start = () => createLoggedApp(t, { pools: { eu: pool.options() }, keys: { prefetch: false, store } })
  const first = start()
  t.strictSame(await first.ask(pool.accessToken()), ACCEPTED)
  t.ok(await until(async () => (await store.load(pool.jwksUrl)) !== undefined, WAIT_MS))
  await first.app.close()
  issuer.down = true
  t.teardown(() => {
    issuer.down = false
  })
  const { app, lines, ask } = start()
  t.strictSame(await ask(pool.accessToken()), ACCEPTED)
  await app.cognito
    .verify(pool.idToken(), 'eu', { tokenUse: 'id' })
    .catch(() => t.fail('the whole set is there'))
  t.equal(issuer.fetches.get(pool.userPoolId), 1)
  t.match(app.cognito.status(), {
    eu: { state: 'ok', source: 'store', keys: [{}, {}], lastSuccessSeconds: undefined },
  })
  t.strictSame(lines, [])
  t.strictSame(
    (await createLoggedApp(t, { pools: { eu: pool.options() } }).ask(pool.accessToken())).status,
    503,
  )
})

t.test('a stored set of seven minutes is used at once, and fetched again behind', async (t) => {
  const { store } = createStore(t)
  let answer: (() => void) | undefined
  const origin = await startServer(t, (_request, response) => {
    answer = () => response.end(JSON.stringify(eu.keySet()))
  })
  const url = `${origin}/jwks.json`
  const askedAt = Date.now() - 7 * MINUTE
  await store.save(setOf(eu, { url, askedAt }))
  const { app, lines, ask } = boot(t, store, url, { timeout: 10 })
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  t.ok(await until(() => answer !== undefined, WAIT_MS))
  t.match(app.cognito.status(), { eu: { state: 'ok', source: 'store', keys: [{}, {}] } })
  t.strictSame(await ask(eu.accessToken()), ACCEPTED)
  answer?.()
  t.ok(await until(() => app.cognito.status()['eu']?.source === 'network', WAIT_MS))
  t.ok(
    await until(async () => ((await store.load(url))?.askedAt ?? 0) > askedAt, WAIT_MS),
    'and written anew',
  )
  t.strictSame(lines, [])
})

t.test('a stored set of twenty minutes is asked for first, and serves while nobody answers', async (t) => {
  const old = { askedAt: Date.now() - 20 * MINUTE }
  const { store } = createStore(t)
  await store.save(setOf(us, { ...old, url: eu.jwksUrl }))
  const up = boot(t, store, eu.jwksUrl)
  t.strictSame(await up.ask(eu.accessToken()), ACCEPTED)
  t.match(up.app.cognito.status(), { eu: { state: 'ok', source: 'network' } })
  t.strictSame(up.lines, [])
  await store.save(setOf(eu, old))
  const down = boot(t, store)
  const before = endpoint.asked
  t.strictSame(await down.ask(eu.accessToken()), ACCEPTED)
  t.equal(endpoint.asked, before + 1)
  t.match(down.app.cognito.status(), {
    eu: { state: 'degraded', source: 'store', lastFailure: { code: '404' } },
  })
  t.match(down.lines, [{ level: 40, pool: 'eu', reason: 'status', code: '404' }])
  t.equal(down.lines.length, 1)
})

t.test('a stored set of 25 hours is nothing, and no fault; one of 23 hours serves', async (t) => {
  const { store } = createStore(t)
  await store.save(setOf(eu, { askedAt: Date.now() - 25 * HOUR }))
  const late = boot(t, store)
  t.strictSame(await late.ask(eu.accessToken()), UNAVAILABLE)
  t.strictSame(codesOf(late.lines), [])
  t.match(late.app.cognito.status(), { eu: { state: 'down', source: undefined, keys: [] } })
  const longer = boot(t, store, downUrl, { staleIfError: 26 * 3600 })
  t.strictSame(await longer.ask(eu.accessToken()), ACCEPTED)
  await store.save(setOf(eu, { askedAt: Date.now() - 23 * HOUR }))
  t.strictSame(await boot(t, store).ask(eu.accessToken()), ACCEPTED)
})

t.test('a key that was taken out while the process was down is gone once the endpoint answers', async (t) => {
  const pool = issuer.createPool()
  const { store } = createStore(t)
  const old = { access: pool.accessToken(), document: JSON.stringify(pool.keySet()) }
  await store.save(
    setOf(pool, { url: pool.jwksUrl, askedAt: Date.now() - 20 * MINUTE, document: old.document }),
  )
  pool.rotateKeys({ keepOld: false })
  const { ask } = createLoggedApp(t, { pools: { eu: pool.options() }, keys: { prefetch: false, store } })
  t.match(await ask(old.access), { status: 401, code: 'COGNITO_ERR_TOKEN_INVALID' })
  t.strictSame(await ask(pool.accessToken()), ACCEPTED)
})

t.test('a folder is made for its owner alone, and so is each file, whatever the umask', async (t) => {
  const { folder, path, store } = createStore(t)
  const umask = process.umask(0)
  t.teardown(() => process.umask(umask))
  await store.save(setOf(eu))
  await store.save(setOf(us, { url: eu.jwksUrl }))
  t.equal(statSync(folder).mode & 0o777, 0o700)
  t.equal(readdirSync(folder).length, 2, 'a URL has its own file')
  for (const name of readdirSync(folder)) t.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
  t.strictSame(await store.load(downUrl), JSON.parse(readFileSync(path, 'utf8')))
  t.match(await store.load(eu.jwksUrl), { document: JSON.stringify(us.keySet()) })
  t.ok(Object.isFrozen(store))
})

t.test('a file is never written in its place, only replaced', async (t) => {
  const { path, store } = createStore(t)
  await store.save(setOf(eu))
  const before = readFileSync(path, 'utf8')
  const reader = openSync(path, 'r')
  t.teardown(() => closeSync(reader))
  await store.save(setOf(us))
  t.not(readFileSync(path, 'utf8'), before)
  t.equal(readFileSync(reader, 'utf8'), before, 'who has it open goes on reading the old one')
  const texts = [JSON.stringify(eu.keySet()), JSON.stringify(us.keySet())]
  const seen: unknown[] = []
  let isWriting = true
  const reading = (async () => {
    while (isWriting) seen.push((await store.load(downUrl))?.document)
  })()
  for (let times = 0; times < 50; times += 1) await store.save(setOf(times % 2 === 0 ? eu : us))
  isWriting = false
  await reading
  t.ok(
    seen.length > 0 && seen.every((document) => texts.includes(document as string)),
    'whole, the one or the other',
  )
})

t.test('writers at the same time leave one whole file, and no drafts', async (t) => {
  const { folder, store } = createStore(t)
  await Promise.all(Array.from({ length: 20 }, (_, index) => store.save(setOf(index % 2 === 0 ? eu : us))))
  t.equal(readdirSync(folder).length, 1)
  t.ok(await store.load(downUrl))
})

t.test('a save that fails leaves no draft, and what was there', async (t) => {
  const { folder, path, store } = createStore(t)
  await store.save(setOf(eu))
  rmSync(path)
  mkdirSync(join(path, 'full'), { recursive: true })
  await t.rejects(store.save(setOf(us)), { code: /^(?:EISDIR|ENOTEMPTY|EEXIST)$/ })
  t.strictSame(readdirSync(folder), [path.slice(folder.length + 1)])
  rmSync(path, { recursive: true })
  await store.save(setOf(us))
  t.match(await store.load(downUrl), { document: JSON.stringify(us.keySet()) })
})

t.test('a link in the place of the file is replaced, and what it leads to is left alone', async (t) => {
  const { folder, path, store } = createStore(t)
  const victim = join(folder, '..', 'victim')
  writeFileSync(victim, 'precious')
  mkdirSync(folder, { mode: 0o700 })
  symlinkSync(victim, path)
  await t.rejects(store.load(downUrl), { code: 'ELOOP' })
  await store.save(setOf(eu))
  t.equal(readFileSync(victim, 'utf8'), 'precious')
  t.match(await store.load(downUrl), { url: downUrl })
})

t.test('a file store takes the absolute path of a folder', async (t) => {
  for (const path of ['', 'keys', './keys', '../keys', 'C:keys', undefined, null, 7, ['/keys']]) {
    t.throws(() => fileKeyStore(path as never), {
      name: 'TypeError',
      message: 'fileKeyStore: expected the absolute path of a folder',
    })
  }
  t.ok(fileKeyStore('/keys'), 'nothing is made before a set is there')
  t.notOk(existsSync('/keys'))
})
