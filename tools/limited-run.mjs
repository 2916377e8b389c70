/** A command that is ended, with all that it started, when a signal says so. */
import { execFileSync, spawn } from 'node:child_process'

/** `output`: the last 100,000 characters. `isEnded`: by the signal. @typedef {{ status: number, output: string, isEnded: boolean }} Run */

const KEPT_CHARACTERS = 100_000
const isWindows = process.platform === 'win32'

/** Processes of the machine, so that a reader of the log sees which one hangs. */
function listProcesses() {
  if (isWindows) return ''
  try {
    return execFileSync('ps', ['-A', '-o', 'pid,ppid,pgid,stat,wchan:24,etime,args'], { encoding: 'utf8' })
  } catch {
    return 'ps is not there'
  }
}

/** Ends a process and those of its group; they may have ended by themselves. */
function end(pid) {
  try {
    if (isWindows) execFileSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' })
    else process.kill(-pid, 'SIGKILL')
  } catch {}
}

/**
 * Runs a program, and shows what it prints.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ signal: AbortSignal, write?: (text: string) => void }} options
 * @returns {Promise<Run>} after the program ended; its children may still hold its output
 */
export function runLimited(program, args, { signal, write = (text) => process.stdout.write(text) }) {
  // A group of its own, so that its children end with it.
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: isWindows,
    detached: !isWindows,
  })
  const stop = () => {
    end(child.pid)
    process.exit(130)
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    write(text)
    output = (output + text).slice(-KEPT_CHARACTERS)
  })
  return new Promise((resolve) => {
    const settle = (status) => {
      signal.removeEventListener('abort', abort)
      process.off('SIGINT', stop).off('SIGTERM', stop)
      resolve({ status, output, isEnded: signal.aborted })
    }
    function abort() {
      write(`\n${listProcesses()}`)
      end(child.pid)
      // A process outside of the group may hold the output.
      child.stdout.destroy()
    }
    signal.addEventListener('abort', abort, { once: true })
    child.once('error', () => settle(1))
    child.once('close', (code) => settle(code ?? 1))
  })
}
