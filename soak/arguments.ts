/**
 * How the commands read numbers.
 * @module
 */

/** @throws {TypeError} naming the argument */
export function toNumber(text: string, name: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value > 0) return value
  throw new TypeError(`${name}: expected a whole number from 1`)
}
