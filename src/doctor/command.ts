/**
 * The command `fastify-cognito`: its arguments, its output and its exit code.
 * @module
 */
import { parseArgs } from 'node:util'
import { printableLines } from '../base/printable.js'
import { type PluginOptions, resolveOptions } from '../options.js'
import { type Environment, poolsFromEnv, poolsFromFile } from '../settings/index.js'
import { createVerifier } from '../verify/verifier.js'
import { examine, type Patient } from './index.js'
import { formatReport, paint } from './report.js'

/** A stream that text is written to. */
export interface Output {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean
}

/** The surroundings of the command, in a process or in a test. */
export interface Surroundings {
  /** The arguments, without those that name the program. */
  readonly argv: readonly string[]
  readonly env: Environment
  readonly stdin: AsyncIterable<string | Uint8Array> & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
}

const HELP = `Usage: fastify-cognito doctor [POOLS] [TOKEN] [--json]

Checks user pools, and explains why a token is refused. The command sends requests
only to the JWKS URLs of the pools. It does not send, keep or print the token.

POOLS
  --env                    read the pools from the environment: COGNITO_USER_POOL_ID
                           and so on; the default if the environment has pools
  --config FILE            read the pools from a settings file: .json, .yaml or .yml
  --pool ID --client ID    check one pool; repeat --client for more clients, or
                           write '*' for every client; this checks a tenant, too

TOKEN
  -                        read the token from the standard input
  --token TOKEN            take the token from the argument; the history of the shell
                           keeps the argument

  --json                   print one JSON document
  -h, --help               print this text

Exit code: 0 all checks hold, 1 a check failed, 2 wrong arguments or settings
`

/** The error for wrong arguments or settings. Its message is for the person who typed them. */
class UsageError extends Error {}

/** Runs the command. Resolves to its exit code: 0 all checks hold, 1 a check failed, 2 wrong arguments or settings. */
export async function run({ argv, env, stdin, stdout, stderr }: Surroundings): Promise<0 | 1 | 2> {
  const tell = (text: string) => stderr.isTTY && print(stderr, text)
  try {
    const order = readArguments(argv)
    if (order.help) {
      print(stdout, HELP)
      return 0
    }
    const { options, verifier } = prepare(order, env)
    const token = await readToken(order, stdin, tell)
    tell(`asking for the keys of ${[...options.pools.keys()].slice(0, 8).join(', ')} ...\n`)
    const report = await examine({ options, verifier, token })
    verifier.close()
    const isTerminal = stdout.isTTY === true
    if (order.json) print(stdout, `${JSON.stringify(report, null, 2)}\n`)
    else print(stdout, formatReport(report, isTerminal), isTerminal && !env['NO_COLOR'] ? paint : undefined)
    return report.ok ? 0 : 1
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    print(stderr, `fastify-cognito: ${error.message}\n`)
    return 2
  }
}

/**
 * Writes text to a stream as the last line of defence. It hides a token that was typed in a wrong place, and escapes
 * control characters of a file, which could move the cursor.
 *
 * @param paint - adds the colours
 */
function print(output: Output, text: string, paint = (shown: string) => shown): void {
  output.write(paint(printableLines(text.replace(/eyJ[\w.-]{17,}/g, '[a token]'))))
}

const FLAGS = {
  env: { type: 'boolean', default: false },
  config: { type: 'string' },
  pool: { type: 'string' },
  client: { type: 'string', multiple: true },
  token: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

type Order = ReturnType<typeof parse>

function parse(argv: readonly string[]) {
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options: FLAGS,
    allowPositionals: true,
    tokens: true,
  })
  const given = tokens.flatMap((part) => (part.kind === 'option' ? [part.name] : []))
  return { ...values, positionals, given }
}

/** Reads the arguments. A message of `parseArgs` repeats typed text, so that only the name of an option is taken from it. */
function readArguments(argv: readonly string[]): Order {
  let order: Order
  try {
    order = parse(argv)
  } catch (error) {
    const [, option = 'the arguments'] = /'(--?[a-z]{1,12})\b/.exec((error as Error).message) ?? []
    const isUnknown = (error as { readonly code?: unknown }).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
    throw new UsageError(`${option}: ${isUnknown ? 'unknown option' : 'expected another value'}; see --help`)
  }
  if (!order.help) assertOrder(order)
  return order
}

function assertOrder({ positionals: [command, ...rest], given, token }: Order): void {
  if (command !== 'doctor') throw new UsageError('expected the command doctor; see --help')
  const twice = given.find((name, index) => name !== 'client' && given.indexOf(name) !== index)
  if (twice !== undefined) throw new UsageError(`--${twice}: expected once; several pools go into a file`)
  if (rest.some((argument) => argument !== '-')) {
    throw new UsageError(
      'unexpected argument; a token goes into --token, or into the standard input together with the argument -',
    )
  }
  if (rest.length > 1 || (rest.length === 1 && token !== undefined)) {
    throw new UsageError('expected one token: --token, or -')
  }
  const sources = given.filter((name) => name === 'env' || name === 'config' || name === 'pool')
  if (sources.length > 1) throw new UsageError('expected one of --env, --config and --pool')
  if (given.includes('client') && !given.includes('pool')) {
    throw new UsageError('--client: expected together with --pool')
  }
}

/** Checks the settings as the plugin does at boot. */
function prepare(order: Order, env: Environment): Omit<Patient, 'token'> {
  try {
    const options = resolveOptions(readSettings(order, env), env)
    return { options, verifier: createVerifier(options) }
  } catch (error) {
    const [message = ''] = (error as Error).message.split('\n')
    throw new UsageError(toFlags(message))
  }
}

function readSettings({ config, pool, client, env: isEnv }: Order, env: Environment): PluginOptions {
  if (config !== undefined) return poolsFromFile(config)
  if (pool !== undefined) return toPool(pool, client)
  if (isEnv || Object.keys(env).some((name) => /^COGNITO_(?:.*_)?USER_?POOL(?:S|_?ID)$/i.test(name))) {
    return poolsFromEnv(env)
  }
  throw new TypeError(
    'expected --env, --config FILE, or --pool ID with --client ID: the environment has no pools',
  )
}

function toPool(userPoolId: string, clients: readonly string[] = []): PluginOptions {
  if (clients.length === 0) {
    throw new TypeError("--client: expected an app client id, or '*' for every client of the pool")
  }
  const appClientId = clients.length === 1 && clients[0] === '*' ? null : clients
  return { pools: { default: { userPoolId, appClientId } } }
}

/** Replaces the path of an option in a message by the flag that gave it. */
function toFlags(message: string): string {
  if (!message.startsWith('pools.default.appClientId:'))
    return message.replace('pools.default.userPoolId:', '--pool:')
  return '--client: expected the id of an app client, not its name: letters and digits, and each id once'
}

/** Greatest length of the input, in characters: the maximum of `maxTokenLength`, and room for text around a pasted token. */
const MAX_LENGTH = 70_000

async function readToken(
  { token, positionals }: Order,
  stdin: Surroundings['stdin'],
  tell: (text: string) => unknown,
): Promise<string | undefined> {
  const isInput = token === '-' || positionals.includes('-')
  if (token === undefined && !isInput) return undefined
  if (isInput && stdin.isTTY) tell('paste the token, then press Enter and Ctrl-D\n')
  const text = (isInput ? await readAll(stdin) : String(token)).trim()
  if (text === '')
    throw new UsageError(`${isInput ? 'the standard input' : '--token'}: expected a token, and it is empty`)
  if (text.length > MAX_LENGTH)
    throw new UsageError(`expected a token of up to ${MAX_LENGTH} characters, and it has ${text.length}`)
  return text
}

async function readAll(stdin: Surroundings['stdin']): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
