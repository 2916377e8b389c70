/**
 * The limit of a stage: what hangs is ended with all that it started, and its processes are shown.
 * @module
 */
import t from 'tap'

interface Run {
  readonly status: number
  readonly output: string
  readonly isEnded: boolean
}

const { runLimited } = (await import(new URL('../../tools/limited-run.mjs', import.meta.url).href)) as {
  runLimited(
    program: string,
    args: readonly string[],
    options: { signal: AbortSignal; write: (text: string) => void },
  ): Promise<Run>
}

/** Starts a child, says its process id, and waits for ever. The child holds the output. */
const HANGING = `
  const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit' })
  console.log('child', child.pid)
  setInterval(() => {}, 1e6)`

const never = new AbortController().signal

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

t.test('a command that ends is what it says', async (t) => {
  let shown = ''
  const run = await runLimited(process.execPath, ['-e', 'console.log("some words"); process.exitCode = 3'], {
    signal: never,
    write: (text) => {
      shown += text
    },
  })
  t.strictSame(run, { status: 3, output: 'some words\n', isEnded: false })
  t.equal(shown, 'some words\n')
})

t.test('a program that is not there has failed', async (t) => {
  const run = await runLimited('no-such-program-anywhere', [], { signal: never, write() {} })
  t.match(run, { status: 1, isEnded: false })
})

t.test('a command that hangs is ended, and its child, which holds the output', async (t) => {
  let shown = ''
  const limit = new AbortController()
  const run = await runLimited(process.execPath, ['-e', HANGING], {
    signal: limit.signal,
    write: (text) => {
      shown += text
      if (/^child \d+$/m.test(text)) limit.abort()
    },
  })
  t.match(run, { status: 1, isEnded: true })
  const pid = Number(/^child (\d+)$/m.exec(run.output)?.[1])
  t.ok(pid > 0, 'it started its child')
  t.match(shown, new RegExp(`^ *${pid} `, 'm'), 'its processes are shown')
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10))
})
