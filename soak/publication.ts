/**
 * Which keys pool eu publishes, and where the next ones come from.
 * @module
 */
import type { Child } from './child.js'
import type { Edition, FromMint, ToMint } from './messages.js'

/** Pairs of keys that are made in advance. */
const AHEAD = 3

/** What is told of it. */
export interface PublicationListener {
  readonly published: (edition: Edition) => void
  readonly removed: (edition: Edition) => void
}

/** The published keys of pool eu. */
export class Publication {
  readonly #mint: Child<ToMint, FromMint>
  readonly #listener: PublicationListener
  readonly #editions: Edition[] = []
  readonly #made: Edition[] = []
  readonly #waiting: ((edition: Edition) => void)[] = []
  #most = 0

  constructor(mint: Child<ToMint, FromMint>, listener: PublicationListener) {
    this.#mint = mint
    this.#listener = listener
    mint.onMessage((message) => {
      if (message.what !== 'edition') return
      const take = this.#waiting.shift()
      if (take) take(message.edition)
      else this.#made.push(message.edition)
    })
    for (let index = 0; index < AHEAD; index += 1) mint.tell({ what: 'mint' })
  }

  /** The oldest first. */
  get editions(): readonly Edition[] {
    return this.#editions
  }

  /** How many pairs were published at once, at most. */
  get most(): number {
    return this.#most
  }

  async publish(): Promise<void> {
    this.#mint.tell({ what: 'mint' })
    const edition =
      this.#made.shift() ?? (await new Promise<Edition>((resolve) => this.#waiting.push(resolve)))
    this.#editions.push(edition)
    this.#most = Math.max(this.#most, this.#editions.length)
    this.#listener.published(edition)
  }

  removeOldest(): void {
    const edition = this.#editions.shift()
    if (edition) this.#listener.removed(edition)
  }
}
