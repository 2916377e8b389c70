/**
 * When the endpoint of pool eu is well and when it fails, and when its keys change meanwhile: fault after fault, with a
 * time between any two in which it is well.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Endpoints } from './endpoints.js'
import { FAULT_NAMES, type FaultName } from './faults.js'
import type { Plan } from './messages.js'
import type { Publication } from './publication.js'
import { random } from './random.js'

type Weather = Extract<Plan, { readonly kind: 'weather' }>

/** Keys change in this share of a calm, so that a fault may come before anybody has seen the new one. */
const CHANGES = 0.9
const POLL_MS = 20

/** What the weather changes. */
export interface Sky {
  readonly endpoints: Endpoints
  readonly publication: Publication
  /** Whether the server under test stands still. */
  readonly isFrozen: () => boolean
}

/** Never ends. */
export async function changeWeather(sky: Sky, { calmMs, faultMs }: Weather): Promise<void> {
  const { endpoints } = sky
  for (;;) {
    for (const name of FAULT_NAMES) {
      await calm(sky, calmMs)
      await fail(endpoints, name, faultMs)
    }
  }
}

/** Begins to count when the server has noticed that the endpoint is well: until then the back-off goes on. */
async function calm({ endpoints, publication, isFrozen }: Sky, calmMs: number): Promise<void> {
  endpoints.enter('ok')
  while (endpoints.isTroubled()) await sleep(POLL_MS)
  const sometime = () => sleep(random() * CHANGES * calmMs)
  await Promise.all([
    liveThrough(calmMs, isFrozen),
    sometime().then(() => publication.publish()),
    sometime().then(() => publication.removeOldest()),
  ])
}

/** A fault that nobody has met is none: it lasts until somebody has. */
async function fail(endpoints: Endpoints, name: FaultName, faultMs: number): Promise<void> {
  const count = endpoints.enter(name)
  const before = count.fetches
  await sleep(faultMs)
  while (count.fetches === before) await sleep(POLL_MS)
}

/** Waits for a time that the server lives through, so that a freeze in a calm ends in the same calm. */
async function liveThrough(ms: number, isFrozen: () => boolean): Promise<void> {
  let leftMs = ms
  for (let last = performance.now(); leftMs > 0; last = performance.now()) {
    await sleep(POLL_MS)
    if (!isFrozen()) leftMs -= performance.now() - last
  }
}
