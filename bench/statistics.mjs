// What is typical of many measurements?

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length / 2
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2
}

/**
 * @param {readonly number[]} values
 * @param {number} share - 0 to 1
 */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/**
 * The ratios of two series that were measured in turns: each measurement is held against its neighbour in time, so
 * that a machine that is slower for a while is so for both.
 *
 * @param {readonly number[]} ones
 * @param {readonly number[]} others
 */
export const pairedRatios = (ones, others) => ones.map((one, index) => one / others[index])

/**
 * The list in parts of a size; one empty part of an empty list.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {number} size
 * @returns {T[][]}
 */
export function chunk(list, size) {
  const parts = Math.max(1, Math.ceil(list.length / size))
  return Array.from({ length: parts }, (_, part) => list.slice(part * size, (part + 1) * size))
}

/**
 * The same list in an order that chance decides.
 *
 * @template T
 * @param {readonly T[]} list
 * @returns {T[]}
 */
export function shuffle(list) {
  const shuffled = [...list]
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1))
    ;[shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]]
  }
  return shuffled
}

/**
 * The same list, begun later: who is measured first changes from turn to turn.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {number} by
 */
export function rotate(list, by) {
  const start = by % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}
