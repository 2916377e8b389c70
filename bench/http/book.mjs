// What did the rounds over HTTP show?
import { median, pairedRatios, quantile } from '../statistics.mjs'
import { UNGUARDED } from '../variants/index.mjs'
import { workloads } from './workloads.mjs'

const FIGURES = ['perSecond', 'perCoreSecond', 'p50', 'p99', 'serverShare', 'generatorShare']

/** The runs of all rounds, and what could not be measured. */
export class Book {
  /** @type {Map<string, import('./tally.mjs').Run[]>} */
  #runs = new Map()
  /** @type {Map<string, string>} */
  #faults = new Map()

  add(variant, workload, run) {
    const key = toKey(variant, workload)
    this.#runs.set(key, [...(this.#runs.get(key) ?? []), run])
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

  #ratios(workload, ...variants) {
    const [ones, others] = variants.map((variant) => this.#series(variant, workload, 'perCoreSecond'))
    return ones.length === others.length ? pairedRatios(ones, others) : []
  }

  /** Empty for a variant that failed at any time. */
  #series(variant, workload, name) {
    const runs = this.isFaulty(variant, workload) ? [] : this.#runs.get(toKey(variant, workload))
    return (runs ?? []).map((run) => run[name])
  }
}

const toKey = (variant, workload) =>
  workload === undefined ? variant : `${variant}: ${workloads[workload].title}`

const mapToObject = (keys, make) => Object.fromEntries(keys.map((key) => [key, make(key)]))
