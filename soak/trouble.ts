/**
 * Since when the key endpoint of pool eu is in trouble, told from its exchanges with whoever asks it.
 *
 * The verdicts of the oracle rest on this and not on what the server under test says of its endpoint. One fetch of a URL
 * is under way at a time: who has a good answer has had the bad ones before it.
 * @module
 */

/** What is told of it. */
export interface TroubleListener {
  readonly trouble: (at: number) => void
  readonly recovered: (at: number) => void
}

/** Watches the exchanges of one endpoint. */
export function watchTrouble({ trouble, recovered }: TroubleListener) {
  let isTroubled = false

  function begin(at: number): void {
    if (isTroubled) return
    isTroubled = true
    trouble(at)
  }

  return {
    isTroubled: () => isTroubled,
    bad: () => begin(Date.now()),
    good(): void {
      if (!isTroubled) return
      isTroubled = false
      recovered(Date.now())
    },
    /** A good answer that came too late for the server, as on a busy machine. */
    givenUp: (askedAt: number, timeoutMs: number) => begin(askedAt - timeoutMs),
  }
}
