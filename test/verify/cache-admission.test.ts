/**
 * Which tokens are remembered: all, until hardly one comes again; then those that do.
 * @module
 */
import t from 'tap'
import { Doorkeeper } from '../../src/verify/cache-admission.js'

const WINDOW = 1000
let last = 0
/** Prints that differ, as those of tokens do. */
const fresh = () => Math.imul(++last, 0x9e3779b1)
const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make)

t.test('a token is let in at its first sight, as long as tokens come again', async (t) => {
  const doorkeeper = new Doorkeeper(2)
  for (const _round of times(20, fresh)) {
    t.ok(times(WINDOW / 2, fresh).every((print) => doorkeeper.admits(print)))
    for (let hits = 0; hits < WINDOW / 8; hits += 1) doorkeeper.hit()
  }
})

t.test('where hardly one comes again, it is let in at its second sight', async (t) => {
  const doorkeeper = new Doorkeeper(2)
  t.ok(
    times(WINDOW, fresh).every((print) => doorkeeper.admits(print)),
    'not before a window is over',
  )
  t.notOk(times(WINDOW, fresh).some((print) => doorkeeper.admits(print)))
  const print = fresh()
  t.notOk(doorkeeper.admits(print))
  t.ok(doorkeeper.admits(print))
})

t.test('it forgets a token whose place another one takes', async (t) => {
  const doorkeeper = new Doorkeeper(2)
  for (const print of times(WINDOW + 1, fresh)) doorkeeper.admits(print)
  const first = Array.from({ length: 10 }, (_, place) => WINDOW + place)
  for (const print of first) doorkeeper.admits(print)
  for (const print of first) doorkeeper.admits(print + WINDOW)
  t.notOk(first.some((print) => doorkeeper.admits(print)))
})

t.test('it is strict with fewer than one hit for eight new tokens', async (t) => {
  for (const [hits, isStrict] of [
    [124, true],
    [127, false],
  ] as const) {
    const doorkeeper = new Doorkeeper(2)
    for (let count = 0; count < hits; count += 1) doorkeeper.hit()
    for (const print of times(WINDOW + 1, fresh)) doorkeeper.admits(print)
    t.equal(doorkeeper.admits(fresh()), !isStrict, `${hits} hits`)
  }
})

for (const capacity of [2, 5 * WINDOW]) {
  t.test(
    `a cache for ${capacity} is judged by ${WINDOW} tokens, and knows at least as many again`,
    async (t) => {
      const doorkeeper = new Doorkeeper(capacity)
      t.ok(times(WINDOW, fresh).every((print) => doorkeeper.admits(print)))
      t.notOk(doorkeeper.admits(fresh()))
      const places = Math.max(capacity, WINDOW)
      for (const print of [1, 2, 3, 4, 5, 6, 7]) {
        t.notOk(doorkeeper.admits(print))
        // Each with a place of its own.
        for (let place = 10; place < places; place += 1) doorkeeper.admits(print * places + place)
        t.ok(doorkeeper.admits(print), 'on whichever side of a judgement')
      }
    },
  )
}

t.test('it opens again once tokens come again', async (t) => {
  const doorkeeper = new Doorkeeper(2)
  for (const print of times(2 * WINDOW, fresh)) doorkeeper.admits(print)
  t.notOk(doorkeeper.admits(fresh()), 'strict')
  for (const print of times(WINDOW, fresh)) {
    doorkeeper.admits(print)
    doorkeeper.admits(print)
  }
  for (const print of times(WINDOW, fresh)) doorkeeper.admits(print)
  t.ok(doorkeeper.admits(fresh()), 'open')
})

t.test('tokens that share a place keep each other out only while it is strict', async (t) => {
  const doorkeeper = new Doorkeeper(2)
  for (const print of times(2 * WINDOW + 10, fresh)) doorkeeper.admits(print)
  const both = [1, 1 + WINDOW]
  for (const print of [...both, ...both]) t.notOk(doorkeeper.admits(print))
  for (let hits = 0; hits <= WINDOW; hits += 1) doorkeeper.hit()
  t.ok(doorkeeper.admits(1))
  t.ok(doorkeeper.admits(1 + WINDOW))
})

t.test('what came again long ago does not count any more', async (t) => {
  const doorkeeper = new Doorkeeper(2)
  for (let hits = 0; hits < 100 * WINDOW; hits += 1) doorkeeper.hit()
  for (const print of times(2 * WINDOW + 2, fresh)) doorkeeper.admits(print)
  t.notOk(doorkeeper.admits(fresh()))
})
