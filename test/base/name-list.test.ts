/**
 * A list of names that requests share: it is an array in all respects, it answers `has`, and nothing can change it.
 * @module
 */
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import t from 'tap'
import { toNameList } from '../../src/base/name-list.js'

const list = toNameList(['b', 'a', 'b', 'c'])

t.test('it is a list of different names in the order of the token', async (t) => {
  assert.deepStrictEqual(list, ['b', 'a', 'c'])
  assert.deepStrictEqual([...list], ['b', 'a', 'c'])
  assert.deepStrictEqual(new Set(list), new Set(['b', 'a', 'c']))
  t.equal(JSON.stringify({ list }), '{"list":["b","a","c"]}')
  assert.deepStrictEqual(structuredClone({ list }), { list: ['b', 'a', 'c'] })
  t.equal(inspect(list), "[ 'b', 'a', 'c' ]")
  t.strictSame([Array.isArray(list), list.length, Object.keys(list)], [true, 3, ['0', '1', '2']])
  t.equal(toNameList([]).length, 0)
})

t.test('different lists differ, inside of objects as well', async (t) => {
  for (const names of [['b', 'a'], ['a', 'b', 'c'], []]) {
    const other = toNameList(names)
    t.throws(() => assert.deepStrictEqual(other, list), { code: 'ERR_ASSERTION' })
    t.throws(() => assert.deepStrictEqual({ of: { ada: other } }, { of: { ada: list } }), {
      code: 'ERR_ASSERTION',
    })
  }
  assert.deepStrictEqual({ of: { ada: toNameList(['b', 'a', 'c']) } }, { of: { ada: list } })
})

t.test('has finds its names in exact case, and nothing else', async (t) => {
  const { has } = list
  for (const name of ['a', 'b', 'c']) t.equal(has(name), true, name)
  for (const name of ['A', 'd', '', '0', 'length', 'has', '__proto__']) t.equal(list.has(name), false, name)
  t.equal(toNameList([]).has('a'), false)
  t.equal(toNameList(['__proto__', 'has']).has('__proto__'), true)
})

t.test('nothing can change it', async (t) => {
  const any = list as unknown as string[] & { has: unknown }
  const attempts: readonly ((target: typeof any) => unknown)[] = [
    (target) => target.push('admin'),
    (target) => target.splice(0, 1, 'admin'),
    (target) => target.sort(),
    (target) => target.reverse(),
    (target) => target.fill('admin'),
    (target) => target.copyWithin(0, 1),
    (target) => target.pop(),
    (target) => target.shift(),
    (target) => target.unshift('admin'),
    (target) => Object.assign(target, ['admin']),
    (target) => Object.assign(target, { has: () => true }),
    (target) => Object.defineProperty(target, 'has', { value: () => true }),
    (target) => Object.setPrototypeOf(target, []),
    (target) => {
      target.length = 0
    },
    (target) => Array.prototype.push.call(target, 'admin'),
  ]
  for (const attempt of attempts) t.throws(() => attempt(any), TypeError)
  t.equal(Reflect.deleteProperty(any, 'has'), false)
  assert.deepStrictEqual(list, ['b', 'a', 'c'])
  t.equal(list.has('admin'), false)
})

t.test('it does not change with the list that it was made from', async (t) => {
  const names = ['a']
  const made = toNameList(names)
  names.push('admin')
  t.strictSame([...made, made.has('admin')], ['a', false])
})
