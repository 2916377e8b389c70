/**
 * A set that nobody can change, because many requests share it.
 * @module
 */

/** Not a subclass of `Set`, whose own methods would change it all the same. */
class FrozenSet implements Iterable<string> {
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

  [Symbol.iterator]() {
    return this.#names.values()
  }

  forEach(action: (name: string, again: string, set: ReadonlySet<string>) => void, self?: unknown): void {
    for (const name of this.#names) action.call(self, name, name, this as unknown as ReadonlySet<string>)
  }

  get [Symbol.toStringTag](): string {
    return 'Set'
  }

  /** What else sets can do in this version of Node: ECMAScript 2025, §24.2.4. */
  static {
    const views = ['keys', 'values', 'entries']
    const sets = ['union', 'intersection', 'difference', 'symmetricDifference']
    const questions = ['isSubsetOf', 'isSupersetOf', 'isDisjointFrom']
    for (const name of [...views, ...sets, ...questions].filter((method) => method in Set.prototype)) {
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

/** The read-only set of these names. */
export const toFrozenSet = (names: readonly string[]): ReadonlySet<string> =>
  (names.length === 0 ? EMPTY : new FrozenSet(names)) as unknown as ReadonlySet<string>
