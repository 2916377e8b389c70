/**
 * A set that requests share: it answers as a set does, and nobody can change it.
 * @module
 */
import t from 'tap'
import { toFrozenSet } from '../../src/base/frozen-set.js'

t.test('it answers as a set does', async (t) => {
  const set = toFrozenSet(['a', 'b', 'a'])
  t.strictSame([set.size, set.has('a'), set.has('c')], [2, true, false])
  t.strictSame(
    [[...set], [...set.keys()], [...set.values()]],
    [
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ],
  )
  t.strictSame(
    [...set.entries()],
    [
      ['a', 'a'],
      ['b', 'b'],
    ],
  )
  t.strictSame(new Set(set), new Set(['a', 'b']))
  const seen: unknown[] = []
  const self = {}
  set.forEach(function (this: unknown, ...given) {
    seen.push(this === self, ...given.slice(0, 2), given[2] === set)
  }, self)
  t.strictSame(seen, [true, 'a', 'a', true, true, 'b', 'b', true])
  t.equal(String(set), '[object Set]')
})

t.test('it has the methods that sets have in this version of Node', async (t) => {
  const set = toFrozenSet(['a', 'b']) as unknown as Record<string, (other: Set<string>) => unknown>
  const other = new Set(['b', 'c'])
  const results: Readonly<Record<string, unknown>> = {
    union: new Set(['a', 'b', 'c']),
    intersection: new Set(['b']),
    difference: new Set(['a']),
    symmetricDifference: new Set(['a', 'c']),
    isSubsetOf: false,
    isSupersetOf: false,
    isDisjointFrom: false,
  }
  for (const [name, result] of Object.entries(results)) {
    t.equal(name in set, name in Set.prototype, name)
    if (name in set) t.strictSame(set[name]?.(other), result, name)
  }
})

t.test('nobody can change it', async (t) => {
  const set = toFrozenSet(['a'])
  for (const name of ['add', 'delete', 'clear'] as const) {
    t.notOk(name in set)
    t.throws(() => Reflect.apply(Set.prototype[name], set, ['b']), TypeError)
  }
  t.throws(() => Object.assign(set, { has: () => true }), TypeError)
  t.strictSame([...set], ['a'])
})
