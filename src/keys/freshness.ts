/**
 * How long a key set is trusted: when it is fetched again in the background, when before its use, and when it is dropped.
 * @module
 */

/** The ages of a key set at which its use changes; milliseconds. */
export interface FreshnessPolicy {
  /** Returns a number from 0 to 1. */
  readonly random: () => number
  /** Age from which on a set is fetched again in the background when a request uses the set. */
  readonly refreshAfterMs: number
  /** Age from which on a set is fetched again before a request uses the set, unless the endpoint is known to fail. */
  readonly askFirstAfterMs: number
  /** Age from which on a set is not trusted, even while the endpoint fails; at least `refreshAfterMs`. */
  readonly staleIfErrorMs: number
}

/** The times of a key set; readings of the clock. */
export interface SetTimes {
  readonly askedAt: number
  /** Time from which on the set is fetched again. It varies, so that sets of the same age are not all fetched at once. */
  readonly refreshAt: number
}

/** Share of `refreshAfterMs` by which the time of the next fetch varies. */
const JITTER = 0.1

/** Draws the time from which on a set is fetched again. */
export function drawRefreshAt(askedAt: number, policy: FreshnessPolicy): number {
  const { random, refreshAfterMs, staleIfErrorMs } = policy
  return askedAt + Math.min(refreshAfterMs * (1 - JITTER + 2 * JITTER * random()), staleIfErrorMs)
}

/**
 * Tells how a set may be used. `'fresh'`: at once. `'due'`: at once, and the set is fetched again in the background.
 * `'old'`: only after a fetch, because the process idled or was frozen. `'untrusted'`: not at all.
 */
export function freshnessOf({ askedAt, refreshAt }: SetTimes, now: number, policy: FreshnessPolicy) {
  if (now <= refreshAt) return 'fresh'
  if (!isTrusted(askedAt, now, policy)) return 'untrusted'
  return now - askedAt > policy.askFirstAfterMs ? 'old' : 'due'
}

/** Tells whether a set may be used while the endpoint fails. */
export const isTrusted = (askedAt: number, now: number, { staleIfErrorMs }: FreshnessPolicy) =>
  now - askedAt <= staleIfErrorMs
