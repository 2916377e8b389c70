/**
 * Runs courses of events against the key ring and the model of its policy.
 * @module
 */
import fc from 'fast-check'
import { courses } from './commands.js'
import { World } from './world.js'

export interface ModelRun {
  readonly runs: number
  readonly seed: number
}

/**
 * @throws {Error} the shortest course found that breaks a rule
 */
export async function runModel({ runs, seed }: ModelRun): Promise<void> {
  const chance = fc.double({ min: 0, max: 0.999, noNaN: true })
  const property = fc.asyncProperty(courses, chance, async (course, random) => {
    const world = new World(random)
    await fc.asyncModelRun(() => ({ model: {}, real: world }), course)
    await world.end()
  })
  await fc.assert(property, { numRuns: runs, seed })
}
