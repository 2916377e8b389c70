/**
 * Names that an object in JSON has twice.
 * @module
 */
import t from 'tap'
import { findRepeatedName } from '../../src/base/repeated-name.js'

t.test('a name is found at any level, however it is written', async (t) => {
  for (const [json, path] of [
    ['{"a":1,"a":2}', 'a'],
    ['{"a":{"b":1},"c":{"b":1,"d":[],"b":2}}', 'c.b'],
    ['{"a":[{"b":1},{"b":1,"b":1}]}', 'a.b'],
    ['{"a" : 1, "\\u0061"\n:\n2}', 'a'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"a\\"":1,"b":2,"a\\"":3}', 'a"'],
    ['{"a":{"x":{}},"a":{"x":{}}}', 'a'],
  ] as const) {
    t.equal(findRepeatedName(json)?.path.join('.'), path, json)
  }
  t.equal(findRepeatedName('{"a":1,\n"a":2}')?.index, 8)
})

t.test('one name in two objects, values and texts are no repetition', async (t) => {
  for (const json of [
    '{"a":{"a":{"a":"a"}},"b":"a","c":["a","a"]}',
    '[{"a":1},{"a":1}]',
    '{"a":"{\\"b\\":1,\\"b\\":2}","b":"\\\\"}',
    '{"a":":","b":"a"}',
    '{"a":1,"A":2}',
    '"a"',
    '{}',
  ]) {
    t.equal(findRepeatedName(json), undefined, json)
  }
})
