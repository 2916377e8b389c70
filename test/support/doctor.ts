/**
 * The command as a function: its arguments, environment and streams are the test's.
 * @module
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Check } from '../../src/doctor/check.js'
import { run } from '../../src/doctor/command.js'
import type { DoctorReport } from '../../src/doctor/index.js'
import type { Environment } from '../../src/settings/index.js'

/** What the command has around it besides its arguments. */
export interface Around {
  readonly env?: Environment
  readonly stdin?: Iterable<string>
  /** Whether all streams are a terminal. */
  readonly isTerminal?: boolean
}

/** What the command did. */
export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the command with these arguments. */
export async function command(argv: readonly string[], around: Around = {}): Promise<Outcome> {
  const { env = {}, stdin = '', isTerminal = false } = around
  const texts = { out: '', err: '' }
  const output = (name: 'out' | 'err') => ({
    isTTY: isTerminal,
    write(text: string) {
      texts[name] += text
    },
  })
  async function* input() {
    yield* stdin
  }
  const code = await run({
    argv,
    env,
    stdin: Object.assign(input(), { isTTY: isTerminal }),
    stdout: output('out'),
    stderr: output('err'),
  })
  return { code, ...texts }
}

/** A settings file with these options, in a folder that goes with the test. */
export function writeSettings(test: Test, options: unknown): string {
  const file = join(test.testdir({}), 'cognito.json')
  writeFileSync(file, JSON.stringify(options))
  return file
}

/** Lets the doctor examine pools, and a token. */
export async function examine(
  test: Test,
  options: unknown,
  token?: string,
): Promise<Outcome & { report: DoctorReport }> {
  const args = ['doctor', '--json', '--config', writeSettings(test, options)]
  const outcome = await command(token === undefined ? args : [...args, '-'], { stdin: token ?? '' })
  return { ...outcome, report: JSON.parse(outcome.out) }
}

/** The checks that failed. */
export const failures = (checks: readonly Check[] = []) => checks.filter(({ ok }) => !ok)

/** The names of checks. */
export const namesOf = (checks: readonly Check[]) => checks.map(({ name }) => name)

/** Pieces of 20 characters of a text, none of which may come back. */
export function pieces(text: string): readonly string[] {
  return Array.from({ length: Math.max(0, text.length - 19) }, (_, start) => text.slice(start, start + 20))
}
