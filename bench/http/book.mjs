// What did the rounds over HTTP show?
import { median, quantile } from '../statistics.mjs'
import { UNGUARDED } from '../variants/index.mjs'
import { workloads } from './workloads.mjs'

const FIGURES = ['perSecond', 'perCoreSecond', 'p50', 'p99', 'serverShare', 'generatorShare']

/** The runs of all rounds, and what could not be measured. */
export class Book {
  /** @type {Map<string, (import('./tally.mjs').Run & { turn: number })[]>} */
  #runs = new Map()
  #turn = 0
  /** @type {Map<string, string>} */
  #faults = new Map()

  /** What is added from now on are neighbours in time. */
  turn() {
    this.#turn += 1
  }

  add(variant, workload, run) {
    const key = toKey(variant, workload)
    this.#runs.set(key, [...(this.#runs.get(key) ?? []), { ...run, turn: this.#turn }])
  }

  /** @param {string} [workload] - left out, of all of them */
  addFault(variant, reason, workload) {
    this.#faults.set(toKey(variant, workload), reason)
  }

  isFaulty(variant, workload) {
    return this.#faults.has(toKey(variant)) || this.#faults.has(toKey(variant, workload))
  }

  /** What could not be measured, and why. */
  get faults() {
    return Object.fromEntries(this.#faults)
  }

  /** Requests of one variant over those of another, in the same time of their core; null where one is missing. */
  ratio(workload, one, other) {
    const ratios = this.#ratios(workload, one, other)
    return ratios.length > 0 ? median(ratios) : null
  }

  /** Medians by workload and variant. */
  summary(variants) {
    return mapToObject(Object.keys(workloads), (workload) =>
      mapToObject(
        variants.filter((variant) => this.#series(variant, workload, 'perSecond').length > 0),
        (variant) => this.#summarize(variant, workload),
      ),
    )
  }

  #summarize(variant, workload) {
    const ratios = this.#ratios(workload, variant, UNGUARDED)
    return {
      relative: this.ratio(workload, variant, UNGUARDED),
      middleHalf: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
      ...mapToObject(FIGURES, (name) => median(this.#series(variant, workload, name))),
    }
  }

  #ratios(workload, one, other) {
    const neighbours = new Map(this.#runsOf(other, workload).map((run) => [run.turn, run]))
    return this.#runsOf(one, workload).flatMap(({ turn, perCoreSecond }) => {
      const neighbour = neighbours.get(turn)
      return neighbour === undefined ? [] : [perCoreSecond / neighbour.perCoreSecond]
    })
  }

  #series(variant, workload, name) {
    return this.#runsOf(variant, workload).map((run) => run[name])
  }

  /** Empty for a variant that failed at any time. */
  #runsOf(variant, workload) {
    return this.isFaulty(variant, workload) ? [] : (this.#runs.get(toKey(variant, workload)) ?? [])
  }
}

const toKey = (variant, workload) =>
  workload === undefined ? variant : `${variant}: ${workloads[workload].title}`

const mapToObject = (keys, make) => Object.fromEntries(keys.map((key) => [key, make(key)]))
