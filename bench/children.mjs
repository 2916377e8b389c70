// How is a part of the benchmark run in a process of its own, on a core of its own?
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

export const SERVER_CORE = 0
export const LOAD_CORE = 1

/** Why no process is pinned, or undefined where they are. */
export const unpinned = findObstacle()

function findObstacle() {
  if (availableParallelism() < 2) return 'there is one core only'
  const { status } = spawnSync('taskset', ['-c', `${SERVER_CORE},${LOAD_CORE}`, 'true'])
  return status === 0 ? undefined : 'taskset is missing or may not choose the cores'
}

/**
 * Starts a module that answers questions, see answer.mjs.
 *
 * @param {string} file - relative to this folder
 * @param {{ core?: number, flags?: string[] }} [options] - core to run on, flags of Node
 * @returns {Promise<Child>}
 */
export async function startChild(file, { core, flags = [] } = {}) {
  const command = [process.execPath, ...flags, fileURLToPath(new URL(file, import.meta.url))]
  const isPinned = core !== undefined && unpinned === undefined
  const [program, ...args] = isPinned ? ['taskset', '-c', String(core), ...command] : command
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = new Child(spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }))
  await child.isListening
  return child
}

/**
 * Asks a child one question and stops it.
 *
 * @param {string} file
 * @param {{ core?: number, flags?: string[] }} options
 * @param {string} name
 * @param {unknown} [input]
 */
export async function askOnce(file, options, name, input) {
  const child = await startChild(file, options)
  try {
    return await child.ask(name, input)
  } finally {
    await child.stop()
  }
}

/** A process that answers questions. */
export class Child {
  #process
  #pending = new Map()
  #asked = 0

  /** @param {import('node:child_process').ChildProcess} process */
  constructor(process) {
    this.#process = process
    this.isListening = this.#expect(0)
    process.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.#pending.get(id)
      this.#pending.delete(id)
      if (error === undefined) resolve(result)
      else reject(new Error(error))
    })
    process.once('error', (error) => this.#giveUp(error))
    process.once('exit', (code) => this.#giveUp(new Error(`a process of the benchmark ended with ${code}`)))
  }

  /**
   * @param {string} name - of the question
   * @param {unknown} [input] - JSON
   */
  ask(name, input) {
    this.#asked += 1
    this.#process.send({ id: this.#asked, name, input })
    return this.#expect(this.#asked)
  }

  /** Moves a running process to a core. */
  pin(core) {
    if (unpinned === undefined) spawnSync('taskset', ['-apc', String(core), String(this.#process.pid)])
  }

  async stop() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.disconnect()
    await exit
  }

  #expect(id) {
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }))
  }

  #giveUp(error) {
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}
