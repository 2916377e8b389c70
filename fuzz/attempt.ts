/**
 * What one case tries, and how a kind of cases makes it out of a plan that fast-check can shrink.
 * @module
 */
import type { Arbitrary } from 'fast-check'
import type { KeyName, RouteName } from './setting.js'
import type { Stage } from './stage.js'
import type { GenuineToken } from './tokens.js'

/** One case. */
export interface Attempt {
  readonly route: RouteName
  readonly text: string
  /** The genuine key that signed exactly `text`; tokens signed in advance need not tell. */
  readonly signer?: KeyName
  /** The value of the `Authorization` line, where it is not `Bearer` and the text. */
  readonly header?: string
}

/** What kinds are made of. */
export interface Material {
  readonly stage: Stage
  readonly genuine: readonly GenuineToken[]
}

/** A kind of cases. */
export interface Kind<P> {
  readonly name: string
  /** Share of all cases, in relation to the others. */
  readonly weight: number
  readonly plan: Arbitrary<P>
  /** `now` is milliseconds since 1970. */
  readonly build: (plan: P, now: number) => Attempt
}

/** A kind whose plans are its own affair. */
export type AnyKind = Kind<unknown>

/** Hides the type of a kind's plans. */
export const hide = <P>(kind: Kind<P>): AnyKind => kind as unknown as AnyKind
