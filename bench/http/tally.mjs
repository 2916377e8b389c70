// What became of the requests of one run?
import { performance } from 'node:perf_hooks'
import { quantile } from '../statistics.mjs'
import { readClocks } from './clocks.mjs'

/** Between two looks at the server's clock. */
const LOOK_MS = 10
/** A run whose server does not get its core ends after this many times its duration. */
const PATIENCE = 1.5

/**
 * @typedef {object} Run
 * @property {Record<string, number>} statuses - of all responses
 * @property {number} perSecond - responses
 * @property {number} perCoreSecond - responses in a second of the server's processor time
 * @property {number} p50 - milliseconds
 * @property {number} p99 - milliseconds
 * @property {number} serverShare - of a core
 * @property {number} generatorShare - of a core
 */

/** Counts responses until the server has worked for some time. The first ones are not measured. */
export class Tally {
  #pid
  #seconds
  #settling
  #statuses = {}
  #latencies = []
  #start
  #end
  #lookAt = Number.POSITIVE_INFINITY

  /**
   * @param {number} pid - of the server
   * @param {number} seconds - of the server's processor time
   * @param {number} settling - responses that come before the clock is started
   */
  constructor(pid, seconds, settling) {
    this.#pid = pid
    this.#seconds = seconds
    this.#settling = settling
  }

  /** Returns whether to go on. */
  count(status, sentAt) {
    const now = performance.now()
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1
    if (this.#start === undefined) this.#settle(now)
    else if (this.#end === undefined) {
      this.#latencies.push(now - sentAt)
      if (now >= this.#lookAt) this.#look(now)
    }
    return this.#end === undefined
  }

  /** @returns {Run} */
  summary() {
    const [wall, server, own] = ['wall', 'server', 'own'].map(
      (clock) => this.#end[clock] - this.#start[clock],
    )
    const { length } = this.#latencies
    return {
      statuses: this.#statuses,
      perSecond: length / wall,
      perCoreSecond: length / server,
      p50: quantile(this.#latencies, 0.5),
      p99: quantile(this.#latencies, 0.99),
      serverShare: server / wall,
      generatorShare: own / wall,
    }
  }

  #settle(now) {
    this.#settling -= 1
    if (this.#settling > 0) return
    this.#start = readClocks(this.#pid)
    this.#lookAt = now + LOOK_MS
  }

  #look(now) {
    const clocks = readClocks(this.#pid)
    const hasWorked = clocks.server - this.#start.server >= this.#seconds
    if (hasWorked || clocks.wall - this.#start.wall >= PATIENCE * this.#seconds) this.#end = clocks
    this.#lookAt = now + LOOK_MS
  }
}
