/**
 * The key ids of a flood that names few, again and again: an attacker's way to have them looked up in place of a new key.
 * @module
 */
import { randomBytes } from 'node:crypto'

const KIDS = 3
const REPLACED_MS = 2000

export const randomKid = () => randomBytes(32).toString('base64')

/** Makes the function that names them in turn. The oldest one is replaced every two seconds. */
export function createFewKids(): () => string {
  const kids = Array.from({ length: KIDS }, randomKid)
  let replacedAt = performance.now()
  let turn = 0
  return () => {
    if (performance.now() - replacedAt >= REPLACED_MS) {
      kids.shift()
      kids.push(randomKid())
      replacedAt = performance.now()
    }
    turn = (turn + 1) % KIDS
    return kids[turn] as string
  }
}
