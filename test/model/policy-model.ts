/**
 * The key policy of `docs/keys.md` as rules about what can be seen from outside: which fetches were made, what they
 * brought, and what requests heard. The model shares no code with the plugin.
 * @module
 */
import type { Lookup } from '../../src/keys/endpoint.js'
import type { FetchedSet } from '../../src/keys/fetch.js'
import type { KeyRingStatus } from '../../src/keys/key-ring.js'
import { rule } from './breach.js'
import { askFirstMs, type CoursePolicy, ROOM } from './course-policy.js'
import type { Material } from './key-material.js'
import type { LivedTime } from './lived-time.js'
import type { PublishedDocument } from './published-document.js'
import { assertStatus } from './status-rules.js'
import { StoreModel } from './store-model.js'
import { UrlModel } from './url-model.js'

/** A URL as it is configured, and the truth about it. */
export interface Place {
  readonly href: string
  readonly document: PublishedDocument
}

/** What the model is told at the start. */
export interface Surroundings {
  readonly policy: CoursePolicy
  /** What chance answers, 0 to 1. */
  readonly random: number
  readonly places: readonly Place[]
  readonly hasStore: boolean
  readonly now: () => number
  readonly time: LivedTime
}

/** A URL as the model sees it. */
interface Seen extends Place {
  readonly url: UrlModel
  readonly store: StoreModel
}

/** A request that waits for a key. */
export interface Asked {
  readonly kid: string
  /** The URL of the token's issuer. */
  readonly own: Seen
  readonly at: number
  readonly number: number
  /** The URLs that nobody was allowed to ask at that time. */
  readonly quiet: ReadonlySet<UrlModel>
  /** Whether the other URL has published the key: then the plugin asks there, too. */
  readonly isElsewhere: boolean
  /** Whether there has to be room for the request. */
  readonly needsRoom: boolean
  /** Whether the plugin asks each URL at once. */
  readonly isServedAtOnce: boolean
}

/** A hand refresh or a boot that has begun. */
export interface Begun {
  readonly at: number
  readonly number: number
  /** For a refresh, the URLs that have to be asked; for a boot, those that need not be. */
  readonly urls: readonly UrlModel[]
}

/** A request that was released goes on in the background for this long at the most. */
const AFTERMATH_MS = 60_000
/** Two fetches of each of two URLs that answer at once take no longer. */
const AT_ONCE_MS = 100
const LONGEST_RETRY_AFTER_MS = 60_000

/** Sees everything of one process, and throws a `Breach` at the first thing that the policy does not allow. */
export class PolicyModel {
  readonly #policy: CoursePolicy
  readonly #now: () => number
  readonly #seen: readonly Seen[]
  readonly #hasStore: boolean
  readonly #time: LivedTime
  readonly #waiting = new Set<Asked>()
  readonly #refreshing = new Set<Begun>()
  readonly #ensuring = new Set<Begun>()
  /** When requests came that had to wait. */
  #recent: number[] = []
  /** Counts fetches, requests, refreshes and boots in the order in which they begin. */
  #number = 0
  /** When a request, a refresh or a boot last began or ended. */
  #demandedAt = Number.NEGATIVE_INFINITY
  /** Fetches that have ended, and of which the plugin has not told. */
  #untold = 0
  #isUsing = false
  #isClosed = false
  /** Every set that is held was asked for later than this. */
  #purgedAt = Number.NEGATIVE_INFINITY

  constructor({ policy, random, places, hasStore, now, time }: Surroundings) {
    this.#policy = policy
    this.#now = now
    this.#time = time
    this.#hasStore = hasStore
    this.#seen = places.map((place) => {
      const url = new UrlModel(place.href, policy, random)
      return { ...place, url, store: new StoreModel(url, place.document, { policy, now, time }) }
    })
  }

  get #urls(): readonly UrlModel[] {
    return this.#seen.map(({ url }) => url)
  }

  get #isLoading(): boolean {
    return this.#seen.some(({ store }) => store.isLoading)
  }

  storeOf(href: string): StoreModel {
    return this.#at(href).store
  }

  /** The process has stood still until now. */
  frozen(ms: number): void {
    this.#demandedAt += ms
  }

  closes(): void {
    this.#isClosed = true
  }

  fetchBegins(href: string, known: ReadonlyMap<string, Material>): void {
    const now = this.#now()
    rule(!this.#isClosed, 'a closed application asks nobody')
    const isWanted = this.#isUsing || this.#waiting.size > 0 || now - this.#demandedAt <= AFTERMATH_MS
    rule(isWanted, 'a URL is asked because somebody asks')
    const { url } = this.#at(href)
    rule(this.#isInTurn(url), 'at boot, the other URL is asked where the first one fails')
    const isByHand = [...this.#refreshing].some(({ number }) => number > url.lastBegun)
    this.#number += 1
    url.begins(this.#number, now, known, isByHand)
  }

  /** A boot asks the URLs in their order. A request asks the URL of its token first. */
  #isInTurn(url: UrlModel): boolean {
    const isForRequest = this.#isUsing || this.#waiting.size > 0 || this.#countRecent() > 0
    if (isForRequest || this.#refreshing.size > 0) return true
    return this.#urls.slice(0, this.#urls.indexOf(url)).every(({ isFailing }) => isFailing)
  }

  fetchEnds(href: string, fetched: FetchedSet): void {
    const { url } = this.#at(href)
    // A fetch that the application has ended says nothing.
    if (this.#isClosed) {
      url.flight = undefined
      return
    }
    url.ends(fetched, this.#now())
    this.#untold += 1
  }

  /** The plugin tells that a fetch has ended. */
  told(): void {
    this.#untold -= 1
  }

  /** A request uses a key at once, or learns that it has to wait. */
  uses(kid: string, use: () => string | undefined): string | undefined {
    const now = this.#now()
    const server = this.#urls.find((url) => url.usable(kid, now) !== undefined)
    const mayAsk = server?.flight === undefined && server?.isQuiet(now) === false && !this.#isClosed
    const asked = mayAsk && server.isDue(now) ? server : undefined
    const flights = this.#urls.map(({ flight }) => flight)
    this.#isUsing = true
    const key = use()
    this.#isUsing = false
    rule(key === undefined || server !== undefined, 'a key is used that the policy does not allow to use')
    rule(key !== undefined || server === undefined, 'a key that may be used is used at once')
    rule(key === server?.usable(kid, now), 'the key of the present set is used')
    for (const [index, url] of this.#urls.entries()) {
      const isAsked = url.flight !== flights[index]
      rule(isAsked === (url === asked), 'a URL is asked when a set is used that is due, and only then')
    }
    if (key === undefined) return undefined
    this.#demandedAt = now
    this.#assertTrue(kid, key, false)
    return key
  }

  /** A request begins to wait. */
  asks(kid: string, index: number): Asked {
    const now = this.#now()
    const own = this.#seen[index % this.#seen.length] as Seen
    this.#number += 1
    this.#demandedAt = now
    const asked: Asked = {
      kid,
      own,
      at: now,
      number: this.#number,
      quiet: new Set(this.#urls.filter((url) => url.isQuiet(now))),
      isElsewhere: this.#urls.some((url) => url !== own.url && url.set?.keys.has(kid)),
      needsRoom: this.#isHolding(),
      isServedAtOnce: this.#urls.every((url) => this.#isOpen(url)),
    }
    this.#waiting.add(asked)
    this.#recent.push(now)
    return asked
  }

  /** At a cold start everybody waits for the one fetch that serves all. Of two URLs it is not seen who waits for which. */
  #isHolding(): boolean {
    const [url, other] = this.#urls
    return other === undefined && url?.isDue(this.#now()) === false
  }

  /** Whether a URL is asked as soon as a request comes for an unknown key. */
  #isOpen(url: UrlModel): boolean {
    const now = this.#now()
    // The plugin asks its store first.
    if (url.set === undefined && this.#hasStore) return false
    if (!url.isDue(now) && !url.isFailing) return url.hasBudget(now)
    return url.flight === undefined && !url.isQuiet(now)
  }

  /** A request that waited is answered. */
  hears(asked: Asked, lookup: Lookup<string>): void {
    this.#waiting.delete(asked)
    this.#demandedAt = this.#now()
    this.#assertPatient(asked)
    this.#assertServedAtOnce(asked)
    if (lookup.outcome === 'found') this.#assertFound(asked, lookup.key)
    else this.#assertRefused(asked, lookup)
  }

  #assertRefused(asked: Asked, lookup: Exclude<Lookup<string>, { readonly outcome: 'found' }>): void {
    const { kid } = asked
    const isUsable = this.#urls.some((url) => url.usable(kid, this.#now()) !== undefined)
    rule(!isUsable, 'a key that may be used is never refused')
    rule(!this.#isTakenAway(asked), 'an outage takes no key away')
    if (lookup.outcome === 'absent') {
      this.#assertAbsent(asked)
      return
    }
    this.#assertUseful(asked, lookup.retryAfterMs)
    if (lookup.outcome === 'failed') this.#assertFailed(asked)
    else rule(this.#countRecent() > ROOM, 'a request is turned away only where too many wait')
  }

  /** Whether a URL fails, and a key of its set is refused although the process has lived through that. */
  #isTakenAway({ kid, at }: Asked): boolean {
    const now = this.#now()
    if (this.#isClosed || this.#time.hadGap(at)) return false
    const isImpatient = this.#time.isPatienceOver(at, now)
    const isUnasked = (url: UrlModel) => isImpatient && url.flight === undefined
    const failing = this.#urls.filter((url) => url.isFailing && !url.isInDoubt)
    return failing.some((url) => url.trusted(kid, now) !== undefined && !isUnasked(url))
  }

  /** Asserts that whoever waits may wait. */
  assertWaiting(): void {
    for (const asked of this.#waiting) this.#assertPatient(asked)
    const crowd = [...this.#waiting].filter(({ needsRoom }) => needsRoom)
    // One of them has begun the fetch that the others wait for.
    rule(!this.#isHolding() || crowd.length <= ROOM + 1, 'not too many requests wait')
    const isAnybodyLeft = this.#waiting.size > 0 || this.#refreshing.size > 0 || this.#ensuring.size > 0
    const isOver = this.#isClosed && !this.#isLoading
    rule(!isOver || !isAnybodyLeft, 'nobody waits for a closed application')
  }

  refreshBegins(): Begun {
    const urls = this.#urls.filter(({ set, flight }) => set !== undefined || flight !== undefined)
    const begun = this.#begins(urls)
    this.#refreshing.add(begun)
    return begun
  }

  refreshEnds(begun: Begun, isGood: boolean): void {
    const { at, number, urls } = begun
    this.#refreshing.delete(begun)
    if (isGood) {
      const isAsked = urls.every(({ lastGood }) => lastGood > number)
      rule(isAsked, 'a refresh is done when every URL was asked anew')
      this.#purgedAt = Math.max(this.#purgedAt, at)
    } else {
      const hasReason = this.#isClosed || this.#urls.some((url) => url.hasFailedSince(at))
      rule(hasReason, 'a refresh fails only where a URL does')
    }
  }

  ensureBegins(): Begun {
    const now = this.#now()
    const begun = this.#begins(this.#urls.filter((url) => !url.isDue(now) || url.isQuiet(now)))
    this.#ensuring.add(begun)
    return begun
  }

  ensureEnds(begun: Begun): void {
    const { at, urls } = begun
    this.#ensuring.delete(begun)
    for (const url of this.#urls) {
      const isSeenTo = urls.includes(url) || !url.isDue(this.#now()) || url.lastOutcomeAt >= at
      rule(this.#isClosed || isSeenTo, 'at boot, each URL is asked until one answers')
      if (!url.isFailing) return
    }
  }

  assertStatus(status: KeyRingStatus): void {
    rule(this.#untold === 0, 'each end of a fetch is told')
    assertStatus(status, this.#urls, this.#now())
  }

  assertSaved(): void {
    if (this.#hasStore) for (const { store } of this.#seen) store.assertSaved()
  }

  #begins(urls: readonly UrlModel[]): Begun {
    this.#number += 1
    this.#demandedAt = this.#now()
    return { at: this.#now(), number: this.#number, urls }
  }

  #at(href: string): Seen {
    const seen = this.#seen.find((one) => one.href === href)
    rule(seen !== undefined, 'only configured URLs are asked')
    return seen as Seen
  }

  /** Counts the requests that may still have a place in the plugin: a released request keeps its place for a while. */
  #countRecent(): number {
    const now = this.#now()
    this.#recent = this.#recent.filter((at) => this.#time.since(at, now) <= AFTERMATH_MS)
    return this.#recent.length
  }

  #assertPatient({ at }: Asked): void {
    const isKept = this.#time.isKept(at, this.#now())
    rule(!isKept, 'a request waits for three seconds, and for two more after a gap')
  }

  /** The budget is there to be used. */
  #assertServedAtOnce({ at, isServedAtOnce }: Asked): void {
    const now = this.#now()
    if (this.#isClosed || !isServedAtOnce) return
    const isAtOnce = this.#time.since(at, now) <= AT_ONCE_MS || this.#time.hadGap(at)
    const isQuick = this.#urls.every((url) => url.isQuickSince(at, now))
    rule(isAtOnce || !isQuick, 'while there is budget, an unknown key is looked up at once')
  }

  #assertFound({ kid, at }: Asked, key: string): void {
    const now = this.#now()
    const isUsable = this.#urls.some((url) => url.usable(kid, now) === key)
    // A URL that is asked, and says nothing while the process lives, counts as failing.
    const isSilence = this.#time.isPatienceOver(at, now) && !this.#time.hadGap(at)
    const isTrusted = this.#urls.some((url) => url.flight && url.trusted(kid, now) === key)
    rule(isUsable || (isSilence && isTrusted), 'a key is found that the policy does not allow to use')
    this.#assertTrue(kid, key, isSilence)
  }

  /** Asserts by the truth alone that a key may work: after its removal, only for the reasons that the policy has. */
  #assertTrue(kid: string, key: string, isSilence: boolean): void {
    const now = this.#now()
    const isJustified = ({ document, url }: Seen): boolean => {
      const last = document.lastPublished(kid, key, now)
      if (last === undefined || now - last > this.#policy.staleMs) return false
      if (last === now) return true
      if (last < this.#purgedAt || last < url.lastGoodAskedAt) return false
      const isYoung = now - last <= askFirstMs(this.#policy)
      return isYoung || url.isKnownToFail(now) || (isSilence && url.flight !== undefined)
    }
    rule(this.#seen.some(isJustified), 'a removed key does not work')
  }

  #assertAbsent({ kid, own, at, number, quiet }: Asked): void {
    const hasFailed = quiet.has(own.url) || own.url.hasFailedSince(at)
    const lacking = this.#seen.filter(({ url }) => url.hasLacked(kid, number))
    rule(lacking.length > 0, 'a key is absent only by a set that was asked for after the request came')
    rule(lacking.includes(own) || hasFailed, 'the URL of the token is asked, and the other one if that fails')
    const isTrusted = this.#urls.some((url) => url.trusted(kid, this.#now()) !== undefined)
    rule(!isTrusted, 'a key of a set that is trusted is not absent')
    rule(hasFailed || !own.document.hasHad(kid, at), 'a published key is not absent')
    const isEverywhere = this.#seen.every(({ document }) => document.hasHad(kid, at))
    rule(!isEverywhere, 'a key that all URLs publish is never absent')
  }

  #assertFailed(asked: Asked): void {
    const { kid, own, at, quiet, isElsewhere } = asked
    const now = this.#now()
    if (this.#isClosed) return
    const isImpatient = this.#time.isPatienceOver(at, now)
    rule(isImpatient || this.#haveFailed(asked), 'a request fails where all URLs do')
    if (!isImpatient || this.#time.hadGap(at)) return
    const isLived = this.#time.since(at, now) === now - at
    const isQuick = isLived && !quiet.has(own.url) && own.url.isQuickSince(at, now)
    rule(!isQuick || isElsewhere, 'nobody loses patience with a URL that answers')
    const isTrusted = this.#urls.some((url) => url.flight && url.trusted(kid, now) !== undefined)
    rule(!isTrusted, 'a trusted key is used where a URL is silent')
  }

  /** A URL that has answered does not help where a set has the key that is too old to be used. */
  #haveFailed({ kid, at, number, quiet }: Asked): boolean {
    const failing = this.#urls.filter((url) => quiet.has(url) || url.hasFailedSince(at))
    if (failing.length === this.#urls.length) return true
    const isTrusted = this.#urls.some((url) => url.trusted(kid, this.#now()) !== undefined)
    const haveEnded = this.#urls.every((url) => failing.includes(url) || url.lastGood > number)
    return isTrusted && haveEnded && failing.length > 0
  }

  /** Of one URL it is known when it can be asked again. */
  #assertUseful({ at }: Asked, retryAfterMs: number): void {
    const now = this.#now()
    const isInRange = retryAfterMs > 0 && retryAfterMs <= LONGEST_RETRY_AFTER_MS
    rule(isInRange, 'a client is told to come again within a minute')
    const [url, other] = this.#urls
    const isKnown = other === undefined && !this.#isClosed && !this.#time.isPatienceOver(at, now)
    rule(!isKnown || url?.isQuiet(now + retryAfterMs) === false, 'a client is told when to come again')
  }
}
