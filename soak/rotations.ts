/**
 * Key rotation as fast as it is allowed to be, with an overlap.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Plan } from './messages.js'
import type { Publication } from './publication.js'
import { FIRST_EDITIONS } from './setting.js'

type Rotations = Extract<Plan, { readonly kind: 'rotations' }>

/** Replaces the oldest of the published keys, again and again. */
export async function rotate(publication: Publication, { count, pauseMs }: Rotations): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await sleep(pauseMs)
    await publication.publish()
    while (publication.editions.length > FIRST_EDITIONS) publication.removeOldest()
  }
  await sleep(pauseMs)
}
