/**
 * Makes the bundles, starts each far from the packages that it was made of, and sends it tokens.
 * @module
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { TestIssuer, type TestPool } from 'fastify-cognito/testing'

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** Fastify is CommonJS and asks for Node's own modules by `require`, which a file of ES modules lacks. */
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const BUNDLES: Readonly<Record<string, BuildOptions>> = {
  'server.mjs': { format: 'esm', banner: { js: BANNER } },
  'server.min.mjs': { format: 'esm', banner: { js: BANNER }, minify: true },
  'server.cjs': { format: 'cjs' },
  'server.min.cjs': { format: 'cjs', minify: true },
}

/** Makes a bundle, and returns its size in bytes. */
async function makeBundle(file: string, options: BuildOptions): Promise<number> {
  const entry = { entryPoints: [pathOf('app.ts')], outfile: file, bundle: true }
  // esbuild warns that CommonJS has no `import.meta`. The plugin looks at the name of the bundle there.
  const silent = { logOverride: { 'empty-import-meta': 'silent' } } as const
  const { warnings } = await build({ ...entry, ...silent, platform: 'node', target: 'node20', ...options })
  assert.deepEqual(warnings, [])
  return statSync(file).size
}

/** Starts a bundle. `ask` sends it a token. */
async function start(file: string, settings: string, cwd: string) {
  const child = spawn(process.execPath, [file, settings], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  const { value: origin } = await createInterface(child.stdout)[Symbol.asyncIterator]().next()
  assert.ok(origin, 'the bundle did not start, see above')
  const ask = async (token?: string) => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await fetch(`${origin}/me`, { headers })
    return [
      answer.status,
      answer.headers.get('www-authenticate'),
      (await answer.json()) as { code?: string },
    ] as const
  }
  return { ask, stop: () => child.kill() }
}

/** A good, a missing, a bad and a foreign token. */
async function checkTokens(bundle: Awaited<ReturnType<typeof start>>, pool: TestPool, other: TestPool) {
  const good = pool.accessToken({ sub: 'ada' })
  const [status, , body] = await bundle.ask(good)
  assert.deepEqual([status, body], [200, { subject: 'ada' }])
  const refusals = {
    missing: [undefined, 'COGNITO_ERR_TOKEN_MISSING', /^Bearer realm="api"$/],
    bad: [good.replace(/[^.]+$/, 'A'.repeat(342)), 'COGNITO_ERR_TOKEN_INVALID', /error="invalid_token"/],
    foreign: [other.accessToken(), 'COGNITO_ERR_TOKEN_INVALID', /error="invalid_token"/],
  } as const
  for (const [name, [token, code, challenge]] of Object.entries(refusals)) {
    const [status, header, body] = await bundle.ask(token)
    assert.deepEqual([status, body.code], [401, code], name)
    assert.match(header ?? '', challenge, name)
  }
}

/** A folder far from all packages. */
function makeFolder(pool: TestPool): string {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'))
  const { userPoolId, appClientId, jwksUrl } = pool.options()
  const settings = JSON.stringify({ pools: { users: { userPoolId, appClientId, jwksUrl } } })
  for (const name of ['settings.json', 'settings.yaml']) writeFileSync(join(folder, name), settings)
  // The package that reads YAML is in no bundle. It lies beside the bundle, and not where the process was started.
  mkdirSync(join(folder, 'with-yaml', 'node_modules'), { recursive: true })
  cpSync(pathOf('node_modules/yaml'), join(folder, 'with-yaml', 'node_modules', 'yaml'), { recursive: true })
  return folder
}

export async function check(): Promise<undefined> {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const other = issuer.createPool()
  const folder = makeFolder(pool)
  try {
    for (const [name, options] of Object.entries(BUNDLES)) {
      for (const [place, settings] of [
        ['', 'settings.json'],
        ['with-yaml', 'settings.yaml'],
      ] as const) {
        const file = join(folder, place, name)
        const size = await makeBundle(file, options)
        const bundle = await start(file, join(folder, settings), folder)
        await checkTokens(bundle, pool, other).finally(bundle.stop)
        console.log(
          `      ${name}, ${Math.round(size / 1024)} KB, ${settings}: good 200; missing, bad, foreign 401`,
        )
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
