// Which tokens does a workload send?
import { readFileSync } from 'node:fs'

/** Tokens of the workload that repeats a thousand. The first of them is the hot one. */
export const REPEATED = 1000
/** Tokens that are sent once: as many as a server gets while it lives, or else they come round. */
export const FRESH = 44_000
/** Room for the caches under test, as much as fastify-cognito has by default. */
export const CACHED = 10_000

const A = 'A'.charCodeAt(0)

/** Minted tokens, kept as bytes: the text is built anew for each use, so that no hash of it is remembered. */
export class Tokens {
  #bytes
  #starts

  /** @param {string} file - a token a line */
  constructor(file) {
    this.#bytes = readFileSync(file)
    this.#starts = [0]
    for (let at = this.#bytes.indexOf('\n'); at >= 0; at = this.#bytes.indexOf('\n', at + 1)) {
      this.#starts.push(at + 1)
    }
  }

  /** @param {number} index - counted round */
  repeated(index) {
    return this.#bytesOf(index % REPEATED).latin1Slice()
  }

  /** @param {number} index - counted round */
  fresh(index) {
    return this.#bytesOf(REPEATED + (index % FRESH)).latin1Slice()
  }

  /** A fresh token with one wrong character in its signature. */
  junk(index) {
    const bytes = Buffer.from(this.#bytesOf(REPEATED + (index % FRESH)))
    const at = bytes.lastIndexOf('.') + 100
    bytes[at] = bytes[at] === A ? A + 1 : A
    return bytes.latin1Slice()
  }

  #bytesOf(index) {
    const end = this.#starts[index + 1] ?? this.#bytes.length + 1
    return this.#bytes.subarray(this.#starts[index], end - 1)
  }
}
