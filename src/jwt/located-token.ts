/**
 * The place of a token in the text that carries it: a header's value ends in its token.
 * @module
 */

/** A token that is not cut out yet, because cutting it out copies it. */
export interface LocatedToken {
  /** The text that carries the token. */
  readonly input: string
  /** Position in `input` at which the token begins. */
  readonly start: number
}

/** Cuts the token out. */
export const tokenTextOf = ({ input, start }: LocatedToken): string => input.slice(start)
