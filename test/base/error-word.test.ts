/**
 * One word for a caught error, in place of its text.
 * @module
 */
import t from 'tap'
import { wordOf } from '../../src/base/error-word.js'

t.test('the code or the name of an error, and never its message', async (t) => {
  t.equal(wordOf(Object.assign(new Error('a secret'), { code: 'ECONNREFUSED' })), 'ECONNREFUSED')
  t.equal(wordOf(new RangeError('a secret')), 'RangeError')
  t.equal(wordOf({ code: 28_000, name: 'PostgresError' }), 'PostgresError')
})

t.test('anything else has no word', async (t) => {
  const texts = ['', 'a secret', 'a\n', 'x'.repeat(61), 'tenant SECRET', '-x']
  for (const error of [undefined, null, 'a secret', 1, {}, ...texts.map((code) => ({ code, name: code }))]) {
    t.equal(wordOf(error), 'it threw')
  }
  const throwing = Object.defineProperty({}, 'code', {
    get() {
      throw new Error('a secret')
    },
  })
  t.equal(wordOf(throwing), 'it threw')
})
