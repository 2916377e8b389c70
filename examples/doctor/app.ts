/**
 * The doctor in a script: finds the fault of a token, for a health check or a support tool.
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

// Your application runs `npx fastify-cognito`.
const CLI = fileURLToPath(new URL('../../src/doctor/cli.ts', import.meta.url))

/** The parts of the doctor's report that this example uses. */
export interface Diagnosis {
  readonly exitCode: number
  /** The document of `--json`. */
  readonly report: { readonly ok: boolean; readonly token?: { readonly checks: readonly DoctorCheck[] } }
}

/** One line of the report. */
export interface DoctorCheck {
  readonly name: string
  readonly ok: boolean
  readonly advice?: string
}

/**
 * Runs the doctor. The token goes through a pipe, because the process list shows arguments.
 *
 * @param config - path of a settings file
 */
export async function askDoctor(config: string, token: string): Promise<Diagnosis> {
  const program = ['--import', 'tsx', CLI, 'doctor', '--config', config, '--json', '-']
  const child = spawn(process.execPath, program, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = once(child, 'close')
  child.stdin.end(token)
  const report = JSON.parse(await text(child.stdout))
  const [exitCode] = await exit
  return { exitCode, report }
}
