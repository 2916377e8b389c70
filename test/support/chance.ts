/**
 * Chance that is the same in each run.
 * @module
 */

/** What chance says: numbers from 0 to 1 that are the same in each run. */
export function createChance(seed: number): () => number {
  let state = Math.imul(seed, 2_654_435_761)
  return () => {
    // A linear congruential generator, with the constants of Numerical Recipes.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
