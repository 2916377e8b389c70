/**
 * Runs courses of events against the key ring and the model of its policy.
 * @module
 */
import fc from 'fast-check'
import { courses, crowd } from './commands.js'
import { POLICIES } from './course-policy.js'
import { type Setting, World } from './world.js'

export interface ModelRun {
  readonly runs: number
  readonly seed: number
}

/** One course in this many has a crowd, which takes a while; fast-check would prefer the ends of a range. */
const COURSES_A_CROWD = 250

const settings: fc.Arbitrary<Setting> = fc.record({
  policy: fc.constantFrom(...POLICIES),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  urls: fc.constantFrom('one', 'two of one set', 'two'),
  // The second reader, which is asked about stored sets, takes most of the time.
  hasStore: fc.constantFrom(true, false, false),
})

/** Whether so many requests come in the end that there is no room for them. */
const crowded = fc
  .noBias(fc.nat({ max: COURSES_A_CROWD - 1 }))
  .map((number) => number === COURSES_A_CROWD - 1)

/**
 * @throws {Error} the shortest course found that breaks a rule
 */
export async function runModel({ runs, seed }: ModelRun): Promise<void> {
  const property = fc.asyncProperty(courses, settings, crowded, async (course, setting, isCrowded) => {
    const world = new World(setting)
    await fc.asyncModelRun(() => ({ model: {}, real: world }), course)
    if (isCrowded) await crowd(world)
    await world.end()
  })
  await fc.assert(property, { numRuns: runs, seed })
}
