/**
 * Since when the key endpoint of pool eu is in trouble, told from its exchanges with whoever asks it.
 *
 * The verdicts of the oracle rest on this and not on what the server under test says of its endpoint.
 * @module
 */

/** What is told of it. */
export interface TroubleListener {
  readonly trouble: (at: number) => void
  readonly recovered: (at: number) => void
}

/**
 * A good answer counts only if it was asked for so much later than the last bad one ended: the two may reach the
 * server in the other order. Milliseconds.
 */
const OVERTAKING_MS = 200

/** Watches the exchanges of one endpoint. */
export function watchTrouble({ trouble, recovered }: TroubleListener) {
  let isTroubled = false
  let open = 0
  let lastBadAt = 0

  function begin(at: number): void {
    if (isTroubled) return
    isTroubled = true
    trouble(at)
  }

  return {
    isTroubled: () => isTroubled,
    badBegins(): void {
      open += 1
      begin(Date.now())
    },
    badEnds(): void {
      open -= 1
      lastBadAt = Date.now()
    },
    good(askedAt: number): void {
      if (!isTroubled || open > 0 || askedAt < lastBadAt + OVERTAKING_MS) return
      isTroubled = false
      recovered(Date.now())
    },
    /** A good answer that came too late for the server, as on a busy machine. */
    givenUp(askedAt: number, timeoutMs: number): void {
      lastBadAt = Date.now()
      begin(askedAt - timeoutMs)
    },
  }
}
