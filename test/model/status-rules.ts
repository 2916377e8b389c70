/**
 * What the status of a pool's keys has to say, by what was seen of its URLs.
 * @module
 */
import type { KeyRingStatus } from '../../src/keys/key-ring.js'
import { rule } from './breach.js'
import type { UrlModel } from './url-model.js'

export function assertStatus(status: KeyRingStatus, urls: readonly UrlModel[], now: number): void {
  const holding = urls.filter((url) => url.isTrusted(now))
  assertState(status, holding, urls)
  assertKeys(status, holding, now)
  assertTimes(status, urls, now)
}

const secondsSince = (at: number, now: number): number => Math.round((now - at) / 1000)

function assertState(
  { state }: KeyRingStatus,
  holding: readonly UrlModel[],
  urls: readonly UrlModel[],
): void {
  const held = holding.some((url) => !url.isFailing) ? 'ok' : 'degraded'
  const notHeld = urls.every((url) => url.isFailing) ? 'down' : 'cold'
  rule(state === (holding.length > 0 ? held : notHeld), 'the status says how the keys are')
}

function assertKeys({ keys, source }: KeyRingStatus, holding: readonly UrlModel[], now: number): void {
  const sets = holding.flatMap(({ set }) => set ?? []).sort((one, other) => one.askedAt - other.askedAt)
  const askedAt = new Map(sets.flatMap((set) => [...set.keys.keys()].map((kid) => [kid, set.askedAt])))
  const ages = [...askedAt.values()].map((at) => secondsSince(at, now))
  const said = keys.map(({ ageSeconds }) => ageSeconds)
  rule(String(said.sort()) === String(ages.sort()), 'the status says how old each key is')
  const newest = sets.filter((set) => set.askedAt === sets.at(-1)?.askedAt)
  const isSource = newest.length === 0 ? source === undefined : newest.some((set) => set.source === source)
  rule(isSource, 'the status says where the keys are from')
}

function assertTimes(
  { lastSuccessSeconds, lastFailure }: KeyRingStatus,
  urls: readonly UrlModel[],
  now: number,
): void {
  const successes = urls.flatMap(({ lastSuccessAt }) => lastSuccessAt ?? [])
  const success = successes.length > 0 ? secondsSince(Math.max(...successes), now) : undefined
  rule(lastSuccessSeconds === success, 'the status says when a URL last answered')
  const failures = urls.flatMap((url) => url.lastFailure ?? [])
  const failedAt = Math.max(...failures.map(({ at }) => at))
  const latest = failures.filter(({ at }) => at === failedAt).map(({ failure }) => failure)
  const isSaid = latest.some(
    ({ failure, code }) => failure === lastFailure?.reason && code === lastFailure.code,
  )
  const seconds = latest.length > 0 ? secondsSince(failedAt, now) : undefined
  rule(lastFailure?.seconds === seconds, 'the status says when a URL last failed')
  rule(isSaid || latest.length === 0, 'the status says how a URL last failed')
}
