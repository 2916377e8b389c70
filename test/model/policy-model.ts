/**
 * The key policy of `docs/keys.md` as rules about what can be seen from outside: which fetches were made, what they
 * brought, and what requests heard. It shares no code with the plugin.
 * @module
 */
import type { EndpointFailure } from '../../src/jwks-fetch.js'
import type { KeyResult } from '../../src/key-ring.js'

export const REFRESH_MS = 300_000
export const STALE_MS = 86_400_000
export const TIMEOUT_MS = 2000
export const WAIT_MS = 3000
export const BURST = 10
export const INTERVAL_MS = 2000
const JITTER = 0.1
const MAX_IN_FLIGHT = 4
const FIRST_BACK_OFF_MS = 1000
const FIRST_ABSENCE_MS = 2000
const LONGEST_MS = 30_000

/** A rule that does not hold. */
export class Breach extends Error {}

function rule(holds: boolean, text: string): void {
  if (!holds) throw new Breach(text)
}

/** What a fetch brought: a key, `undefined` for "no such key", or a failure. */
export type Brought = { readonly key: string | undefined } | { readonly failure: EndpointFailure }

/** A request that waits for a key. */
export interface Asked {
  readonly kid: string
  readonly at: number
}

interface Confirmation {
  readonly url: string
  readonly key: string
  readonly at: number
}

/** What was seen of one URL. */
class Endpoint {
  /** When the fetches under way began. */
  readonly inFlight = new Map<string, number>()
  readonly unknownInFlight = new Set<string>()
  /** When lookups of unknown keys began, those of a failing endpoint aside. */
  readonly unknownStarts: number[] = []
  readonly absences = new Map<string, { readonly misses: number; readonly until: number }>()
  failures = 0
  backOffUntil = 0
  lastFailureAt = Number.NEGATIVE_INFINITY
  answeredAt = Number.NEGATIVE_INFINITY
  /** When an answer last ended a time of failures. */
  recoveredAt = Number.NEGATIVE_INFINITY

  /** A failure of long ago says nothing of today. */
  isKnownToFail(now: number): boolean {
    return this.failures > 0 && now - this.lastFailureAt <= 2 * REFRESH_MS
  }

  /** While it fails, one lookup asks whether it is back, and nobody else waits for that. */
  hasFailed(since: number): boolean {
    return this.failures > 0 || this.recoveredAt >= since || this.lastFailureAt >= since
  }

  /** The failure of a fetch that began before the last good answer is old news. */
  failed(begun: number, now: number, random: number): void {
    this.lastFailureAt = now
    if (begun < this.answeredAt) return
    if (now < this.backOffUntil) return
    const backOff = Math.min(FIRST_BACK_OFF_MS * 2 ** this.failures, LONGEST_MS)
    this.backOffUntil = now + backOff * (0.5 + random / 2)
    this.failures += 1
  }

  answered(kid: string, isFound: boolean, now: number): void {
    if (this.failures > 0) this.recoveredAt = now
    this.answeredAt = now
    this.failures = 0
    this.backOffUntil = 0
    const misses = (this.absences.get(kid)?.misses ?? 0) + 1
    const until = now + Math.min(FIRST_ABSENCE_MS * 2 ** (misses - 1), LONGEST_MS)
    if (isFound) this.absences.delete(kid)
    else this.absences.set(kid, { misses, until })
  }

  assertWithinBudget(now: number): void {
    this.unknownStarts.push(now)
    for (const [index, start] of this.unknownStarts.entries()) {
      const lookups = this.unknownStarts.length - index
      rule(lookups <= BURST + 1 + (now - start) / INTERVAL_MS, 'unknown keys are looked up within the budget')
    }
  }

  /** Whether a request that began to wait then could find no free lookup. */
  isExhausted(since: number): boolean {
    const recent = this.unknownStarts.filter((start) => start >= since - BURST * INTERVAL_MS)
    return recent.length >= BURST - 1 || this.unknownInFlight.size === MAX_IN_FLIGHT
  }
}

/** Sees everything, and throws a {@link Breach} at the first thing that the policy does not allow. */
export class PolicyModel {
  readonly #endpoints: ReadonlyMap<string, Endpoint>
  readonly #confirmed = new Map<string, Confirmation>()
  readonly #random: number
  /** Keys that were asked for by hand, in any case, until when that may begin. */
  readonly #refreshing = new Map<string, { readonly url: string; readonly until: number }>()

  constructor(urls: readonly string[], random: number) {
    this.#endpoints = new Map(urls.map((url) => [url, new Endpoint()]))
    this.#random = random
  }

  fetchBegins(url: string, kid: string, now: number): void {
    const endpoint = this.#at(url)
    rule(!endpoint.inFlight.has(kid), 'requests for one key join one lookup')
    if (!this.#isRefreshed(url, kid, now)) this.#assertMayBegin(endpoint, url, kid, now)
    endpoint.inFlight.set(kid, now)
  }

  /** All known keys are asked for by hand; those whose fetch is under way, when it has ended. */
  refreshBegins(now: number): void {
    for (const [kid, { url }] of this.#confirmed) {
      this.#refreshing.set(kid, { url, until: now + TIMEOUT_MS })
    }
  }

  fetchEnds(url: string, kid: string, brought: Brought, now: number): void {
    const endpoint = this.#at(url)
    const begun = endpoint.inFlight.get(kid) ?? now
    endpoint.inFlight.delete(kid)
    endpoint.unknownInFlight.delete(kid)
    if ('failure' in brought) endpoint.failed(begun, now, this.#random)
    else this.#learn(endpoint, url, kid, brought.key, now)
  }

  /** A request asked for a key that may be used at once. */
  held(kid: string, key: string | undefined, now: number): void {
    const known = this.#confirmed.get(kid)
    const isIdle = known !== undefined && now - known.at > 2 * REFRESH_MS
    const maySpareTheQuestion = known !== undefined && (!isIdle || this.#at(known.url).isKnownToFail(now))
    if (key === undefined) {
      rule(!(maySpareTheQuestion && this.#isTrusted(kid, now)), 'a known key never waits')
    } else {
      this.#assertUsable(kid, key, now)
      rule(maySpareTheQuestion, 'a process that idled asks before it trusts an old key')
    }
  }

  /** A request that waited was answered. */
  found({ kid, at }: Asked, result: KeyResult<string>, now: number): void {
    rule(now - at <= WAIT_MS, 'a request waits for three seconds at the most')
    if (result.outcome === 'found') this.#assertUsable(kid, result.key, now)
    else this.#assertHonest({ kid, at }, result.outcome, now)
  }

  #assertHonest(
    { kid, at }: Asked,
    outcome: Exclude<KeyResult<string>['outcome'], 'found'>,
    now: number,
  ): void {
    rule(!this.#isTrusted(kid, now), 'a known key is never refused')
    const endpoints = [...this.#endpoints.values()]
    const reasons = {
      absent: () => endpoints.some(({ absences }) => (absences.get(kid)?.until ?? 0) >= at),
      'over budget': () => endpoints.some((endpoint) => endpoint.isExhausted(at)),
      unavailable: () => now - at >= WAIT_MS || endpoints.every((endpoint) => endpoint.hasFailed(at)),
    }
    rule(reasons[outcome](), `"${outcome}" is answered only when it is so`)
  }

  #at(url: string): Endpoint {
    const endpoint = this.#endpoints.get(url)
    if (!endpoint) throw new Breach('only configured URLs are asked')
    return endpoint
  }

  #learn(endpoint: Endpoint, url: string, kid: string, key: string | undefined, now: number): void {
    endpoint.answered(kid, key !== undefined, now)
    if (key !== undefined) this.#confirmed.set(kid, { url, key, at: now })
    else if (this.#confirmed.get(kid)?.url === url) this.#confirmed.delete(kid)
  }

  #isTrusted(kid: string, now: number): boolean {
    const known = this.#confirmed.get(kid)
    return known !== undefined && now - known.at <= STALE_MS
  }

  #isRefreshed(url: string, kid: string, now: number): boolean {
    const refresh = this.#refreshing.get(kid)
    return refresh?.url === url && now <= refresh.until
  }

  #assertMayBegin(endpoint: Endpoint, url: string, kid: string, now: number): void {
    rule(now >= endpoint.backOffUntil, 'nobody asks during the back-off')
    if (endpoint.failures > 0) rule(endpoint.inFlight.size === 0, 'one lookup a back-off step')
    else this.#assertDue(endpoint, url, kid, now)
  }

  #assertDue(endpoint: Endpoint, url: string, kid: string, now: number): void {
    const known = this.#confirmed.get(kid)
    if (known?.url === url) {
      const isDue = now - known.at > REFRESH_MS * (1 - JITTER)
      rule(isDue, 'a key is re-checked when it is due')
      return
    }
    rule(endpoint.unknownInFlight.size < MAX_IN_FLIGHT, 'four lookups of unknown keys at once')
    endpoint.assertWithinBudget(now)
    endpoint.unknownInFlight.add(kid)
  }

  #assertUsable(kid: string, key: string, now: number): void {
    const known = this.#confirmed.get(kid)
    rule(known !== undefined, 'a key that is not published, or no longer, is not used')
    rule(known?.key === key, 'a key that changed is replaced')
    rule(this.#isTrusted(kid, now), 'a key is not trusted past its time')
  }
}
