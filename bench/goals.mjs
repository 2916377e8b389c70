// What is to be reached, and was it?
import { AWS, OURS, UNGUARDED } from './variants/index.mjs'

/** A ratio over HTTP counts as reached when it is short of its goal by no more than this. */
const HTTP_TOLERANCE = 0.02

/**
 * @typedef {object} Goal
 * @property {string} workload
 * @property {number} [least]
 * @property {number} [most]
 * @property {number} [tolerance]
 */

/** @type {Record<string, Goal>} by the name of a ratio */
const goals = {
  'http.hot/unguarded': { workload: 'HTTP, hot token', least: 0.95, tolerance: HTTP_TOLERANCE },
  'http.thousand/unguarded': { workload: 'HTTP, 1,000 tokens', least: 0.93, tolerance: HTTP_TOLERANCE },
  'http.missing/unguarded': { workload: 'HTTP, no token', least: 0.9, tolerance: HTTP_TOLERANCE },
  'http.fresh/aws-jwt-verify': { workload: 'HTTP, every token fresh', least: 1.1, tolerance: HTTP_TOLERANCE },
  'http.junk/aws-jwt-verify': {
    workload: 'HTTP, half bad signatures, half repeated',
    least: 1.5,
    tolerance: HTTP_TOLERANCE,
  },
  'process.fresh/crypto.verify': { workload: 'in process, fresh token, our time over the limit', most: 1.5 },
  'process.hot/fast-jwt-cache': { workload: 'in process, hot token, their time over ours', least: 5 },
  'herd.fetches': { workload: 'cold herd of 1,000, fetches per kid', most: 1 },
}

/** Timer noise aside, a request costs the same with one pool and with many. */
const SAME = 1.1

/** @type {Array<Goal & { of: (scale: any) => number }>} */
const limits = [
  {
    workload: 'registering 1,000 pools, seconds',
    most: 1,
    of: ({ registration }) => registration[OURS].seconds,
  },
  {
    workload: 'registering 1,000 pools, MB',
    most: 5,
    of: ({ registration }) => registration[OURS].megabytes,
  },
  {
    workload: '10,000 pools over 1, fresh token',
    most: SAME,
    of: ({ request }) => growth(request['fresh token']),
  },
  {
    workload: '10,000 pools over 1, hot token',
    most: SAME,
    of: ({ request }) => growth(request['hot token']),
  },
  { workload: 'a remembered token, KB', most: 3, of: ({ memory }) => memory['a remembered token'] / 1000 },
  { workload: 'the keys of a pool, KB', most: 50, of: ({ memory }) => memory['the keys of a pool'] / 1000 },
  { workload: '1,000 unknown kids, fetches', most: 10, of: ({ fetches }) => fetches[OURS]['unknown kids'] },
]

const growth = (byPools) => byPools[10_000] / byPools[1]

/**
 * @param {import('./http/book.mjs').Book} book
 * @param {{ fresh: number, hot: number }} inProcess
 * @param {{ fetches: Record<string, Record<string, number>> }} scale
 */
export const toRatios = (book, inProcess, scale) => ({
  'http.hot/unguarded': book.ratio('hot', OURS, UNGUARDED),
  'http.thousand/unguarded': book.ratio('thousand', OURS, UNGUARDED),
  'http.missing/unguarded': book.ratio('missing', OURS, UNGUARDED),
  'http.fresh/aws-jwt-verify': book.ratio('fresh', OURS, AWS),
  'http.junk/aws-jwt-verify': book.ratio('junk', OURS, AWS),
  'process.fresh/crypto.verify': inProcess.fresh,
  'process.hot/fast-jwt-cache': inProcess.hot,
  'herd.fetches': scale.fetches[OURS]['cold herd'],
})

/** @param {ReturnType<typeof toRatios>} ratios */
export const judgeRatios = (ratios) =>
  Object.entries(goals).map(([name, goal]) => ({ ...goal, name, ...judge(goal, ratios[name]) }))

export const judgeLimits = (scale) => limits.map((limit) => ({ ...limit, ...judge(limit, limit.of(scale)) }))

/** @param {Goal} goal */
function judge({ least, most, tolerance = 0 }, measured) {
  const goal = least === undefined ? `at most ${most}` : `at least ${least}`
  if (measured === null) return { goal, measured: '–', verdict: 'not measured' }
  const isReached = least === undefined ? measured <= most : measured >= least - tolerance
  return { goal, measured: measured.toFixed(3), verdict: isReached ? 'reached' : 'not reached' }
}
