/**
 * A set that cannot be changed, because many requests share it.
 * @module
 */

/** A read-only set. It does not extend `Set`, because the methods of `Set.prototype` could change a subclass. */
class FrozenSet implements ReadonlySet<string> {
  readonly #names: ReadonlySet<string>

  constructor(names: readonly string[]) {
    this.#names = new Set(names)
    Object.freeze(this)
  }

  get size(): number {
    return this.#names.size
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  keys() {
    return this.#names.keys()
  }

  values() {
    return this.#names.values()
  }

  entries() {
    return this.#names.entries()
  }

  [Symbol.iterator]() {
    return this.#names.values()
  }

  forEach(action: (name: string, again: string, set: ReadonlySet<string>) => void, self?: unknown): void {
    for (const name of this.#names) action.call(self, name, name, this)
  }

  get [Symbol.toStringTag](): string {
    return 'Set'
  }

  /** Adds the methods of ECMAScript 2025 §24.2.4 that this version of Node has. */
  static {
    const sets = ['union', 'intersection', 'difference', 'symmetricDifference']
    const questions = ['isSubsetOf', 'isSupersetOf', 'isDisjointFrom']
    for (const name of [...sets, ...questions].filter((method) => method in Set.prototype)) {
      const method = Reflect.get(Set.prototype, name)
      Object.defineProperty(FrozenSet.prototype, name, {
        value(this: FrozenSet, ...given: unknown[]) {
          return Reflect.apply(method, this.#names, given)
        },
      })
    }
  }
}

const EMPTY = new FrozenSet([])

/** Makes a read-only set of names. */
export const toFrozenSet = (names: readonly string[]): ReadonlySet<string> =>
  names.length === 0 ? EMPTY : new FrozenSet(names)
