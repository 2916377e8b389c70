/**
 * The order of the rooms: imports go one way, down, and each third-party package has one door.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import t from 'tap'

const src = new URL('../src/', import.meta.url)

/** The rooms from the ground up; a room may import those of lower floors only. */
const FLOORS: readonly (readonly string[])[] = [
  ['printable', 'nearest-name', 'repeated-name', 'user-pool-id'],
  ['unknown-name', 'value-kind'],
  [
    'clock',
    'errors',
    'private-url',
    'frozen-set',
    'members',
    'promises',
    'doorkeeper',
    'not-found',
    'schema',
    'doctor-check',
    'foreign-schema',
    'keys/cause',
    'keys/file',
    'keys/roca',
    'revocation/store',
    'user-routes/client',
    'user-routes/errors',
    'user-routes/secret-hash',
  ],
  [
    'times',
    'token-cache',
    'redis-client',
    'schema-types',
    'keys/deadline',
    'keys/jwk',
    'revocation/mark-table',
    'revocation/options',
    'revocation/breaker',
    'user-routes/exceptions',
    'user-routes/fields',
  ],
  [
    'keys/document',
    'keys/key-set',
    'keys/second-reader',
    'revocation/mark',
    'revocation/memory',
    'revocation/redis-marks',
  ],
  [
    'keys/fetch',
    'revocation/redis-stream',
    'coercion',
    'standard-claims',
    'jwt',
    'signature',
    'token-source',
    'user-routes/sdk',
    'user-routes/body',
  ],
  ['claim-fields'],
  ['claim-checks'],
  [
    'claims',
    'token-finder',
    'doctor-key-set',
    'keys/schedule',
    'keys/store',
    'revocation/redis-replica',
    'user-routes/form',
  ],
  [
    'pool',
    'authorization',
    'keys/endpoint',
    'keys/file-store',
    'keys/options',
    'keys/redis-store',
    'revocation/redis',
    'user-routes/attributes',
  ],
  [
    'keys/index',
    'keys/key-ring',
    'keys/sources',
    'revocation/index',
    'pools-apart',
    'client-id',
    'cognito-token',
    'plan',
    'testing',
    'doctor-draft',
    'guard-mark',
  ],
  [
    'auth-branches',
    'openapi-schemes',
    'authentication',
    'doctor-form',
    'doctor-claims',
    'keys/pool-keys',
    'route-guards',
  ],
  ['guard-placement', 'keys/log', 'register', 'diagnostics', 'close-on-expiry', 'resource'],
  ['options', 'requirement', 'load-user', 'revocation/gate'],
  ['revocation/connection', 'environment', 'fastapi-settings', 'doctor-pool', 'openapi', 'route-audit'],
  ['token-verifier'],
  ['authenticator', 'route-types', 'settings-file'],
  ['plan-chooser', 'settings', 'doctor-token'],
  ['guard', 'prefetch', 'doctor'],
  ['cognito', 'doctor-report'],
  ['index', 'command', 'user-routes/options'],
  ['cli', 'user-routes/route'],
  ['user-routes/sign-up', 'user-routes/sign-in', 'user-routes/sign-out', 'user-routes/me'],
  ['user-routes/password'],
  ['user-routes/index'],
]

/** Package → the only room that may import its values. */
const DOORS: Readonly<Record<string, string>> = {
  '@fastify/jwt': 'signature',
  'get-jwks': 'keys/second-reader',
  '@sinclair/typebox': 'schema',
  '@sinclair/typebox/compiler': 'schema',
  '@sinclair/typebox/errors': 'schema',
  'fastify-plugin': 'index',
  '@aws-sdk/client-cognito-identity-provider': 'user-routes/sdk',
}

/** Rooms that know the framework, by its types. */
const KNOW_FASTIFY = new Set([
  'index',
  'guard',
  'auth-branches',
  'guard-placement',
  'cognito',
  'load-user',
  'not-found',
  'plan-chooser',
  'prefetch',
  'register',
  'requirement',
  'resource',
  'revocation/connection',
  'route-audit',
  'route-guards',
  'route-types',
  'token-finder',
  'token-source',
  'user-routes/body',
  'user-routes/form',
  'user-routes/index',
  'user-routes/me',
  'user-routes/options',
  'user-routes/password',
  'user-routes/route',
  'user-routes/sign-in',
  'user-routes/sign-out',
  'user-routes/sign-up',
])

const rooms = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, '').replaceAll('\\', '/'))
const floorOf = (room: string) => FLOORS.findIndex((floor) => floor.includes(room))

interface Import {
  readonly room: string
  readonly target: string
  readonly isType: boolean
}

function readImports(room: string, source: string): Import[] {
  const statements = source.matchAll(/^(?:import|export)\s(type\s)?[^'"]*?from\s'([^']+)'/gm)
  const calls = source.matchAll(/\bimport()\('([^']+)'\)/g)
  return [...statements, ...calls].map(([, type, target = '']) => ({ room, target, isType: Boolean(type) }))
}

const imports = rooms.flatMap((room) => readImports(room, readFileSync(new URL(`${room}.ts`, src), 'utf8')))

function findFaults(all: readonly Import[]): string[] {
  return all.map(findFault).filter((fault) => fault !== undefined)
}

function findFault({ room, target, isType }: Import): string | undefined {
  if (/^\.\.?\//.test(target)) {
    const inner = posix.join(posix.dirname(room), target).replace(/\.js$/, '')
    return isBelow(inner, room) ? undefined : `${room} may not import ${inner}`
  }
  if (target.startsWith('node:') || DOORS[target] === room) return undefined
  return target === 'fastify' && isType && KNOW_FASTIFY.has(room)
    ? undefined
    : `${room} may not import ${target}`
}

const isBelow = (lower: string, room: string) => floorOf(lower) >= 0 && floorOf(lower) < floorOf(room)

t.test('imports go down, and each package has one door', async (t) => {
  t.strictSame(
    rooms.filter((room) => floorOf(room) < 0),
    [],
    'every room has a floor',
  )
  t.strictSame(
    FLOORS.flat().filter((room) => !rooms.includes(room)),
    [],
    'and every floor its rooms',
  )
  t.ok(imports.length > 50)
  t.strictSame(findFaults(imports), [])
})

t.test('a violation is seen', async (t) => {
  const seeded = [
    "import { KeyRing } from './keys/key-ring.js'",
    "import type { Guard } from './guard.js'",
    "import fastifyJwt from '@fastify/jwt'",
    "import type { FastifyInstance } from 'fastify'",
    "export { x } from './unknown.js'",
    "const sdk = await import('@aws-sdk/client-cognito-identity-provider')",
    "import {\n  a,\n  b,\n} from 'lodash'",
  ]
  for (const line of seeded) t.equal(findFaults(readImports('claims', line)).length, 1, line)
})

t.test('rooms stay small, and nothing is silenced', async (t) => {
  for (const room of rooms) {
    const source = readFileSync(new URL(`${room}.ts`, src), 'utf8')
    t.ok(source.split('\n').length <= 300, room)
    t.match(source, /^(?:#!.+\n)?\/\*\*\n \* .+[\s\S]*?@module\n/, `${room} says what it answers`)
    t.notMatch(source, /\bas any\b|: any\b|@ts-|c8 ignore|istanbul|TODO|FIXME/, room)
  }
})
