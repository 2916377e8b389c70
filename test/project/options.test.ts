/**
 * The defaults and ranges of all options: their schemas, the resolved options, the documentation, the README and the
 * docstrings say the same, values included.
 * @module
 */
import { readdirSync } from 'node:fs'
import t from 'tap'
import { TEXT } from '../../src/base/option-schema.js'
import type { IoredisClient } from '../../src/base/redis-client.js'
import { assertGuardRequirement, requirementSchema } from '../../src/guard/requirement.js'
import { fromHeader, headerOf } from '../../src/guard/token-sources.js'
import { keysSchema } from '../../src/keys/options.js'
import { redisKeySchema, redisKeyStore } from '../../src/keys/redis-store.js'
import { pluginSchema, resolveOptions, tokenCacheSchema } from '../../src/options.js'
import { poolSchema } from '../../src/pool/pool.js'
import { createMemoryStore, memoryRevocation, memorySchema } from '../../src/revocation/memory.js'
import { revocationSchema } from '../../src/revocation/options.js'
import { redisRevocation, redisSchema } from '../../src/revocation/redis.js'
import { resourceSchema } from '../../src/routes/resource.js'
import { tenantsSchema } from '../../src/tenants/options.js'
import { resolveUserRoutes, userRouteSchema, userRoutesSchema } from '../../src/user-routes/options.js'
import { assertRequirement, requirementProperties } from '../../src/verify/token-requirement.js'
import {
  alter,
  defaultOf,
  findFaults,
  type OptionsSchema,
  type Place,
  plantIn,
  rangeOf,
  readInterface,
  readTable,
} from '../support/option-texts.js'
import { readText, section, sorted, table } from '../support/pages.js'

interface Subject {
  readonly name: string
  readonly schema: OptionsSchema
  /** File and interface of its docstrings. */
  readonly docstrings: readonly [file: string, name: string]
  /** Page, heading and first header cell of each of its tables. */
  readonly tables: readonly (readonly [page: string, heading: string, header: string])[]
}

const requirements: OptionsSchema = { properties: requirementProperties }

const SUBJECTS: readonly Subject[] = [
  {
    name: 'plugin',
    schema: pluginSchema,
    docstrings: ['src/options.ts', 'PluginOptions'],
    tables: [
      ['docs/options.md', '## Plugin', 'option'],
      ['README.md', '## Options', 'option'],
    ],
  },
  {
    name: 'pool',
    schema: poolSchema,
    docstrings: ['src/pool/pool.ts', 'PoolOptions'],
    tables: [
      ['docs/options.md', '## Pool', 'option'],
      ['README.md', 'Each pool:', 'option'],
    ],
  },
  {
    name: 'tokenCache',
    schema: tokenCacheSchema,
    docstrings: ['src/options.ts', 'TokenCacheOptions'],
    tables: [['docs/options.md', '## Token cache', 'option']],
  },
  {
    name: 'keys',
    schema: keysSchema,
    docstrings: ['src/keys/options.ts', 'KeysOptions'],
    tables: [['docs/options.md', '## Keys', 'option']],
  },
  {
    name: 'tenants',
    schema: tenantsSchema,
    docstrings: ['src/tenants/options.ts', 'TenantsOptions'],
    tables: [['docs/options.md', '## Tenants', 'option']],
  },
  {
    name: 'resource',
    schema: resourceSchema,
    docstrings: ['src/routes/resource.ts', 'ResourceOptions'],
    tables: [['docs/options.md', '## Resource', 'option']],
  },
  {
    name: 'revocation',
    schema: revocationSchema,
    docstrings: ['src/revocation/options.ts', 'RevocationOptions'],
    tables: [['docs/revocation.md', '## The option', 'option']],
  },
  {
    name: 'memoryRevocation',
    schema: memorySchema,
    docstrings: ['src/revocation/memory.ts', 'MemoryRevocationOptions'],
    tables: [['docs/revocation.md', '## In memory', 'option']],
  },
  {
    name: 'redisRevocation',
    schema: redisSchema,
    docstrings: ['src/revocation/redis.ts', 'RedisRevocationOptions'],
    tables: [['docs/revocation.md', '## In Redis', 'option']],
  },
  {
    name: 'redisKeyStore',
    schema: redisKeySchema,
    docstrings: ['src/keys/redis-store.ts', 'RedisKeyStoreOptions'],
    tables: [['docs/keys.md', '## Keys without the network', 'option']],
  },
  {
    name: 'userRoutes',
    schema: userRoutesSchema,
    docstrings: ['src/user-routes/options.ts', 'UserRoutesOptions'],
    tables: [['docs/user-routes.md', '## Options', 'option']],
  },
  {
    name: 'userRoute',
    schema: userRouteSchema,
    docstrings: ['src/user-routes/options.ts', 'UserRouteOptions'],
    tables: [],
  },
  {
    name: 'requirement',
    schema: requirements,
    docstrings: ['src/verify/token-requirement.ts', 'TokenRequirement'],
    tables: [],
  },
  {
    name: 'guard',
    schema: requirementSchema,
    docstrings: ['src/guard/requirement.ts', 'Requirement'],
    tables: [
      ['docs/guards.md', '## Requirements', 'requirement'],
      ['README.md', '## Guards', 'requirement'],
    ],
  },
]

const { max, ttl } = tokenCacheSchema.properties
const CACHE = `\`{ max: ${max.default.toLocaleString('en-US').replaceAll(',', '_')}, ttl: ${ttl.default} }\``

/** The texts for defaults that follow from other options, or from the schema of an inner object. */
const DERIVED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  plugin: {
    pools: ['required without `tenants`', 'none'],
    defaultPool: ['the first of `pools`; none with `tenants`', 'the first of `pools`'],
    tokenFrom: ['`fromHeader()`'],
    tokenCache: [CACHE],
    keys: [
      'see [options](docs/options.md#keys)',
      '[see there](#keys)',
      'the defaults of {@link KeysOptions}',
    ],
  },
  pool: {
    region: ['the prefix of `userPoolId`'],
    jwksUrl: ['`AWS_COGNITO_KEYS_URL`, else issuer + `/.well-known/jwks.json`', 'derived'],
    issuer: ['both issuers of the pool'],
    acr: ['`urn:cognito:loa:1` to `urn:cognito:loa:4`'],
    claims: ['the standard claims alone'],
  },
  tenants: {
    claim: ['none: each tenant needs a user pool of its own'],
    acr: ['`urn:cognito:loa:1` to `urn:cognito:loa:4`'],
    claims: ['the standard claims alone'],
  },
  userRoutes: {
    pool: ['the only one'],
    clientId: ["the pool's only one"],
    client: ['one without retries'],
    endpoint: ["Cognito in the pool's region"],
    attributes: ['the standard attributes that users write themselves', '[the standard ones](#attributes)'],
    routes: ['every route under its own path'],
  },
  userRoute: { path: ["the route's own path, such as `/signup`"] },
  requirement: {
    tokenUse: ['the option `tokenUse` of the pool', "the pool's"],
    claims: ['the option `claims` of the pool', "the pool's"],
  },
  guard: { loadUser: ['the option `loadUser` of the plugin', "the plugin's"] },
}

/** One text that states options, and how it is read. */
interface Source {
  readonly title: string
  readonly subject: Subject
  readonly file: string
  readonly read: (content: string) => Place
}

/** The text of a table: below a heading, or below a line of such a section. */
const partOf = (page: string, heading: string) =>
  heading.startsWith('#') ? section(page, heading) : (page.split(`\n${heading}\n`)[1] ?? '')

const SOURCES: readonly Source[] = SUBJECTS.flatMap((subject) => {
  const derived = DERIVED[subject.name] ?? {}
  const [file, name] = subject.docstrings
  const own = Object.keys(subject.schema.properties)
  // An interface does not state what it inherits.
  const inherited = name === 'Requirement' ? Object.keys(requirementProperties) : []
  return [
    {
      title: `${name} in ${file}`,
      subject,
      file,
      read: (content) => ({
        statements: readInterface(content, name),
        options: own.filter((option) => !inherited.includes(option)),
        derived,
      }),
    },
    ...subject.tables.map(([page, heading, header]) => ({
      title: `${page}, ${heading}`,
      subject,
      file: page,
      read: (content: string) => ({
        statements: readTable(partOf(content, heading), header),
        options: own,
        derived,
        isShort: page === 'README.md',
      }),
    })),
  ] satisfies Source[]
})

t.test('tables and docstrings state every option with its default and its range, and no other', async (t) => {
  for (const { title, subject, file, read } of SOURCES) {
    const place = read(readText(file))
    t.ok(place.statements.length > 0, title)
    t.strictSame(findFaults(subject.schema, place), [], title)
  }
})

t.test('each default, range and unit that is changed in a text is reported', async (t) => {
  let planted = 0
  for (const { title, subject, file, read } of SOURCES) {
    const content = readText(file)
    for (const statement of read(content).statements) {
      for (const text of plantIn(statement)) {
        planted += 1
        const changed = content.replace(statement.text, () => text)
        t.not(changed, content, `${title}, ${statement.option}: something is planted`)
        t.ok(findFaults(subject.schema, read(changed)).length > 0, `${title}, ${statement.option}: ${text}`)
      }
    }
  }
  t.ok(planted > 200, `${planted} plantings`)
})

t.test('an option that a text lacks or invents is reported', async (t) => {
  for (const { title, subject, file, read } of SOURCES) {
    const place = read(readText(file))
    const [first, ...rest] = place.statements
    t.match(
      findFaults(subject.schema, { ...place, statements: rest }),
      [`${first?.option}: not there`],
      title,
    )
    const stranger = { option: 'stranger', fallback: undefined, ranges: [], text: '' }
    t.match(
      findFaults(subject.schema, { ...place, statements: [...place.statements, stranger] }),
      ['stranger: unknown'],
      title,
    )
  }
})

/** Every option with its schema. */
const OPTIONS = SUBJECTS.flatMap((subject) =>
  Object.entries(subject.schema.properties).map(([option, property]) => ({ subject, option, property })),
)

t.test('every default and every range of a schema is stated in a docstring and in a table', async (t) => {
  const stated = OPTIONS.map(({ subject, option, property }) => ({
    what: `${subject.name}.${option}`,
    value: defaultOf(subject.schema, option),
    range: rangeOf(property),
    isInTables: subject.tables.length > 0,
    statements: SOURCES.filter((one) => one.subject === subject).flatMap(({ file, read }) =>
      read(readText(file)).statements.filter((one) => one.option === option),
    ),
  }))
  const withDefault = stated.filter(({ value = 'required' }) => value !== 'required')
  t.ok(withDefault.length >= 20, `${withDefault.length} defaults`)
  for (const { what, value, statements } of withDefault)
    t.ok(statements.filter(({ fallback }) => fallback === value).length >= 2, `${what}: ${value}`)
  const withRange = stated.filter(({ range }) => range !== undefined)
  t.ok(withRange.length >= 20, `${withRange.length} ranges`)
  for (const { what, range = '', statements, isInTables } of withRange) {
    const count = statements.filter(({ ranges }) => ranges.includes(range)).length
    // The docstring of an inherited member is that of the interface below.
    const isInherited = what.startsWith('guard.')
    t.ok(count >= (isInTables && !isInherited ? 2 : 1), `${what}: ${range}`)
  }
})

t.test('the pages explain every option, and no other', async (t) => {
  for (const { name, schema, tables } of SUBJECTS) {
    const [[page, heading] = ['', '']] = tables
    if (!page.endsWith('options.md') && name !== 'revocation') continue
    const explained = Array.from(
      section(readText(page), heading).matchAll(/^- \*\*`(\w+)`\*\*/gm),
      ([, option = '']) => option,
    )
    t.strictSame(sorted(explained), sorted(Object.keys(schema.properties)), `${heading}, explained`)
  }
})

t.test('every @defaultValue of src is compared, or is none of an option', async (t) => {
  const others: Readonly<Record<string, number>> = {
    // The options of the local issuer, which are no schema.
    'testing/index.ts': 3,
    // The options of the module for NestJS, whose defaults are none.
    'nest/module-options.ts': 3,
    // Compared below.
    'guard/token-sources.ts': 2,
    // Members of errors, and of a remedy.
    'base/errors.ts': 1,
    'user-routes/errors.ts': 2,
    'doctor/draft.ts': 1,
    // Conditions inside of a requirement.
    'verify/required-names.ts': 3,
    // A time that depends on the clock.
    'revocation/mark.ts': 1,
  }
  const src = readdirSync(new URL('../../src/', import.meta.url), { recursive: true, encoding: 'utf8' })
  const files = src.map((path) => path.replaceAll('\\', '/')).filter((path) => path.endsWith('.ts'))
  let total = 0
  for (const file of files) {
    const count = readText(`src/${file}`).match(/@defaultValue/g)?.length ?? 0
    const compared = SOURCES.filter((one) => one.file === `src/${file}`).flatMap(({ read }) =>
      read(readText(`src/${file}`)).statements.filter(({ fallback }) => fallback !== ''),
    )
    total += compared.length
    t.equal(count, compared.length + (others[file] ?? 0), file)
  }
  t.ok(total > 50, `${total} defaults in docstrings`)
})

t.test('the defaults of fromHeader stand in its docstrings and in docs/token-sources.md', async (t) => {
  const { field, scheme } = headerOf(fromHeader()) ?? {}
  const [name, kind] = readInterface(readText('src/guard/token-sources.ts'), 'HeaderOptions')
  t.strictSame([name?.fallback, kind?.fallback], [`\`'${field}'\``, `\`'${scheme}'\``])
  const [row = []] = table(readText('docs/token-sources.md'), 'source')
  t.match(row[1], new RegExp(`\`${field}\` and \`${scheme}\` by default`, 'i'))
})

const eu = { userPoolId: 'eu-west-1_PwMfVzLQg', appClientId: '3n4b5urk1ft4fl3mg5e62d9ado' }
const pools = { eu: { name: 'eu', ...eu, region: 'eu-west-1', appClientId: [eu.appClientId] } } as never
const resolve = (options: object = {}) => resolveOptions({ pools: { eu }, ...options }, {})
const store = memoryRevocation()
/** A pool whose every app client is accepted. */
const PERMISSIVE = { eu: { name: 'eu', region: 'eu-west-1', appClientId: null } } as never

function isAccepted(use: () => unknown): boolean {
  try {
    use()
    return true
  } catch {
    return false
  }
}

/** A client that keeps the keys of the commands that it gets. */
function createClient() {
  const keys: string[] = []
  const client: IoredisClient = {
    duplicate: () => client,
    connect: async () => undefined,
    disconnect: () => undefined,
    on: () => undefined,
    call: async (_command, [key = '']) => {
      keys.push(key)
      return _command === 'MGET' ? [null] : ''
    },
  }
  return { client, keys }
}

/** A token that no mark concerns. */
const TOKEN = {
  keys: ['key'],
  userPoolId: '',
  jti: undefined,
  originJti: undefined,
  subject: 'ada',
  clientId: 'abc',
  issuedAt: 0,
  expiresAt: 1,
}

const prefixOf = ([key = '']: readonly string[]) => /^\{(.+?)\}/.exec(key)?.[1]

/** What options are, where an application gives none of those that have a default. */
async function observeDefaults(): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
  const { clockTolerance, realm, maxTokenLength, routes, tokenCache, keys, ...rest } = resolve()
  const { timeout, onError } = resolve({ revocation: { store } }).revocation ?? {}
  const { tenants } = resolveOptions({ tenants: { load: () => [] } }, {})
  const { prefetch, refreshAfter, staleIfError, lookupBurst, lookupInterval } = keys
  const memory = createMemoryStore({}, () => 0)
  let marks = 0
  const add = () =>
    memory.revoke({ key: `${marks}`, userPoolId: '', by: 'jti', value: '', notBefore: null, expiresAt: 1e9 })
  while (isAccepted(add)) marks += 1
  const [asked, kept] = [createClient(), createClient()]
  const redis = redisRevocation({ client: asked.client })
  await redis.isRevoked(TOKEN)
  await redisKeyStore({ client: kept.client, secret: 'x'.repeat(32) }).load('https://example.com/jwks')
  const url = 'http://example.com/jwks'
  return {
    plugin: { clockTolerance, realm, maxTokenLength, routes },
    pool: {
      tokenUse: [...(rest.pools.get('eu')?.tokenUses ?? [])].join(),
      insecureHttp: isAccepted(() => resolve({ pools: { eu: { ...eu, jwksUrl: url } } })),
    },
    tokenCache: { ...tokenCache },
    keys: { refreshAfter, staleIfError, timeout: keys.timeout, lookupBurst, lookupInterval, prefetch },
    tenants: {
      tokenUse: [...(tenants?.tokenUses ?? [])].join(),
      refreshAfter: tenants?.refreshAfter,
      unknownInterval: tenants?.unknownInterval,
      staleIfError: tenants?.staleIfError,
      timeout: tenants?.timeout,
      keysRefreshAfter: tenants?.keysRefreshAfter,
    },
    revocation: { timeout, onError },
    memoryRevocation: { max: marks },
    redisRevocation: { prefix: prefixOf(asked.keys), replica: 'recall' in redis },
    redisKeyStore: { prefix: prefixOf(kept.keys) },
    userRoutes: { insecureHttp: isAccepted(() => resolveUserRoutes({ endpoint: url }, pools, {})) },
  }
}

t.test('an option that is left out, or undefined, has the default of its schema', async (t) => {
  const defaults = SUBJECTS.map(({ name, schema }) => {
    const values = Object.entries(schema.properties).map(
      ([option, { default: value }]) => [option, value] as const,
    )
    return [
      name,
      Object.fromEntries(values.filter(([, value]) => !['undefined', 'object'].includes(typeof value))),
    ] as const
  })
  const expected = Object.fromEntries(defaults.filter(([, values]) => Object.keys(values).length > 0))
  t.strictSame(await observeDefaults(), expected)
  const narrowing = ['pools', 'tenants', 'loadUser', 'resource', 'revocation', 'routes']
  const names = Object.keys(pluginSchema.properties).filter((name) => !narrowing.includes(name))
  const given = resolve(Object.fromEntries(names.map((name) => [name, undefined])))
  t.strictSame(JSON.stringify(given), JSON.stringify(resolve()))
  t.strictSame(resolve({ keys: { timeout: undefined } }).keys, resolve().keys)
  t.strictSame(resolve({ tokenCache: { ttl: undefined } }).tokenCache, resolve().tokenCache)
})

/** How a value of an option is given to the code that checks it. */
const GIVE: Readonly<Record<string, (option: string, value: unknown) => unknown>> = {
  plugin: (option, value) => resolve({ [option]: value }),
  pool: (option, value) => resolve({ pools: { eu: { ...eu, [option]: value } } }),
  tokenCache: (option, value) => resolve({ tokenCache: { [option]: value } }),
  keys: (option, value) => resolve({ keys: { [option]: value } }),
  tenants: (option, value) => resolve({ tenants: { load: () => [], [option]: value } }),
  resource: (option, value) => resolve({ resource: { url: 'https://api.example.com', [option]: value } }),
  revocation: (option, value) => resolve({ revocation: { store, [option]: value } }),
  memoryRevocation: (option, value) => memoryRevocation({ [option]: value }),
  redisKeyStore: (option, value) =>
    redisKeyStore({ client: createClient().client, secret: 'x'.repeat(32), [option]: value }),
  userRoutes: (option, value) => resolveUserRoutes({ [option]: value }, PERMISSIVE, {}),
  requirement: (option, value) => assertRequirement({ [option]: value }, ''),
  guard: (option, value) => assertGuardRequirement({ [option]: value }, ''),
}

t.test('the ends of each range are accepted, and what lies beyond is refused', async (t) => {
  const ranged = OPTIONS.filter(({ property }) => rangeOf(property)?.includes('–'))
  t.ok(ranged.length >= 16, `${ranged.length} ranges`)
  for (const { subject, option, property } of ranged) {
    const range = rangeOf(property) ?? ''
    const [low = 0, high = 0] = range.split('–').map((end) => Number(end.replaceAll(',', '')))
    const isNumber = property['minimum'] !== undefined
    const step = !isNumber || property['type'] === 'integer' ? 1 : 0.0005
    // A list of a fixed length has the range of its items.
    const items = property['minItems'] === property['maxItems'] ? property['minItems'] : undefined
    const givenFor = (value: number) => {
      if (items !== undefined) return Array.from({ length: items }, (_, index) => `${index}`.repeat(value))
      return isNumber ? value : 'x'.repeat(value)
    }
    const accepts = (value: number) => isAccepted(() => GIVE[subject.name]?.(option, givenFor(value)))
    t.ok(accepts(low) && accepts(high), `${subject.name}.${option}: ${range}`)
    t.notOk(accepts(low - step) || accepts(high + step), `${subject.name}.${option}: beyond ${range}`)
  }
})

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const number = (value: number) => value.toLocaleString('en-US')
const inMinutes = (value: number) => `${value / 60} minutes`
const { refreshAfter, staleIfError, timeout, lookupBurst, lookupInterval } = keysSchema.properties
const { clockTolerance, maxTokenLength } = pluginSchema.properties
const LONG = new Map([
  [86_400, 'a day'],
  [604_800, 'a week'],
])

/** Sentences that repeat a default or the end of a range. */
const MENTIONS: readonly (readonly [file: string, sentence: string])[] = [
  ['README.md', `at boot and every ${NUMBERS[refreshAfter.default / 60]} minutes`],
  ['README.md', `In an outage a set stays valid for ${LONG.get(staleIfError.default)}`],
  ['docs/options.md', `Text has ${TEXT.minLength} to ${number(TEXT.maxLength)} characters`],
  ['docs/options.md', `to more than ${number(maxTokenLength.default)} bytes of headers together`],
  ['docs/options.md', `maxHeaderSize: ${number(maxTokenLength.maximum ?? 0).replace(',', '_')} } })`],
  ['docs/options.md', `\`maxTokenLength: ${number(maxTokenLength.maximum ?? 0).replace(',', '_')}\``],
  ['src/options.ts', `more than ${number(maxTokenLength.default)} bytes of headers`],
  ['docs/keys.md', `after ${inMinutes(refreshAfter.default)}, give or take a tenth (\`refreshAfter\`)`],
  ['docs/keys.md', `${timeout.default} seconds (\`timeout\`), headers and body together`],
  ['docs/keys.md', `\`keys.timeout\`, up to ${timeout.maximum} seconds`],
  ['docs/keys.md', `may cause ${lookupBurst.default} fetches at once (\`lookupBurst\`)`],
  ['docs/keys.md', `one more every ${lookupInterval.default} seconds (\`lookupInterval\`)`],
  ['docs/keys.md', `The keys of the set stay valid for ${LONG.get(staleIfError.default)}`],
  ['docs/keys.md', `| while the endpoint fails | ${LONG.get(staleIfError.default)} |`],
  ['docs/keys.md', `A set in Redis expires after ${LONG.get(staleIfError.maximum ?? 0)}`],
  ['docs/observability.md', `Keys that are held serve for ${LONG.get(staleIfError.default)}`],
  ['docs/revocation.md', `up to ${NUMBERS[(clockTolerance.maximum ?? 0) / 60]} minutes in the future`],
  ['docs/security.md', `At most ${number(maxTokenLength.default)} characters (\`maxTokenLength\`)`],
  ['docs/security.md', `Held keys stay valid for ${LONG.get(staleIfError.default)}`],
]

const onOneLine = (file: string) => readText(file).replaceAll(/\n *(?:\* )? */g, ' ')

/** The mentions that their files lack. */
const findLost = (read: (file: string) => string) =>
  MENTIONS.filter(([file, sentence]) => {
    const [, ...rest] = read(file).split(sentence)
    return rest.every((text) => /^\w/.test(text))
  })

t.test('sentences that repeat a default or the end of a range have its value', async (t) => {
  t.strictSame(findLost(onOneLine), [])
  for (const mention of MENTIONS) {
    const [file, sentence] = mention
    for (const other of alter(sentence)) {
      const lost = findLost((one) =>
        one === file ? onOneLine(one).replaceAll(sentence, () => other) : onOneLine(one),
      )
      t.ok(lost.includes(mention), other)
    }
  }
})
