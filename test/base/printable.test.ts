/**
 * Text that somebody else wrote, as a terminal shows it.
 * @module
 */
import t from 'tap'
import { escapeUnits, printable, printableLines } from '../../src/base/printable.js'

t.test('every character that nobody sees becomes an escape', async (t) => {
  for (const [text, shown] of [
    ['\u001b[31mred\u0007', '\\u001b[31mred\\u0007'],
    ['a\tb\r\nc\u0000', 'a\\u0009b\\u000d\\u000ac\\u0000'],
    ['\u007f\u0080\u009b2J\u009f', '\\u007f\\u0080\\u009b2J\\u009f'],
    ['\u202a\u202e\u2066\u2069\u061c', '\\u202a\\u202e\\u2066\\u2069\\u061c'],
    ['\u200b\u200d\u2060\ufeff\u00ad', '\\u200b\\u200d\\u2060\\ufeff\\u00ad'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['\u{e0041}', '\\udb40\\udc41'],
    ['\ud800', '\\ud800'],
  ] as const) {
    t.equal(printable(text), shown)
    t.equal(printable(shown), shown, 'once is enough')
    t.equal(JSON.parse(`"${shown}"`), text, 'JSON means the same by it')
  }
})

t.test('text of any language stays as it is', async (t) => {
  const text = 'pools.eu: Zürich, 東京, ✔ → « \\u » 😀 e\u0301'
  t.equal(printable(text), text)
  t.equal(escapeUnits('é'), '\\u00e9')
})

t.test('lines stay lines', async (t) => {
  t.equal(printableLines('a\u001b\n\nb\r\n'), 'a\\u001b\n\nb\\u000d\n')
})
