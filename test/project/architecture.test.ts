/**
 * The wings of `src/`: which may import which, what each shows to the others, and who may import a third-party package.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import t from 'tap'

const src = new URL('../../src/', import.meta.url)

interface Wing {
  /** Wings that its files may import. */
  readonly imports: readonly string[]
  /** Its files that other wings may import; all of them where nothing is named. */
  readonly face?: readonly string[]
  /** Whether its files may know Fastify, by its types. */
  readonly knowsFastify?: true
}

/** The files beside the wings. They make the plugin of the wings. */
const PLUGIN = 'plugin'

/** From the ground up. A new file belongs to the wing of its folder, and needs no entry here. */
const WINGS: Readonly<Record<string, Wing>> = {
  base: { imports: [] },
  jwt: { imports: ['base'] },
  claims: {
    imports: ['base'],
    face: [
      'reader',
      'standard-claims',
      'standard-schema',
      'renaming',
      'checks',
      'coercion',
      'fields',
      'foreign-schema',
      'schema-types',
    ],
  },
  keys: {
    imports: ['base', 'jwt'],
    face: [
      'locations',
      'key-set',
      'options',
      'pool-keys',
      'key-ring',
      'log',
      'document',
      'endpoint',
      'fetch',
      'store',
    ],
  },
  pool: { imports: ['base', 'claims', 'keys'] },
  verify: {
    imports: ['base', 'claims', 'jwt', 'keys', 'pool'],
    face: [
      'authentication',
      'authentication-reader',
      'cognito-claims',
      'diagnostics',
      'required-names',
      'sign-in',
      'token-policy',
      'token-requirement',
      'verifier',
      'tenants',
    ],
  },
  tenants: {
    imports: ['base', 'claims', 'keys', 'pool', 'verify'],
    face: ['application', 'connection', 'directory', 'options', 'row', 'tenants'],
    knowsFastify: true,
  },
  revocation: {
    imports: ['base', 'jwt', 'verify'],
    face: ['connection', 'gate', 'mark', 'options', 'store'],
    knowsFastify: true,
  },
  expiry: {
    imports: ['base', 'claims', 'revocation', 'verify'],
    face: ['application', 'closable', 'close-on-expiry', 'expiry-signal'],
  },
  guard: {
    imports: ['base', 'claims', 'jwt', 'pool', 'revocation', 'tenants', 'verify'],
    face: [
      'guard',
      'annotations',
      'load-user',
      'node-request',
      'refusal-answer',
      'register',
      'request-authentication',
      'requirement',
      'tenant-selector',
      'route-types',
      'token-finder',
      'token-sources',
      'verify-request',
      'verify-token',
    ],
    knowsFastify: true,
  },
  routes: {
    imports: ['base', 'claims', 'guard', 'pool', 'verify'],
    face: ['audit', 'guard-placement', 'openapi', 'resource', 'route-guards'],
    knowsFastify: true,
  },
  [PLUGIN]: {
    imports: [
      'base',
      'claims',
      'expiry',
      'guard',
      'keys',
      'pool',
      'revocation',
      'routes',
      'tenants',
      'verify',
    ],
    face: ['index', 'options', 'cognito'],
    knowsFastify: true,
  },
  settings: { imports: ['base', 'guard', 'pool', PLUGIN], face: ['index'] },
  doctor: { imports: ['base', 'claims', 'jwt', 'keys', 'pool', 'verify', 'settings', PLUGIN], face: [] },
  testing: { imports: ['base', 'claims', 'pool'], face: [] },
  typebox: { imports: ['base', 'claims'], face: [] },
  nest: {
    imports: ['base', 'claims', 'guard', 'verify', PLUGIN],
    face: [],
    knowsFastify: true,
  },
  'user-routes': {
    imports: ['base', 'claims', 'guard', 'revocation', 'routes', 'verify', PLUGIN],
    face: [],
    knowsFastify: true,
  },
}

/** Package → the only file that may import its values. */
const IMPORTERS: Readonly<Record<string, string>> = {
  '@fastify/jwt': 'jwt/signature',
  'get-jwks': 'keys/second-reader',
  '@sinclair/typebox': 'base/schema',
  '@sinclair/typebox/compiler': 'base/schema',
  '@sinclair/typebox/errors': 'base/schema',
  typebox: 'typebox/library',
  'typebox/compile': 'typebox/library',
  'typebox/format': 'typebox/library',
  'fastify-plugin': 'index',
  '@nestjs/common': 'nest/framework',
  '@nestjs/core': 'nest/framework',
  '@nestjs/platform-fastify': 'nest/framework',
  '@aws-sdk/client-cognito-identity-provider': 'user-routes/sdk',
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, '').replaceAll('\\', '/'))

const wingOf = (file: string) => (file.includes('/') ? posix.dirname(file) : PLUGIN)
const nameOf = (file: string) => posix.basename(file)

interface Import {
  readonly file: string
  readonly target: string
  readonly isType: boolean
}

function readImports(file: string, source: string): Import[] {
  const statements = source.matchAll(/^(?:import|export)\s(type\s)?[^'"]*?from\s'([^']+)'/gm)
  const calls = source.matchAll(/\bimport()\('([^']+)'\)/g)
  return [...statements, ...calls].map(([, type, target = '']) => ({ file, target, isType: Boolean(type) }))
}

const read = (file: string) => readFileSync(new URL(`${file}.ts`, src), 'utf8')
const imports = files.flatMap((file) => readImports(file, read(file)))

const resolve = ({ file, target }: Import) => posix.join(posix.dirname(file), target).replace(/\.js$/, '')

function findFaults(all: readonly Import[]): string[] {
  return all.map(findFault).filter((fault) => fault !== undefined)
}

function findFault(one: Import): string | undefined {
  const { file, target, isType } = one
  const wing = WINGS[wingOf(file)]
  if (/^\.\.?\//.test(target)) return findFaultInside(file, resolve(one))
  const isFastify = target === 'fastify' && isType && wing?.knowsFastify === true
  if (target.startsWith('node:') || IMPORTERS[target] === file || isFastify) return undefined
  return `${file} may not import ${target}`
}

function findFaultInside(file: string, inner: string): string | undefined {
  if (!files.includes(inner)) return `${file} imports ${inner}, which is not there`
  const [from, to] = [wingOf(file), wingOf(inner)]
  if (from === to) return undefined
  if (!WINGS[from]?.imports.includes(to)) return `${from} may not import ${to}: ${file} → ${inner}`
  const { face } = WINGS[to] as Wing
  return face === undefined || face.includes(nameOf(inner)) ? undefined : `${inner} is private: ${file}`
}

/** A file that imports itself by way of others, types included; `undefined` where there is none. */
function findCircle(all: readonly Import[]): string | undefined {
  const inside = all.filter(({ target }) => target.startsWith('.'))
  const next = new Map(files.map((file) => [file, inside.filter((one) => one.file === file)]))
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file].join(' → ')
    if (done.has(file)) return undefined
    const circle = (next.get(file) ?? []).map((one) => visit(resolve(one), [...path, file])).find(Boolean)
    done.add(file)
    return circle
  }
  return files.map((file) => visit(file, [])).find(Boolean)
}

t.test('wings import those below them, by what these show, and never in a circle', async (t) => {
  t.strictSame(
    [...new Set(files.map(wingOf))].sort(),
    Object.keys(WINGS).sort(),
    'every wing is in the table',
  )
  for (const [name, { imports }] of Object.entries(WINGS)) {
    const below = Object.keys(WINGS).slice(0, Object.keys(WINGS).indexOf(name))
    t.strictSame(
      imports.filter((one) => !below.includes(one)),
      [],
      `${name} imports from below`,
    )
  }
  t.ok(imports.length > 300)
  t.strictSame(findFaults(imports), [])
  t.equal(findCircle(imports), undefined)
})

t.test('the table has no more than is used', async (t) => {
  const used = imports.filter(({ target }) => target.startsWith('.'))
  const arrows = new Set(used.map((one) => `${wingOf(one.file)} → ${wingOf(resolve(one))}`))
  const shown = new Set(used.filter((one) => wingOf(one.file) !== wingOf(resolve(one))).map(resolve))
  for (const [name, { imports, face = [] }] of Object.entries(WINGS)) {
    t.strictSame(
      imports.filter((one) => !arrows.has(`${name} → ${one}`)),
      [],
      `what ${name} imports`,
    )
    const path = (file: string) => (name === PLUGIN ? file : `${name}/${file}`)
    t.strictSame(
      face.filter((file) => !shown.has(path(file))),
      [],
      `what ${name} shows`,
    )
  }
})

t.test('a violation is seen', async (t) => {
  for (const [file, line] of [
    ['user-routes/route', "import { examine } from '../doctor/index.js'"],
    ['guard/guard', "import { Schedule } from '../keys/request-limits.js'"],
    ['verify/token-policy', "import type { Guard } from '../guard/guard.js'"],
    ['base/clock', "import { checkTimes } from '../jwt/times.js'"],
    ['claims/reader', "import fastifyJwt from '@fastify/jwt'"],
    ['claims/reader', "import type { FastifyInstance } from 'fastify'"],
    ['guard/guard', "import { fastify } from 'fastify'"],
    ['guard/guard', "export { x } from './unknown.js'"],
    ['claims/reader', "const sdk = await import('@aws-sdk/client-cognito-identity-provider')"],
    ['claims/reader', "import {\n  a,\n  b,\n} from 'lodash'"],
  ] as const) {
    t.equal(findFaults(readImports(file, line)).length, 1, line)
  }
  const circle = readImports('jwt/times', "import type { TokenParser } from './form.js'")
  const back = readImports('jwt/form', "import { checkTimes } from './times.js'")
  t.match(findCircle([...imports, ...circle, ...back]), /^jwt\/(?:form|times) → jwt\/(?:form|times) → jwt/)
})

/** Folders of `test/` for what crosses wings, and for what the tests share. */
const CROSSING = ['attacks', 'http', 'model', 'project', 'support', 'types']

t.test('a test lies in the folder of its wing, and so do the weakenings', async (t) => {
  const inTests = readdirSync(new URL('../', import.meta.url), { recursive: true, encoding: 'utf8' })
  // `npm run typecheck` installs compilers below `test/types/matrix/`.
  const paths = inTests
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('/node_modules/'))
  const tests = paths.filter((path) => path.endsWith('.test.ts'))
  t.strictSame(
    tests.filter((path) => ![...Object.keys(WINGS), ...CROSSING].includes(posix.dirname(path))),
    [],
  )
  for (const path of paths.filter((one) => one.endsWith('/weakenings.mjs'))) {
    const { groups } = await import(new URL(`../${path}`, import.meta.url).href)
    const wing = posix.dirname(path)
    for (const group of groups as { file: string; tests: readonly string[] }[]) {
      t.equal(wingOf(group.file), wing, `${group.file} in ${path}`)
      t.ok(
        group.tests.every((test) => tests.includes(`${test}.test.ts`)),
        `the tests of ${group.file}`,
      )
    }
  }
})

t.test('files stay small, and nothing is silenced', async (t) => {
  const loose = files.filter((file) => wingOf(file) === PLUGIN)
  t.ok(loose.length <= 6, loose.join(', '))
  for (const file of files) {
    const source = read(file)
    t.ok(source.split('\n').length <= 300, file)
    t.match(source, /^(?:#!.+\n)?\/\*\*\n \* .+[\s\S]*?@module\n/, `${file} says what it answers`)
    t.notMatch(source, /\bas any\b|: any\b|@ts-|c8 ignore|istanbul|TODO|FIXME/, file)
  }
})

/** The only file that may set timers and read the monotonic time. */
const CLOCK = 'base/clock'

/** Code without its comments, so that they may name what the code may not. */
const withoutComments = (source: string) =>
  source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s,;{(])\/\/ .*$/gm, '$1')

/** What would keep the time of its import or of the boot, or would stand still under the fake timers of a test. */
function findTimeFaults(file: string, source: string): string[] {
  const code = withoutComments(source)
  const captured = code.match(/\bDate\.now\b(?!\()|\bDate\['now'\]|=\s*Date\b(?!\.)/g) ?? []
  const taken = file === CLOCK ? [] : (code.match(OF_THE_CLOCK) ?? [])
  return [...captured, ...taken]
}

const OF_THE_CLOCK =
  /\b(?:(?:set|clear)(?:Timeout|Interval|Immediate)|performance|hrtime)\b|'(?:node:)?(?:timers|perf_hooks)(?:\/promises)?'/g

t.test('no file keeps a clock but one, and that one keeps no time of day', async (t) => {
  for (const file of files) t.strictSame(findTimeFaults(file, read(file)), [], file)
})

t.test('a clock that is kept is seen', async (t) => {
  for (const code of [
    'function createVerifier(options: Options, now = Date.now) {}',
    'const settings = { now: Date.now, ask }',
    'const { now } = Date',
    "const now = Date['now']",
    'setTimeout(() => {}, 10)',
    'globalThis.setInterval(look, 10)',
    'setImmediate(reject, error) // soon',
    'clearTimeout(timer)',
    'const start = performance.now()',
    'const start = process.hrtime.bigint()',
    "import { setTimeout as pause } from 'node:timers/promises'",
    "import { performance as stopwatch } from 'perf_hooks'",
  ]) {
    t.not(findTimeFaults('guard/guard', code).length, 0, code)
  }
  t.strictSame(findTimeFaults(CLOCK, 'const now = Date.now'), ['Date.now'], 'in the file of the clocks, too')
  for (const code of [
    'const now = () => Date.now()',
    '/** Sets no setTimeout, and passes no Date.now on. */',
    'x() // performance.now',
    'const day = new Date(text)',
    'const date = Date.parse(text)',
  ]) {
    t.strictSame(findTimeFaults('guard/guard', code), [], code)
  }
  t.strictSame(findTimeFaults(CLOCK, "import timers from 'node:timers'\nsetTimeout(action, ms)"), [])
})

/** First words by which a comment begins with something else than its subject. */
const NO_SUBJECT = /^(?:Of|Not|As|What|Where)\b/

/** The first words of every comment: of a block, and of a run of line comments. */
function readComments(source: string): string[] {
  const blocks = [...source.matchAll(/\/\*\*?[ \t]*(?:\n\s*\* ?)?([^\n]*)/g)].map(([, first = '']) => first)
  const lines = source.split('\n').map((line) => /(?:^|[\s,;{(])\/\/ (.*)$/.exec(line)?.[1])
  return [...blocks, ...lines.flatMap((line, index) => (lines[index - 1] === undefined ? (line ?? []) : []))]
}

t.test('a comment begins with its subject', async (t) => {
  const comments = files.flatMap((file) => readComments(read(file)).map((text) => `${file}: ${text}`))
  t.ok(comments.length > 1000, `${comments.length}`)
  t.strictSame(
    comments.filter((comment) => NO_SUBJECT.test(comment.replace(/^\S+: /, ''))),
    [],
  )
})

t.test('a comment that begins otherwise is seen', async (t) => {
  for (const source of [
    '/** Of a claim; characters. */',
    '  /**\n   * What a guard says.\n   * @module\n   */',
    'const a = 1 // Not the shorter one',
    'x()\n// As it came.\n// A second line',
  ]) {
    t.equal(readComments(source).filter((text) => NO_SUBJECT.test(text)).length, 1, source)
  }
  const sound = [
    '// The rest follows\n// Where it ends',
    "const url = 'https://Of.example'",
    '/** Offers a scheme. */',
  ]
  for (const source of sound) {
    t.equal(readComments(source).filter((text) => NO_SUBJECT.test(text)).length, 0, source)
  }
})
