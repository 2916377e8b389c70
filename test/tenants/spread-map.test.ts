/**
 * The map of tenants: it holds what a `Map` would hold, and no part of it is large.
 * @module
 */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { SpreadMap } from '../../src/tenants/spread-map.js'

t.test('it holds what a Map holds', async () => {
  const key = fc.string({ maxLength: 3 })
  const pairs = fc.array(fc.tuple(key, fc.nat()), { maxLength: 200 })
  fc.assert(
    fc.property(pairs, key, (pairs, other) => {
      const map = new Map(pairs)
      const spread = new SpreadMap<number>()
      for (const [key, value] of pairs) spread.set(key, value)
      const keys = [...map.keys(), other]
      return (
        spread.size === map.size &&
        isDeepStrictEqual(new Map(spread), map) &&
        isDeepStrictEqual(
          [...spread.values()],
          [...spread].map(([, value]) => value),
        ) &&
        keys.every((key) => spread.get(key) === map.get(key) && spread.has(key) === map.has(key))
      )
    }),
    { seed: 18, numRuns: 200 },
  )
})

t.test('names of the prototype are keys as all others', async (t) => {
  const spread = new SpreadMap<number>()
  t.equal(spread.get('__proto__'), undefined)
  t.equal(spread.get('constructor'), undefined)
  spread.set('__proto__', 1)
  t.equal(spread.get('__proto__'), 1)
})

/** Sizes of the parts: the entries come part by part, and those of a part in the order in which they were set. */
function sizesOf(spread: SpreadMap<number>): number[] {
  const sizes: number[] = []
  let last = Number.POSITIVE_INFINITY
  for (const [, index] of spread) {
    if (index < last) sizes.push(0)
    sizes.push((sizes.pop() ?? 0) + 1)
    last = index
  }
  return sizes
}

t.test('the entries are in many parts of a like size, where names or ids end in numbers', async (t) => {
  const endings: Readonly<Record<string, (index: number) => string>> = {
    'names with numbers': (index) => `tenant${index}`,
    'ids in hexadecimal': (index) => `eu-west-1_${((index * 2_654_435_761) >>> 0).toString(16)}`,
  }
  for (const [name, toKey] of Object.entries(endings)) {
    const spread = new SpreadMap<number>()
    for (let index = 0; index < 6400; index += 1) spread.set(toKey(index), index)
    const sizes = sizesOf(spread)
    t.equal(spread.size, 6400, name)
    t.ok(Math.max(...sizes) < 600, `${name}: ${Math.max(...sizes)} in the largest part`)
  }
})
