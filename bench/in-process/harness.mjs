// How long does a function take? Functions are timed in turns, each on inputs that were built for it outside of the clock.
import { median, rotate } from '../statistics.mjs'

/**
 * Calls between two looks at the clock. Their inputs were made right before, and are in the processor's caches as a
 * request is. Of a function that returns promises, so many calls are under way at once.
 */
export const BATCH = 64
/** Turns that come before those that count. */
const WARM_UP = 4

/**
 * @template T
 * @typedef {object} Subject
 * @property {(token: string) => T} prepare - what a request would bring, outside of the clock
 * @property {(input: T) => boolean | Promise<boolean>} run - whether the token passes
 * @property {boolean} [isAsync]
 */

/**
 * @typedef {object} Plan
 * @property {Record<string, Subject<unknown>>} subjects
 * @property {(at: number, turn: number) => string} token - what the call `at` of a turn is made with
 * @property {number} calls - a turn, a multiple of `BATCH`
 * @property {number} turns
 * @property {number} refused - calls of a turn that have to be refused
 */

/**
 * @param {Plan} plan
 * @returns {Promise<Record<string, number[]>>} microseconds a call, of each turn
 */
export async function timeInTurns(plan) {
  const times = Object.fromEntries(Object.keys(plan.subjects).map((name) => [name, []]))
  for (let turn = 0; turn < WARM_UP + plan.turns; turn += 1) {
    for (const name of rotate(Object.keys(plan.subjects), turn)) {
      const microseconds = await timeTurn(plan, name, turn)
      if (turn >= WARM_UP) times[name].push(microseconds)
    }
  }
  return times
}

async function timeTurn({ subjects, token, calls, refused }, name, turn) {
  const { prepare, run, isAsync } = subjects[name]
  let passed = 0
  let nanoseconds = 0n
  for (let done = 0; done < calls; done += BATCH) {
    const inputs = Array.from({ length: BATCH }, (_, at) => prepare(token(done + at, turn)))
    const start = process.hrtime.bigint()
    passed += isAsync ? await countAsync(run, inputs) : countSync(run, inputs)
    nanoseconds += process.hrtime.bigint() - start
  }
  if (passed !== calls - refused) throw new Error(`${name} lets ${passed} of ${calls} tokens pass`)
  return Number(nanoseconds) / 1000 / calls
}

function countSync(run, inputs) {
  let passed = 0
  for (const input of inputs) if (run(input)) passed += 1
  return passed
}

async function countAsync(run, inputs) {
  const answers = await Promise.all(inputs.map(run))
  return answers.filter(Boolean).length
}

/** Medians of what `timeInTurns` returns. */
export const medians = (times) =>
  Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]))
