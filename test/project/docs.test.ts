/**
 * The documentation and the code say the same: what is there is documented, and what is documented is there. Options have
 * a test of their own, `options.test.ts`.
 * @module
 */
import t from 'tap'
import { CognitoError } from '../../src/base/errors.js'
import { REASONS, reasonCodes } from '../../src/base/reasons.js'
import { cognitoErrorCodes } from '../../src/base/refusal-codes.js'
import { WRITABLE } from '../../src/claims/standard-claims.js'
import { OTHER_REMEDY } from '../../src/doctor/claim-remedies.js'
import { POOL_ADVICE } from '../../src/doctor/pool.js'
import { TOKEN_REMEDIES } from '../../src/doctor/token.js'
import { describeTenants } from '../../src/tenants/application.js'
import { FAULTS } from '../../src/tenants/row.js'
import { TestIssuer } from '../../src/testing/index.js'
import { RULES } from '../../src/user-routes/exceptions.js'
import { UserRouteError, userRouteErrorCodes, userRouteReasonCodes } from '../../src/user-routes/index.js'
import { PATHS } from '../../src/user-routes/options.js'
import { EXCEPTION_REASONS, OWN_REASONS } from '../../src/user-routes/reasons.js'
import { CHALLENGES } from '../../src/user-routes/sign-in.js'
import { namesIn as names, readText as read, section, sorted, table } from '../support/pages.js'

t.test('the reading of tables finds what is there, and misses what is not', async (t) => {
  const page =
    '# A\n\n## B\n\n| option | x |\n| --- | --- |\n| `one`, `two` | a \\| b |\n\n## C\n| option |\n| --- |\n| `three` |\n'
  t.strictSame(names(table(section(page, '## B'), 'option')), ['one', 'two'])
  t.strictSame(names(table(section(page, '## C'), 'option')), ['three'])
  t.strictSame(names(table(section(page, '## D'), 'option')), [])
})

t.test('docs/errors.md has every code with its status and its challenge, and no other', async (t) => {
  const page = read('docs/errors.md')
  const rows = table(page, 'code')
  t.strictSame(names(rows), sorted(cognitoErrorCodes))
  for (const [code = '', status = '', challenge = ''] of rows) {
    const error = new CognitoError(code.replaceAll('`', '').trim() as 'COGNITO_ERR_INTERNAL', { reason: '' })
    t.equal(Number(status), error.statusCode, `${code} status`)
    const documented = /error="(\w+)"/.exec(challenge)?.[1]
    t.equal(documented, error.challenge?.error, `${code} challenge`)
    t.equal(/no challenge/.test(challenge), error.challenge === undefined, `${code} has a challenge`)
  }
  const headings = Array.from(page.matchAll(/^## (COGNITO_ERR_\w+)$/gm), ([, code = '']) => code)
  t.strictSame(headings, cognitoErrorCodes, 'a section for each, in order')
  const situations = table(section(page, '## Situations and answers'), 'situation')
  const answered = new Set(situations.flatMap((row) => names([row.slice(2)])))
  const refusals = cognitoErrorCodes.filter((code) => code !== 'COGNITO_ERR_INTERNAL')
  t.strictSame(
    sorted([...answered]),
    sorted(refusals.map((code) => code.replace('COGNITO_ERR_', ''))),
    'a situation for each, the defects of an application aside',
  )
})

/** The text of a cell, without backquotes and backslashes. */
const plain = (cell = '') => cell.replaceAll('`', '').replaceAll('\\', '').trim()

/** The words of each reason in a table, by their code. Every other cell has to have a text. */
function documentedReasons(rows: readonly string[][]): Record<string, string> {
  for (const row of rows) {
    const empty = row.filter((cell) => cell.trim() === '')
    if (row.length < 4 || empty.length > 0) throw new Error(`a row with an empty cell: ${row.join('|')}`)
  }
  return Object.fromEntries(rows.map(([reasonCode, text]) => [plain(reasonCode), plain(text)]))
}

t.test('docs/errors.md has every reason under its code, with its words, and no other', async (t) => {
  const page = read('docs/errors.md')
  const all = Object.entries(REASONS)
  for (const code of cognitoErrorCodes) {
    const own = all.filter(([, reason]) => reason.code === code)
    const documented = documentedReasons(table(section(page, `## ${code}`), '`reasonCode` | `reason`'))
    t.strictSame(
      documented,
      Object.fromEntries(own.map(([reasonCode, { text }]) => [reasonCode, text])),
      code,
    )
    t.not(own.length, 0, code)
  }
})

t.test('a code of a reason that any page names is one of the plugin', async (t) => {
  const known: readonly string[] = [...reasonCodes, ...userRouteReasonCodes]
  const inReadme = names(table(section(read('README.md'), '## Troubleshooting'), '`reasonCode`'))
  t.ok(inReadme.length >= 7)
  const operator = section(read('docs/errors.md'), '## For the operator')
  const alerts = names(table(operator, '`reasonCode` | an alert on it means'))
  t.ok(alerts.length >= 5)
  const [, quoted = ''] = /"reasonCode": "(\w+)"/.exec(read('README.md')) ?? []
  for (const code of [...inReadme, ...alerts, quoted]) {
    t.ok(known.includes(code), code)
  }
})

t.test('docs/keys.md has every outcome of a fetch, and every code that the plugin makes', async (t) => {
  const page = read('docs/keys.md')
  const [, union = ''] = /export type EndpointFailure = (.+)/.exec(read('src/keys/document.ts')) ?? []
  const failures = Array.from(union.matchAll(/'([^']+)'/g), ([, name = '']) => name)
  t.ok(failures.length >= 5)
  const documented = table(page, '`outcome`').map(([cell = '']) => cell.replaceAll('`', '').trim())
  t.strictSame(sorted(documented), sorted(['ok', 'interrupted', ...failures]))
  const rooms = ['document', 'fetch', 'endpoint', 'file', 'file-store', 'redis-store', 'store']
  const source = rooms.map((room) => read(`src/keys/${room}.ts`)).join('\n')
  const codes = new Set(
    Array.from(
      source.matchAll(/'([A-Z]+(?:_[A-Z]+)+|REDIRECT|MALFORMED|TIMEOUT)'/g),
      ([, code = '']) => code,
    ),
  )
  t.ok(codes.size >= 15, `${codes.size} codes`)
  for (const code of codes) t.ok(page.includes(`\`${code}\``), code)
})

t.test('docs/doctor.md has every check of the doctor with its advice, and no other', async (t) => {
  const page = read('docs/doctor.md')
  const rows = (heading: string) => table(section(page, heading), 'check')
  const cells = (heading: string) =>
    sorted(
      rows(heading).map(
        ([check = '', , advice = '']) => `${check.replaceAll('`', '').trim()}: ${advice.trim()}`,
      ),
    )
  const remedies = Object.fromEntries(
    Object.entries(TOKEN_REMEDIES).map(([reasonCode, { check, advice }]) => [
      reasonCode,
      `${check}: ${advice}`,
    ]),
  )
  const others = 'everything else, and the answer of the plugin'
  const documented = rows('## Token').flatMap(([check, reasons = '', advice]) => {
    const codes = reasons.trim() === others ? [others] : names([[reasons]])
    return codes.map((code) => [code, `${plain(check)}: ${plain(advice)}`] as const)
  })
  const { check, advice } = OTHER_REMEDY
  t.strictSame(Object.fromEntries(documented), { ...remedies, [others]: `${check}: ${advice}` })
  t.equal(documented.length, Object.keys(remedies).length + 1, 'each once')
  t.strictSame(
    sorted(cells('## Pools').map((cell) => cell.replace(/^\w+: /, ''))),
    sorted(Object.values(POOL_ADVICE)),
  )
})

t.test('docs/performance.md says what the benchmark has measured', async (t) => {
  const { ratios } = JSON.parse(read('bench/results.json')) as { ratios: Record<string, number> }
  const rows = table(read('docs/performance.md'), 'workload')
  t.strictSame(
    rows.map(([, name = '', , measured = '']) => [name.replaceAll('`', '').trim(), measured.trim()]),
    Object.entries(ratios).map(([name, value]) => [name, String(Math.round(value * 100) / 100)]),
  )
})

/** The names that a module exports, read from its text: types leave no trace at run time. */
function exportsOf(path: string): string[] {
  const source = read(path)
  const lists = Array.from(source.matchAll(/^export (?:type )?\{([^}]*)\}/gm), ([, list = '']) =>
    list.split(','),
  )
  const listed = lists.flat().map((name) => name.replace(/^\s*(?:type )?(?:\w+ as )?/, '').trim())
  const declared = source.matchAll(/^export (?:async )?(?:class|const|function|interface|type) (\w+)/gm)
  return [...listed.filter(Boolean), ...Array.from(declared, ([, name = '']) => name)]
}

t.test('docs/api.md has every export of every entry, and no other', async (t) => {
  const page = read('docs/api.md')
  for (const [heading, path] of [
    ['## fastify-cognito', 'src/index.ts'],
    ['## fastify-cognito/keys', 'src/keys/index.ts'],
    ['## fastify-cognito/nest', 'src/nest/index.ts'],
    ['## fastify-cognito/revocation', 'src/revocation/index.ts'],
    ['## fastify-cognito/settings', 'src/settings/index.ts'],
    ['## fastify-cognito/testing', 'src/testing/index.ts'],
    ['## fastify-cognito/typebox', 'src/typebox/index.ts'],
    ['## fastify-cognito/user-routes', 'src/user-routes/index.ts'],
  ] as const) {
    const documented = names(table(section(page, heading), 'export'))
    t.strictSame(documented, sorted(exportsOf(path)), heading)
    const values = Object.keys(await import(`../../${path.replace('.ts', '.js')}`))
    t.strictSame(
      values.filter((name) => !documented.includes(name)),
      [],
      `${heading}, at run time`,
    )
  }
})

t.test('docs/guards.md has every member of request.cognito, and no other', async (t) => {
  const [, body = ''] =
    /export interface Authentication[^{]*\{([\s\S]*?)\n\}/.exec(read('src/verify/authentication.ts')) ?? []
  const members = Array.from(body.matchAll(/^ {2}readonly (\w+)\??:/gm), ([, name = '']) => name)
  t.ok(members.includes('subject'))
  t.strictSame(names(table(section(read('docs/guards.md'), '## request.cognito'), 'member')), sorted(members))
})

t.test(
  'docs/tenants.md has every member of app.cognito.tenants and every fault of a row, and no other',
  async (t) => {
    const page = read('docs/tenants.md')
    const members = names(table(section(page, '## app.cognito.tenants'), 'member'))
    t.strictSame(
      sorted(members.map((entry) => entry.replace(/\(.*/, ''))),
      sorted(Object.keys(describeTenants(undefined))),
    )
    const faults = names(table(section(page, '### Rows that are left out'), '`fault`'))
    t.strictSame(faults, sorted(Object.keys(FAULTS)))
  },
)

t.test('docs/testing.md has every member of the local issuer and of its pools, and no other', async (t) => {
  const page = read('docs/testing.md')
  const issuer = await TestIssuer.start()
  t.teardown(() => issuer.close())
  const members = (instance: object) =>
    [...Object.keys(instance), ...Object.getOwnPropertyNames(Object.getPrototypeOf(instance))].filter(
      (name) => name !== 'constructor',
    )
  const documented = (heading: string) =>
    sorted(names(table(section(page, heading), 'member')).map((entry) => entry.replace(/\(.*/, '')))
  t.strictSame(documented('## TestIssuer'), sorted(['TestIssuer.start', ...members(issuer)]))
  t.strictSame(documented('## TestPool'), sorted(members(issuer.createPool())))
})

t.test('docs/user-routes.md has every route, attribute and challenge, and no other', async (t) => {
  const page = read('docs/user-routes.md')
  const rows = table(section(page, '## Routes'), 'route')
  t.strictSame(names(rows.map(([name = '']) => [name])), sorted(Object.keys(PATHS)))
  const paths = rows.map(([, path = '']) => /`(?:GET|POST) ([^`]+)`/.exec(path)?.[1])
  t.strictSame(paths, Object.values(PATHS))
  const challenges = table(section(page, '## A second factor and other challenges'), 'challenge')
  t.strictSame(names(challenges), sorted(Object.keys(CHALLENGES)))
  const [, list = ''] = /that users write: ([^.]*)\./.exec(page) ?? []
  t.strictSame(names([[list]]), sorted(WRITABLE))
})

t.test('docs/user-routes.md has every code with its status, and what each exception becomes', async (t) => {
  const page = read('docs/user-routes.md')
  const rows = table(section(page, '## Errors'), 'code')
  t.strictSame(names(rows), sorted(userRouteErrorCodes))
  for (const [cell = '', status = '', when = ''] of rows) {
    const code = cell.replaceAll('`', '').trim() as (typeof userRouteErrorCodes)[number]
    const error = new UserRouteError(code, { reason: '' })
    t.equal(Number(status), error.statusCode, code)
    t.equal(/Retry-After: (\d+)/.exec(when)?.[1], error.retryAfter?.toString(), code)
  }
  const text = section(page, '### Exceptions of Cognito')
  const documented = table(text, 'code').flatMap(([code, exceptions = '']) =>
    names([[exceptions]]).map((exception) => [exception, plain(code)] as const),
  )
  const known = Object.values(EXCEPTION_REASONS).map(({ exception, meaning }) => [exception, meaning])
  t.strictSame(Object.fromEntries(documented), Object.fromEntries(known))
  const rules = table(text, 'operation').map(([operation, exceptions = '', code]) => [
    plain(operation),
    Object.fromEntries(names([[exceptions]]).map((exception) => [exception, plain(code)])),
  ])
  t.strictSame(Object.fromEntries(rules), RULES)
})

t.test(
  'docs/user-routes.md has every reason of the routes, with its words and its code, and no other',
  async (t) => {
    const rows = table(section(read('docs/user-routes.md'), '### Reasons'), '`reasonCode` | `reason`')
    const own = Object.entries(OWN_REASONS)
    t.strictSame(
      documentedReasons(rows),
      Object.fromEntries(own.map(([reasonCode, { text }]) => [reasonCode, text])),
    )
    t.strictSame(
      Object.fromEntries(
        rows.map(([reasonCode, , code]) => [plain(reasonCode), `COGNITO_USER_ERR_${plain(code)}`]),
      ),
      Object.fromEntries(own.map(([reasonCode, { code }]) => [reasonCode, code])),
    )
  },
)
