// What do the requests of a workload carry, and how have they to be answered?
import { FRESH, REPEATED, Tokens } from '../tokens.mjs'

/** Share of the requests that a guard has to refuse. */
export const workloads = {
  missing: { title: 'no token', refused: 1 },
  hot: { title: 'one hot token', refused: 0 },
  thousand: { title: '1,000 tokens', refused: 0 },
  fresh: { title: 'every token fresh', refused: 0 },
  junk: { title: 'half bad signatures, half repeated', refused: 0.5 },
}

/**
 * The requests of each workload, ready to be sent in turn.
 *
 * @param {string} tokenFile
 * @returns {Record<keyof typeof workloads, Buffer[]>}
 */
export function prepareRequests(tokenFile) {
  const tokens = new Tokens(tokenFile)
  const thousand = times(REPEATED, (index) => toRequest(tokens.repeated(index)))
  return {
    missing: [toRequest()],
    hot: thousand.slice(0, 1),
    thousand,
    fresh: times(FRESH, (index) => toRequest(tokens.fresh(index))),
    junk: times(2 * FRESH, (index) =>
      index % 2 === 0 ? thousand[(index / 2) % REPEATED] : toRequest(tokens.junk((index - 1) / 2)),
    ),
  }
}

const times = (length, make) => Array.from({ length }, (_, index) => make(index))

function toRequest(token) {
  const authorization = token === undefined ? '' : `authorization: Bearer ${token}\r\n`
  return Buffer.from(`GET / HTTP/1.1\r\nhost: localhost\r\n${authorization}\r\n`, 'latin1')
}
