/**
 * The command `npm run demo`: starts everything and prints lines to try; with `--check` it tries them itself.
 * @module
 */
import { styleText } from 'node:util'
import { createApp } from './app.js'
import { type Answer, toCurl } from './call.js'
import { type CallGroup, checkCalls, listCalls, type Verdict } from './calls.js'
import { people, type Stage, setStage } from './stage.js'

type Style = Parameters<typeof styleText>[0]

/** Plain in a pipe, and with NO_COLOR. */
const paint = (style: Style, text: string) => styleText(style, text)
const say = (...lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`)

// A reader that has seen enough, such as `head`, ends the demo.
process.stdout.once('error', () => process.exit(0))

async function run(isCheck: boolean): Promise<number> {
  const stage = await setStage()
  try {
    return await serve(stage, isCheck)
  } finally {
    await stage.cognito.stop()
  }
}

async function serve(stage: Stage, isCheck: boolean): Promise<number> {
  const app = await createApp(stage, isCheck ? undefined : (line) => say(paint('yellow', line)))
  try {
    const origin = await app.listen({ host: '127.0.0.1', port: 0 })
    const groups = listCalls(stage)
    if (isCheck) return report(await checkCalls(origin, groups))
    say(...introduce(origin, stage), ...groups.flatMap((group) => describeGroup(origin, group)), ...WARNING)
    await untilStopped()
    return 0
  } finally {
    await app.close()
  }
}

/** The emulator's own handler raises the signal once more, so these listeners have to stay. */
async function untilStopped(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve())
  })
}

function introduce(origin: string, { eu, us, cognito, newcomer }: Stage): string[] {
  const seconds = (performance.now() / 1000).toFixed(1)
  return [
    '',
    `${paint('bold', 'fastify-cognito demo')}, ready in ${seconds} s`,
    '',
    `  application  ${origin}  (demo/app.ts)`,
    `  browser      ${origin}/documentation  (Authorize: eu, as ada with ${people.ada.password})`,
    `  emulator     ${cognito.endpoint}  (cognito-local)`,
    `  pool eu      ${eu.userPoolId}  ada (${people.ada.groups.join(', ')}), ben`,
    `  pool us      ${us.userPoolId}  cal (${people.cal.groups.join(', ')})`,
    `  tenant       ${newcomer.row.userPoolId}  eve; unknown to the application until ada adds it`,
    '',
    'Paste any line that begins with curl into another terminal. The tokens are real, and valid for 12 hours.',
    'The comment above each line has the expected answer. This terminal shows the reason of each refusal.',
  ]
}

function describeGroup(origin: string, { title, calls }: CallGroup): string[] {
  const lines = calls.flatMap((call) => [
    '',
    `# ${describeAnswer(call.expected)}  ${call.point}`,
    toCurl(origin, call).replace(/[\w.-]{100,}/g, (token) => paint('dim', token)),
  ])
  return ['', paint('bold', `## ${title}`), ...lines]
}

function describeAnswer({ status, content }: Answer): string {
  const text = typeof content === 'string' ? content : content === null ? '' : JSON.stringify(content)
  return `${paint(status < 400 ? 'green' : 'red', String(status))} ${text}`
}

const WARNING = [
  '',
  paint('bold', 'For development only'),
  'cognito-local signs the tokens of every pool with ONE key, and publishes the private half of that key. So only',
  '`iss` distinguishes the pools, and anyone can forge a token, as the last line above shows. Never use cognito-local',
  'in production. This demo does not prove that the keys of pools are separate.',
  "The tenant's token is signed anew with that key, because the ids of cognito-local do not have the form of AWS's.",
  '',
  'To check all lines at once:  npm run demo -- --check',
  'To stop:                     Ctrl-C',
  '',
]

function report(verdicts: readonly Verdict[]): number {
  const failures = verdicts.filter(({ isAsExpected }) => !isAsExpected)
  const count = `${verdicts.length - failures.length} of ${verdicts.length} answers are as expected: status, body or code, www-authenticate`
  say(
    formatRow('expected', 'got', '', 'call'),
    ...verdicts.map(describeVerdict),
    ...failures.flatMap(describeFailure),
    '',
    paint(failures.length === 0 ? 'green' : 'red', count),
  )
  return failures.length === 0 ? 0 : 1
}

function describeVerdict({ call, got, isAsExpected }: Verdict): string {
  const mark = isAsExpected ? paint('green', 'ok    ') : paint('red', 'FAILED')
  return formatRow(
    summarize(call.expected),
    summarize(got),
    mark,
    `${call.method} ${call.path}: ${call.point}`,
  )
}

function formatRow(expected: string, got: string, mark: string, call: string): string {
  return `${expected.padEnd(26)}  ${got.padEnd(26)}  ${mark.padEnd(6)}  ${call}`
}

/** The codes without the prefix that they share, for a line to fit. */
function summarize({ status, content }: Answer): string {
  return typeof content === 'string'
    ? `${status} ${content.replace(/^COGNITO_(USER_)?ERR_/, '')}`
    : String(status)
}

function describeFailure({ call, got }: Verdict): string[] {
  return [
    '',
    `${call.method} ${call.path}: ${call.point}`,
    `  expected  ${JSON.stringify(call.expected)}`,
    `  got       ${JSON.stringify(got)}`,
  ]
}

function fail(message: string, exitCode: number): number {
  process.stderr.write(`demo: ${message}\n`)
  return exitCode
}

const flags = process.argv.slice(2)
const stranger = flags.find((flag) => flag !== '--check')
process.exitCode =
  stranger === undefined
    ? await run(flags.includes('--check')).catch((error: Error) => fail(error.message, 1))
    : fail(`unknown argument ${JSON.stringify(stranger)}; the only one is --check`, 2)
