/**
 * The audience of new marks: the listeners of a store, and the tokens that a gate watches.
 * @module
 */
import { concerns, type RevocableToken, type RevocationMark } from './store.js'

/** The members of a mark that a listener gets. */
export type HeardMark = Pick<RevocationMark, 'key' | 'notBefore'>

/** The listeners of one store. */
export class MarkListeners {
  readonly #listeners = new Set<{ readonly tell: (mark: HeardMark) => void }>()

  /** Adds a listener. Returns a function that removes it. */
  readonly add = (tell: (mark: HeardMark) => void) => {
    const listener = { tell }
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Tells every listener of a mark. */
  tell({ key, notBefore }: HeardMark): void {
    for (const listener of this.#listeners) listener.tell({ key, notBefore })
  }
}

interface Watched {
  readonly token: RevocableToken
  readonly onRevoked: () => void
}

/** Tokens in use, by the keys of the marks that can revoke them: a mark costs one lookup, however many tokens there are. */
export class WatchedTokens {
  readonly #byKey = new Map<string, Set<Watched>>()

  /** `true` when no token is watched. */
  get isEmpty(): boolean {
    return this.#byKey.size === 0
  }

  /** Watches a token. Returns a function that ends the watch. */
  add(token: RevocableToken, onRevoked: () => void): () => void {
    const watched = { token, onRevoked }
    for (const key of token.keys) {
      const others = this.#byKey.get(key)
      if (others === undefined) this.#byKey.set(key, new Set([watched]))
      else others.add(watched)
    }
    return () => this.#remove(watched)
  }

  /** Calls back for each token that the mark revokes. */
  hear({ key, notBefore }: HeardMark): void {
    for (const { token, onRevoked } of [...(this.#byKey.get(key) ?? [])]) {
      if (concerns({ notBefore }, token.issuedAt)) onRevoked()
    }
  }

  #remove(watched: Watched): void {
    for (const key of watched.token.keys) {
      const others = this.#byKey.get(key)
      others?.delete(watched)
      if (others?.size === 0) this.#byKey.delete(key)
    }
  }
}
