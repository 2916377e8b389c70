/**
 * The command `fastify-cognito`: its arguments, what it prints and where, and its exit codes.
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startIssuer } from '../support/app.js'
import { command, pieces, writeSettings } from '../support/doctor.js'

const { eu, us } = await startIssuer(t)
const access = eu.accessToken()
const settings = { pools: { eu: eu.options(), us: us.options({ tokenUse: 'id' }) } }
const env = {
  COGNITO_USER_POOL_ID: eu.userPoolId,
  COGNITO_APP_CLIENT_ID: eu.appClientId,
  COGNITO_JWKS_URL: eu.jwksUrl,
}

/** Control sequences of a terminal, to be seen. */
const visible = (text: string) => text.replaceAll('\u001b', '^')

t.test('in a pipe each line stands for itself, without colours', async (t) => {
  const args = ['doctor', '--config', writeSettings(t, settings), '--token', eu.idToken()]
  const { code, out, err } = await command(args)
  t.equal(code, 1)
  t.equal(err, '')
  const lines = out.trimEnd().split('\n')
  for (const line of lines) t.match(line, /^(?:ok {2}|FAIL) (?:pool eu|pool us|token|\d+ of)/)
  t.ok(lines.includes('ok   pool eu: keys: 2 published, 2 usable with RS256'))
  t.ok(
    lines.includes(
      "FAIL token: token_use: found an ID token; expected an access token; send the access token (AuthenticationResult.AccessToken), or set tokenUse: 'id' for the pool",
    ),
  )
  t.equal(lines.at(-1), 'FAIL 2 of 18 checks failed')
  t.notMatch(out, /[^\x20-\x7e\n]/)
})

t.test('where all checks hold, the last line says so and the exit code is 0', async (t) => {
  const { code, out } = await command(['doctor', '--config', writeSettings(t, settings), '--token', access])
  t.equal(code, 0)
  t.match(out, /\nok {3}all 18 checks hold\n$/)
})

t.test('on a terminal there are marks, colours and progress; NO_COLOR takes the colours away', async (t) => {
  const args = ['doctor', '--config', writeSettings(t, settings), '--token', eu.idToken()]
  const coloured = await command(args, { isTerminal: true })
  t.equal(coloured.err, 'asking for the keys of eu, us ...\n')
  t.match(visible(coloured.out), /^pool eu\n {2}\^\[32m✔\^\[39m ids: /)
  t.match(coloured.out, /\n\ntoken\n/)
  t.match(
    visible(coloured.out),
    /\n {2}\^\[31m✖\^\[39m token_use: found an ID token; expected an access token\n {4}→ send the access token/,
  )
  t.match(coloured.out, /\n\n2 of 18 checks failed\n$/)
  const plain = await command(args, { isTerminal: true, env: { NO_COLOR: '1' } })
  t.equal(
    plain.out.replace(/\d+ m?s/g, ''),
    visible(coloured.out)
      .replace(/\^\[\d+m/g, '')
      .replace(/\d+ m?s/g, ''),
  )
  const unset = await command(args, { isTerminal: true, env: { NO_COLOR: '' } })
  t.match(visible(unset.out), /\^\[32m/, 'an empty NO_COLOR is none')
})

t.test('--json is one document of the same checks', async (t) => {
  const args = ['doctor', '--json', '--config', writeSettings(t, settings)]
  const { code, out, err } = await command([...args, '--token', us.accessToken()], { isTerminal: true })
  t.equal(code, 1)
  t.match(err, /^asking/)
  const report = JSON.parse(out)
  t.strictSame(Object.keys(report), ['ok', 'pools', 'token'])
  t.strictSame(Object.keys(report.pools[0]), ['name', 'userPoolId', 'ok', 'checks'])
  t.strictSame(Object.keys(report.token), ['ok', 'pool', 'checks'])
  t.strictSame([report.ok, report.token.ok, report.token.pool], [false, false, 'us'])
  for (const check of [...report.pools[0].checks, ...report.token.checks]) {
    const members = check.ok ? [] : ['expected', 'advice']
    t.strictSame(Object.keys(check), ['name', 'ok', 'found', ...members], check.name)
  }
  t.strictSame(Object.keys(JSON.parse((await command(args)).out)), ['ok', 'pools'])
})

t.test(
  'the token comes from an argument or from the standard input, and spaces around it do not matter',
  async (t) => {
    const args = ['doctor', '--config', writeSettings(t, settings)]
    for (const [rest, stdin] of [
      [['--token', ` ${access}\n`], ''],
      [['-'], `${access}\n`],
      [['--token', '-'], `\r\n ${access}\r\n`],
      [['--token=-'], access],
    ] as const) {
      const { code, out } = await command([...args, ...rest], { stdin })
      t.equal(code, 0, rest.join(' ').slice(0, 10))
      t.match(out, /plugin: accepts it/)
    }
    const asked = await command([...args, '-'], { stdin: access, isTerminal: true })
    t.match(asked.err, /^paste the token, then press Enter and Ctrl-D\nasking/)
  },
)

t.test('the pools come from the environment, from a file, or from the arguments', async (t) => {
  t.match((await command(['doctor', '--env'], { env })).out, /^ok {3}pool default: ids: /)
  t.match((await command(['doctor'], { env })).out, /^ok {3}pool default: ids: /, 'where nothing is said')
  const json = { COGNITO_USER_POOLS: JSON.stringify({ eu: eu.options() }) }
  t.match((await command(['doctor'], { env: json })).out, /^ok {3}pool eu: ids: /)
  const small = Object.fromEntries(Object.entries(env).map(([name, value]) => [name.toLowerCase(), value]))
  t.match((await command(['doctor'], { env: small })).out, /^ok {3}pool default: ids: /, 'in small letters')
  const file = writeSettings(t, settings)
  t.match((await command(['doctor', '--config', file], { env })).out, /^ok {3}pool eu: ids: /)
  const AWS_COGNITO_KEYS_URL = eu.jwksUrl.replace(eu.userPoolId, '{userPoolId}')
  const pool = ['doctor', '--pool', eu.userPoolId, '--token', access]
  const around = { env: { AWS_COGNITO_KEYS_URL } }
  for (const [clients, found] of [
    [[eu.appClientId], 0],
    [['other'], 1],
    [['other', eu.appClientId], 0],
    [['*'], 0],
  ] as const) {
    const args = clients.flatMap((client) => ['--client', client])
    t.equal((await command([...pool, ...args], around)).code, found, clients.join())
  }
})

t.test('wrong arguments and settings: one clear line, and the exit code 2', async (t) => {
  const file = writeSettings(t, settings)
  const dir = t.testdir({
    'bad.json': JSON.stringify({ pools: { eu: { ...eu.options(), region: 'us-east-1' } } }),
    'claims.json': JSON.stringify({ pools: { default: { ...eu.options(), claims: { type: 'object' } } } }),
    'text.json': '{',
    'good.json': JSON.stringify(settings),
  })
  const at = (name: string) => join(dir, name)
  const good = ['doctor', '--config', at('good.json')]
  const rows: readonly [argv: readonly string[], message: RegExp, around?: Parameters<typeof command>[1]][] =
    [
      [[], /^expected the command doctor; see --help$/],
      [['examine'], /^expected the command doctor; see --help$/],
      [
        ['doctor'],
        /^expected --env, --config FILE, or --pool ID with --client ID: the environment has no pools$/,
      ],
      [
        ['doctor'],
        /^COGNITO_EU_APP_CLIENT_ID: expected an app client id/,
        { env: { COGNITO_EU_USER_POOL_ID: eu.userPoolId } },
      ],
      [
        ['doctor', '--env'],
        /^COGNITO_USER_POOL_ID, or COGNITO_USER_POOLS: neither is set; expected at least one pool/,
      ],
      [
        ['doctor'],
        /^COGNITO_USERPOOL_ID: unknown name; did you mean COGNITO_USER_POOL_ID\?$/,
        { env: { COGNITO_USERPOOL_ID: eu.userPoolId } },
      ],
      [['doctor', '--tokn', access], /^--tokn: unknown option; see --help$/],
      [['doctor', `--${access}`], /^--ey: unknown|^the arguments: unknown option; see --help$/],
      [['doctor', '-x'], /^-x: unknown option; see --help$/],
      [['doctor', '--json=yes'], /^--json: expected another value; see --help$/],
      [['doctor', '--config'], /^--config: expected another value; see --help$/],
      [['doctor', '--token', '--json'], /^--token: expected another value; see --help$/],
      [[...good, access], /^unexpected argument; a token goes into --token, or into the standard input/],
      [[...good, '-', '--token', access], /^expected one token: --token, or -$/],
      [[...good, '-', '-'], /^expected one token: --token, or -$/],
      [[...good, '--env'], /^expected one of --env, --config and --pool$/],
      [[...good, '--config', file], /^--config: expected once; several pools go into a file$/],
      [[...good, '--client', 'x'], /^--client: expected together with --pool$/],
      [
        ['doctor', '--pool', eu.userPoolId],
        /^--client: expected an app client id, or '\*' for every client of the pool$/,
      ],
      [
        ['doctor', '--pool', 'x', '--client', 'x'],
        /^--pool: expected a user pool id such as 'eu-west-1_AbCdEf123'/,
      ],
      [
        ['doctor', '--pool', eu.userPoolId, '--client', 'My App'],
        /^--client: expected the id of an app client/,
      ],
      [
        ['doctor', '--pool', eu.userPoolId, '--client', 'a', '--client', '*'],
        /^--client: expected the id of an app client/,
      ],
      [['doctor', '--config', at('none.json')], /^ENOENT: no such file or directory/],
      [['doctor', '--config', dir], /expected a file that ends in \.json|^EISDIR/],
      [['doctor', '--config', at('text.json')], /text\.json: expected valid JSON$/],
      [['doctor', '--config', at('bad.json')], /bad\.json:1: pools\.eu\.region: expected eu-west-1/],
      [['doctor', '--config', at('claims.json')], /^pools\.default\.claims: expected an object schema/],
      [['doctor', '--config', `${access}.json`], /^ENOENT|^ENAMETOOLONG/],
      [[...good, '-'], /^the standard input: expected a token, and it is empty$/],
      [[...good, '-'], /^the standard input: expected a token, and it is empty$/, { stdin: ' \n' }],
      [[...good, '--token', ''], /^--token: expected a token, and it is empty$/],
      [
        [...good, '-'],
        /^expected a token of up to 70000 characters, and it has 70001$/,
        { stdin: 'x'.repeat(70_001) },
      ],
    ]
  for (const [argv, message, around] of rows) {
    const { code, out, err } = await command(argv, around)
    const name = argv.join(' ').slice(0, 60)
    t.strictSame([code, out], [2, ''], name)
    t.match(err, /^fastify-cognito: [^\n]+\n$/, name)
    t.match(err.slice('fastify-cognito: '.length, -1), message, name)
    t.notOk(
      pieces(access).some((piece) => err.includes(piece)),
      'no piece of the token',
    )
  }
})

t.test('help goes to the standard output, whatever else is said', async (t) => {
  for (const argv of [['--help'], ['doctor', '-h'], ['doctor', '--help', '--pool', 'x', 'y']]) {
    const { code, out, err } = await command(argv)
    t.strictSame([code, err], [0, ''])
    t.match(out, /^Usage: fastify-cognito doctor/)
  }
})

t.test('no piece of a token is printed, wherever it was put', async (t) => {
  const file = writeSettings(t, settings)
  const [header, payload] = access.split('.')
  for (const text of [
    access,
    eu.idToken(),
    `Bearer ${access}`,
    `${header}.${payload}`,
    `${access}.${access}`,
  ]) {
    for (const args of [[], ['--json']]) {
      const { out, err } = await command(['doctor', '--config', file, '-', ...args], {
        stdin: text,
        isTerminal: true,
      })
      t.notOk(pieces(text).some((piece) => (out + err).includes(piece)))
    }
  }
  const claims = eu.accessToken({ client_id: access })
  t.match(
    (await command(['doctor', '--config', file, '--token', claims])).out,
    /client_id: found "\[a token\]/,
  )
})

t.test('control characters of files and arguments are shown, and move no cursor', async (t) => {
  const unseen = '\u001b[31m\u0007\u009b2J\u202e\u200b\n  ✔ forged'
  const shown = '\\u001b[31m\\u0007\\u009b2J\\u202e\\u200b\\u000a  ✔ forged'
  const { jwksUrl, issuers } = eu
  const pool = { userPoolId: unseen, appClientId: 'abc', issuer: issuers.original, jwksUrl }
  const config = ['doctor', '--config', writeSettings(t, { pools: { local: pool } })]
  const plain = await command(config)
  t.ok(plain.out.includes(`ok   pool local: ids: ${shown}, app client abc\n`), plain.out)
  const coloured = await command(config, { isTerminal: true })
  t.ok(
    coloured.out.includes(`\n  \u001b[32m✔\u001b[39m ids: ${shown}, app client abc\n`),
    'and the colours stay',
  )
  const json = await command([...config, '--json'], { isTerminal: true })
  t.equal(JSON.parse(json.out).pools[0].userPoolId, unseen, 'JSON means the same by it')
  const wrong = await command(['doctor', '--config', writeSettings(t, { [unseen]: 1 })])
  t.ok(
    wrong.err.startsWith('fastify-cognito: ') && wrong.err.includes(`:1: ${shown}: unknown name`),
    wrong.err,
  )
  const missing = await command(['doctor', '--config', `${unseen}.json`], { isTerminal: true })
  for (const { out, err } of [plain, coloured, json, wrong, missing]) {
    t.notMatch((out + err).replaceAll('\u001b[32m✔\u001b[39m', ''), /[^\P{C}\n]/u)
  }
})

t.test('a defect is not taken for wrong usage', async (t) => {
  const stdin: Iterable<string> = {
    [Symbol.iterator]() {
      throw new RangeError('a defect')
    },
  }
  const failing = command(['doctor', '--config', writeSettings(t, settings), '-'], { stdin })
  await t.rejects(failing, RangeError)
})

/** As it stands here, or as it was built. */
const isSource = import.meta.url.endsWith('.ts')
const cli = fileURLToPath(new URL(`../../src/doctor/cli.${isSource ? 'ts' : 'js'}`, import.meta.url))

/** Runs the program itself. Its coverage is not collected, because another loader changes the lines of the files. */
async function runProgram(
  args: readonly string[],
  stdin: string,
  wrap?: (line: string) => [string, string[]],
) {
  const line = [process.execPath, ...(isSource ? ['--import', 'tsx'] : []), cli, ...args]
  const [file = '', ...rest] = wrap ? wrap(line.map((part) => `'${part}'`).join(' ')).flat() : line
  const child = spawn(file, rest, { env: { PATH: process.env['PATH'], _TAPJS_PROCESSINFO_COVERAGE_: '0' } })
  const texts = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    texts.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    texts.err += text
  })
  child.stdin.end(stdin)
  const [code] = await once(child, 'close')
  return { code, ...texts }
}

t.test('the program itself: in a pipe', async (t) => {
  const file = writeSettings(t, settings)
  const good = await runProgram(['doctor', '--config', file, '-'], `${access}\n`)
  t.match(good, { code: 0, err: '', out: /^ok {3}pool eu: ids: [\s\S]*\nok {3}all 18 checks hold\n$/ })
  const bad = await runProgram(['doctor', '--config', file, '-', '--json'], eu.idToken())
  t.equal(bad.code, 1)
  t.match(JSON.parse(bad.out), { ok: false, token: { pool: 'eu' } })
  t.match(await runProgram(['doctor'], ''), { code: 2, out: '', err: /^fastify-cognito: expected --env/ })
})

t.test('the program takes the arguments of its process, and sets its exit code', async (t) => {
  // This process has none, and hears of it on the standard error.
  const { exitCode } = process
  t.teardown(() => {
    process.exitCode = exitCode
  })
  await import('../../src/doctor/cli.js')
  t.equal(process.exitCode, 2)
})

const script = '/usr/bin/script'

t.test(
  'the program itself: on a terminal',
  { skip: !existsSync(script) && 'no pseudo-terminal at hand' },
  async (t) => {
    const file = writeSettings(t, settings)
    const wrap = (line: string): [string, string[]] => [script, ['-qec', line, '/dev/null']]
    const { code, out } = await runProgram(['doctor', '--config', file, '--token', eu.idToken()], '', wrap)
    t.equal(code, 1)
    t.match(visible(out), /asking for the keys of eu, us \.\.\.\r\npool eu\r\n {2}\^\[32m✔\^\[39m ids: /)
    t.match(out, /2 of 18 checks failed\r\n/)
  },
)
