/**
 * The randomness of a run: by a seed, so that a run can be drawn again. What the machine does in between differs each time.
 * @module
 */

const VARIABLE = 'SOAK_SEED'

let state: number | undefined

/** Chooses the seed for this process and for those that it starts. A seed that is left out is drawn. */
export function useSeed(text = String(Date.now() % 2 ** 31)): string {
  if (!/^\d{1,10}$/.test(text)) throw new TypeError('--seed: expected a whole number from 0')
  process.env[VARIABLE] = text
  state = undefined
  return text
}

/** The seed that this process uses. */
export const currentSeed = (): number => Number(process.env[VARIABLE] ?? 0)

/** A number from 0 to below 1 (mulberry32). */
export function random(): number {
  state = ((state ?? currentSeed()) + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}
