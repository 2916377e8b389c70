/**
 * A token in what it came in: a text of its own, or a header's value that ends in it.
 * @module
 */

/** A token that nobody has cut out yet: to cut it out copies it. */
export interface CarriedToken {
  /** The text that the token came in. */
  readonly carrier: string
  /** Position in `carrier` at which the token begins. */
  readonly start: number
}

/** The token alone. */
export const tokenTextOf = ({ carrier, start }: CarriedToken): string => carrier.slice(start)
