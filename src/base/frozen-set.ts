/**
 * A set that cannot be changed, because many requests share it.
 * @module
 */

/** A read-only set. It does not extend `Set`, because the methods of `Set.prototype` could change a subclass. */
class FrozenSet implements ReadonlySet<string> {
  declare readonly keys: ReadonlySet<string>['keys']
  declare readonly values: ReadonlySet<string>['values']
  declare readonly entries: ReadonlySet<string>['entries']
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
    for (const name of this.#names) action.call(self, name, name, this)
  }

  get [Symbol.toStringTag](): string {
    return 'Set'
  }

  /** Adds the other methods of ECMAScript 2025 §24.2.4, as far as this version of Node has them. */
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

/** Makes a read-only set of names. */
export const toFrozenSet = (names: readonly string[]): ReadonlySet<string> =>
  names.length === 0 ? EMPTY : new FrozenSet(names)
