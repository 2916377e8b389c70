/**
 * How another process of a run is started, spoken to and ended; and how it ends with the one that started it.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

interface Message {
  readonly what: string
}

/** A process that a run has started. `I` is what it is told, `O` what it tells. */
export class Child<I extends Message, O extends Message> {
  /** Rejects once the process ends before it is stopped. */
  readonly died: Promise<never>
  readonly #process: ChildProcess
  #isStopped = false

  /**
   * @param file - in this folder
   * @param flags - for Node
   */
  constructor(file: string, flags: readonly string[] = []) {
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)), {
      execArgv: ['--import', 'tsx', ...flags],
    })
    this.died = new Promise((_resolve, reject) => {
      this.#process.once('exit', (code, signal) => {
        if (!this.#isStopped) reject(new Error(`the process ${file} ended: ${signal ?? `code ${code}`}`))
      })
    })
    // Whoever waits for something of it hears of its end, too.
    this.died.catch(() => undefined)
    // A frozen process would not notice that its parent has ended.
    const kill = () => this.#process.kill('SIGKILL')
    process.once('exit', kill)
    this.#process.once('exit', () => process.off('exit', kill))
  }

  tell(message: I): void {
    if (this.#process.connected) this.#process.send(message, () => undefined)
  }

  onMessage(listen: (message: O) => void): void {
    this.#process.on('message', listen as (message: unknown) => void)
  }

  /** The next message of a kind. */
  hear<W extends O['what']>(what: W): Promise<Extract<O, { readonly what: W }>> {
    const heard = new Promise<Extract<O, { readonly what: W }>>((resolve) => {
      const listen = (message: unknown) => {
        if ((message as O).what !== what) return
        this.#process.off('message', listen)
        resolve(message as Extract<O, { readonly what: W }>)
      }
      this.#process.on('message', listen)
    })
    return Promise.race([heard, this.died])
  }

  /** The process stands still from now on. */
  freeze(): void {
    this.#process.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process.kill('SIGCONT')
  }

  /** Ends the process, a frozen one as well. */
  stop(): void {
    this.#isStopped = true
    this.#process.kill('SIGKILL')
  }
}

/** The other end: the process that has started this one. `I` is what it tells, `O` what it is told. */
export function toParent<I extends Message, O extends Message>(
  listen: (message: I) => void,
): (message: O) => void {
  process.on('message', listen as (message: unknown) => void)
  process.once('disconnect', () => process.exit())
  return (message) => {
    // The parent may end at any moment: nobody is left to be told of it then.
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
  }
}
