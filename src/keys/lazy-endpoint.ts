/**
 * An endpoint that is made when it is first asked, because most pools never ask one of their two URLs.
 * @module
 */
import type { Endpoint, Lookup } from './endpoint.js'
import type { PublishedKeys } from './key-set.js'
import { type EndpointHealth, UNASKED } from './request-limits.js'

/** The part of an endpoint that a key ring uses. */
export type RingEndpoint<K> = Pick<
  Endpoint<K>,
  'held' | 'lookUp' | 'ensure' | 'refresh' | 'isAsked' | 'has' | 'trusted' | 'health'
>

/** Makes the endpoints of a ring. */
export interface EndpointMaker<K> {
  /** `true` when a store may have a set of an endpoint before the endpoint is asked. */
  readonly hasStore: boolean
  readonly make: (place: KeyPlace) => Endpoint<K>
}

/** The place of a key set: its URL, or the keys that the options have. */
export type KeyPlace = string | PublishedKeys

/** An endpoint that holds nothing until it is made. Its methods are those of {@link Endpoint}. */
export class LazyEndpoint<K> implements RingEndpoint<K> {
  readonly #maker: EndpointMaker<K>
  readonly #place: KeyPlace
  #made: Endpoint<K> | undefined

  constructor(maker: EndpointMaker<K>, place: KeyPlace) {
    this.#maker = maker
    this.#place = place
  }

  get isAsked(): boolean {
    return this.#made?.isAsked === true
  }

  held(kid: string): K | undefined {
    return this.#made?.held(kid)
  }

  has(kid: string): boolean {
    return this.#made?.has(kid) === true
  }

  trusted(): ReturnType<Endpoint<K>['trusted']> {
    return this.#made?.trusted()
  }

  health(): EndpointHealth {
    return this.#made?.health() ?? UNASKED
  }

  lookUp(kid: string): Promise<Lookup<K>> {
    return this.#endpoint().lookUp(kid)
  }

  ensure(): Promise<void> {
    return this.#endpoint().ensure()
  }

  /** Refreshes a set that is held. An endpoint that was not made holds a set only in its store. */
  async refresh(): Promise<boolean> {
    if (this.#made === undefined && !this.#maker.hasStore) return true
    return this.#endpoint().refresh()
  }

  #endpoint(): Endpoint<K> {
    this.#made ??= this.#maker.make(this.#place)
    return this.#made
  }
}
