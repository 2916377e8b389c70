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

type Weather = Extract<Plan, { readonly kind: 'weather' }>

/** Keys change in this share of a calm, so that a fault may come before anybody has seen the new one. */
const CHANGES = 0.9
const POLL_MS = 20

/** Never ends. */
export async function changeWeather(
  endpoints: Endpoints,
  publication: Publication,
  { calmMs, faultMs }: Weather,
): Promise<void> {
  for (;;) {
    for (const name of FAULT_NAMES) {
      await calm(endpoints, publication, calmMs)
      await fail(endpoints, name, faultMs)
    }
  }
}

/** Begins to count when the server has noticed that the endpoint is well: until then the back-off goes on. */
async function calm(endpoints: Endpoints, publication: Publication, calmMs: number): Promise<void> {
  endpoints.enter('ok')
  while (endpoints.isTroubled()) await sleep(POLL_MS)
  const sometime = () => sleep(Math.random() * CHANGES * calmMs)
  await Promise.all([
    sleep(calmMs),
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
