/**
 * What the processes of a run tell each other. Moments are readings of `Date.now()`, which all of them share.
 * @module
 */
import type { KeysOptions } from '../src/index.js'
import type { TestPoolOptions } from '../src/testing/index.js'
import type { Pace } from './setting.js'

export type PoolName = 'eu' | 'us'

/** A token, and whom its route has to name. */
export interface Token {
  readonly text: string
  readonly subject: string
}

/** Genuine tokens that no route for access tokens of pool eu may take. */
export type MisfitName = 'expired' | 'other client' | 'other pool' | 'ID token'

/** A pair of keys of pool eu, of which that of access tokens is used, and what was minted when it was made. */
export interface Edition {
  readonly kid: string
  /** Both keys, as an endpoint publishes them. */
  readonly keys: readonly Readonly<Record<string, unknown>>[]
  readonly tokens: readonly Token[]
  readonly misfits: Readonly<Record<MisfitName, readonly Token[]>>
  /** Of pool us, so that they never get old; its key stays. */
  readonly us: readonly Token[]
}

/** To the mint. */
export interface ToMint {
  readonly what: 'mint'
}

/** From the mint. */
export type FromMint =
  | {
      readonly what: 'pools'
      readonly pools: Readonly<Record<PoolName, TestPoolOptions>>
      readonly us: { readonly kid: string; readonly keys: Edition['keys'] }
    }
  | { readonly what: 'edition'; readonly edition: Edition }

/** What the issuer does with its keys and its endpoint. Milliseconds. */
export type Plan =
  | ({ readonly kind: 'weather' } & Pick<Pace, 'calmMs' | 'faultMs'>)
  | { readonly kind: 'rotations'; readonly count: number; readonly pauseMs: number }

/** To the issuer. */
export type ToIssuer =
  | { readonly what: 'begin'; readonly plan: Plan }
  /** The server under test is frozen from now on, or goes on. */
  | { readonly what: 'freeze'; readonly isFrozen: boolean }
  /** Asks for the account. */
  | { readonly what: 'end' }

/** How often a phase came, and how often the endpoint was asked in it. */
export interface PhaseCount {
  readonly times: number
  readonly fetches: number
}

/** What the endpoints saw. */
export interface Account {
  readonly phases: Readonly<Record<string, PhaseCount>>
  readonly fetches: Readonly<Record<PoolName, number>>
  /** Of the place to which the fault `redirect` leads: nobody may go there. */
  readonly strays: number
  /** Pairs of keys published at once, at most. */
  readonly mostPublished: number
}

/** What the load has to know of the keys and their endpoint. */
export type News =
  | { readonly what: 'published'; readonly at: number; readonly edition: Edition }
  | { readonly what: 'removed'; readonly at: number; readonly kid: string }
  /** From then on the endpoint of pool eu has given bad answers. */
  | { readonly what: 'trouble'; readonly at: number }
  /** It has given a good one, and no bad one is under way. */
  | { readonly what: 'recovered'; readonly at: number }

/** From the issuer. */
export type FromIssuer =
  | News
  | {
      readonly what: 'ready'
      readonly pools: Readonly<Record<PoolName, TestPoolOptions>>
      readonly usKid: string
    }
  /** The endpoint of pool eu is well from now on, or fails. */
  | { readonly what: 'phase'; readonly isCalm: boolean }
  /** The endpoint of pool eu was asked for its keys. */
  | { readonly what: 'asked' }
  /** The plan is followed; one for the weather has no end. */
  | { readonly what: 'done' }
  | { readonly what: 'account'; readonly account: Account }

/** What is deliberately wrong with a server, to see whether the oracle notices. */
export type Weakness =
  | 'refuses one valid request of 500'
  | 'accepts everything'
  | 'fails once in a while'
  | 'loses its keys when the endpoint fails'
  | 'accepts removed keys for ever'
  | 'lets a flood lock new keys out'
  | 'takes a freeze for an outage'
  | 'trusts old keys after a freeze'

/** To the server. */
export type ToServer =
  | {
      readonly what: 'start'
      readonly pools: Readonly<Record<PoolName, TestPoolOptions>>
      readonly keys: KeysOptions
      readonly weakness: Weakness | undefined
    }
  /** Asks what it holds on to while nobody asks anything of it. */
  | { readonly what: 'rest' }

/** How the server fares. */
export interface Vitals {
  readonly at: number
  /** Bytes. */
  readonly rss: number
  /** Bytes. */
  readonly heap: number
  /** Milliseconds, since the last report. */
  readonly loopP99: number
  /** Number of active resources. */
  readonly resources: number
}

/** From the server. */
export type FromServer =
  | { readonly what: 'listening'; readonly port: number }
  | { readonly what: 'vitals'; readonly vitals: Vitals }
  /** It stood still, because it was frozen or got no processor. */
  | { readonly what: 'stall'; readonly from: number; readonly until: number }
  /** After the garbage was collected. */
  | { readonly what: 'rest'; readonly vitals: Vitals }
