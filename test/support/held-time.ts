/**
 * The time of day and the timers of this process, moved by a test in place of being waited for.
 * @module
 */
import { TestClock } from './test-clock.js'

/** What `setTimeout` returns, as far as it is used. */
class HeldTimeout {
  readonly callOff: () => void

  constructor(callOff: () => void) {
    this.callOff = callOff
  }

  ref = () => this
  unref = () => this
}

/**
 * Stops `Date.now`, `setTimeout` and `AbortSignal.timeout` of this process until it is disposed of; `advance` moves them. Sockets and
 * timers of no time go on, so a test waits for what it caused by {@link until}. Only for the body of one test, because tap's
 * own timers are held, too.
 *
 * @example using time = holdTime()
 */
export function holdTime(): TestClock & Disposable {
  const { setTimeout, clearTimeout } = globalThis
  const { now } = Date
  const { timeout } = AbortSignal
  const clock = new TestClock()
  const start = now() - clock.now()
  const held = (action: (...values: unknown[]) => void, ms = 0, ...values: unknown[]) =>
    ms === 0 ? setTimeout(action, 0, ...values) : new HeldTimeout(clock.after(ms, () => action(...values)))
  const abortAfter = (ms: number) => {
    const controller = new AbortController()
    clock.after(ms, () => controller.abort(new DOMException('held time is over', 'TimeoutError')))
    return controller.signal
  }
  const release = (timeout?: unknown) =>
    timeout instanceof HeldTimeout ? timeout.callOff() : clearTimeout(timeout as NodeJS.Timeout)
  Date.now = () => start + clock.now()
  AbortSignal.timeout = abortAfter
  Object.assign(globalThis, { setTimeout: held, clearTimeout: release })
  return Object.assign(clock, {
    [Symbol.dispose]() {
      Date.now = now
      AbortSignal.timeout = timeout
      Object.assign(globalThis, { setTimeout, clearTimeout })
    },
  })
}

/** Waits until a condition holds, in real time however time is held. The time limit of the test ends it otherwise. */
export async function until(isMet: () => boolean): Promise<void> {
  while (!isMet()) await new Promise((resolve) => setImmediate(resolve))
}
