/**
 * A set that nobody can change, because many requests share it.
 * @module
 */

class FrozenSet extends Set<string> {
  constructor(names: readonly string[]) {
    super()
    for (const name of names) super.add(name)
    Object.freeze(this)
  }

  override add(): never {
    throw new TypeError('this set is read-only')
  }

  override delete(): never {
    return this.add()
  }

  override clear(): never {
    return this.add()
  }
}

const EMPTY: ReadonlySet<string> = new FrozenSet([])

/** The read-only set of these names. Its `add`, `delete` and `clear` throw a `TypeError`. */
export const toFrozenSet = (names: readonly string[]): ReadonlySet<string> =>
  names.length === 0 ? EMPTY : new FrozenSet(names)
