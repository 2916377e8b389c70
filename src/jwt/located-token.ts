/**
 * A token in what it came in: a text of its own, or a header's value that ends in it.
 * @module
 */

/** A token that nobody has cut out yet: to cut it out copies it. */
export interface LocatedToken {
  /** The text that the token came in. */
  readonly input: string
  /** Position in `input` at which the token begins. */
  readonly start: number
}

/** The token alone. */
export const tokenTextOf = ({ input, start }: LocatedToken): string => input.slice(start)
