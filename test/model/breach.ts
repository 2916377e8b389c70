/**
 * What the model says when the policy does not hold.
 * @module
 */

/** A rule that does not hold. */
export class Breach extends Error {}

/** @throws {Breach} */
export function rule(holds: boolean, text: string): void {
  if (!holds) throw new Breach(text)
}
