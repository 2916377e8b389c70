/**
 * Which tokens are remembered: all, until hardly one comes again; then those that do.
 * @module
 */
import t from 'tap'
import { CacheAdmission } from '../../src/verify/cache-admission.js'

const WINDOW = 1000
let last = 0
/** Prints that differ, as those of tokens do. */
const fresh = () => Math.imul(++last, 0x9e3779b1)
const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make)

t.test('a token is let in at its first token, as long as tokens come again', async (t) => {
  const admission = new CacheAdmission(2)
  for (const _round of times(20, fresh)) {
    t.ok(times(WINDOW / 2, fresh).every((hash) => admission.admits(hash)))
    for (let hits = 0; hits < WINDOW / 8; hits += 1) admission.hit()
  }
})

t.test('where hardly one comes again, it is let in at its second token', async (t) => {
  const admission = new CacheAdmission(2)
  t.ok(
    times(WINDOW, fresh).every((hash) => admission.admits(hash)),
    'not before a window is over',
  )
  t.notOk(times(WINDOW, fresh).some((hash) => admission.admits(hash)))
  const hash = fresh()
  t.notOk(admission.admits(hash))
  t.ok(admission.admits(hash))
})

t.test('it forgets a token whose place another one takes', async (t) => {
  const admission = new CacheAdmission(2)
  for (const hash of times(WINDOW + 1, fresh)) admission.admits(hash)
  const first = Array.from({ length: 10 }, (_, place) => WINDOW + place)
  for (const hash of first) admission.admits(hash)
  for (const hash of first) admission.admits(hash + WINDOW)
  t.notOk(first.some((hash) => admission.admits(hash)))
})

t.test('it is strict with fewer than one hit for eight new tokens', async (t) => {
  for (const [hits, isStrict] of [
    [124, true],
    [127, false],
  ] as const) {
    const admission = new CacheAdmission(2)
    for (let count = 0; count < hits; count += 1) admission.hit()
    for (const hash of times(WINDOW + 1, fresh)) admission.admits(hash)
    t.equal(admission.admits(fresh()), !isStrict, `${hits} hits`)
  }
})

for (const capacity of [2, 5 * WINDOW]) {
  t.test(
    `a cache for ${capacity} is judged by ${WINDOW} tokens, and knows at least as many again`,
    async (t) => {
      const admission = new CacheAdmission(capacity)
      t.ok(times(WINDOW, fresh).every((hash) => admission.admits(hash)))
      t.notOk(admission.admits(fresh()))
      const places = Math.max(capacity, WINDOW)
      for (const hash of [1, 2, 3, 4, 5, 6, 7]) {
        t.notOk(admission.admits(hash))
        // Each with a place of its own.
        for (let place = 10; place < places; place += 1) admission.admits(hash * places + place)
        t.ok(admission.admits(hash), 'on whichever side of a judgement')
      }
    },
  )
}

t.test('it opens again once tokens come again', async (t) => {
  const admission = new CacheAdmission(2)
  for (const hash of times(2 * WINDOW, fresh)) admission.admits(hash)
  t.notOk(admission.admits(fresh()), 'strict')
  for (const hash of times(WINDOW, fresh)) {
    admission.admits(hash)
    admission.admits(hash)
  }
  for (const hash of times(WINDOW, fresh)) admission.admits(hash)
  t.ok(admission.admits(fresh()), 'open')
})

t.test('tokens that share a place keep each other out only while it is strict', async (t) => {
  const admission = new CacheAdmission(2)
  for (const hash of times(2 * WINDOW + 10, fresh)) admission.admits(hash)
  const both = [1, 1 + WINDOW]
  for (const hash of [...both, ...both]) t.notOk(admission.admits(hash))
  for (let hits = 0; hits <= WINDOW; hits += 1) admission.hit()
  t.ok(admission.admits(1))
  t.ok(admission.admits(1 + WINDOW))
})

t.test('what came again long ago does not count any more', async (t) => {
  const admission = new CacheAdmission(2)
  for (let hits = 0; hits < 100 * WINDOW; hits += 1) admission.hit()
  for (const hash of times(2 * WINDOW + 2, fresh)) admission.admits(hash)
  t.notOk(admission.admits(fresh()))
})
