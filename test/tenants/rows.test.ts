/**
 * The reading of the list: whole, or nothing.
 * @module
 */
import t from 'tap'
import { LoadFailure, MAX_ROWS, readRows, visitInSlices } from '../../src/tenants/rows.js'
import { TestClock } from '../support/test-clock.js'

const TIMEOUT_MS = 5000
const row = { name: 'acme', userPoolId: 'eu-west-1_AbCdEf123', appClientId: 'web' }
const never = new Promise<never>(() => {})

async function* toAsync(rows: Iterable<unknown>) {
  yield* rows
}

function* toGenerator(rows: Iterable<unknown>) {
  yield* rows
}

function* toEndless() {
  for (;;) yield row
}

/** An async iterable without a wait between its rows. */
const endlessAsync = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: row }) }) }

const open = new AbortController().signal
const read = (load: () => unknown, clock = new TestClock()) =>
  readRows(load as never, TIMEOUT_MS, clock, open)

t.test('lists, iterables and promises of them are read whole', async (t) => {
  const rows = [row, { ...row, name: 'globex' }]
  const sources = {
    'a list': () => rows,
    'a set': () => new Set(rows),
    'a generator': () => toGenerator(rows),
    'an async generator': () => toAsync(rows),
    'an object with an iterator': () => ({ [Symbol.iterator]: () => rows[Symbol.iterator]() }),
  }
  for (const [name, load] of Object.entries(sources)) {
    t.strictSame(await read(load), rows, name)
    t.strictSame(await read(async () => load()), rows, `a promise of ${name}`)
  }
  t.strictSame(await read(() => []), [], 'no rows')
  t.equal(
    (await read(() => Array.from({ length: MAX_ROWS }, () => row))).length,
    MAX_ROWS,
    'the longest list',
  )
})

t.test('anything else is no list', async (t) => {
  for (const value of [undefined, null, 'acme', 1, true, {}, { rows: [row] }, () => [row], new Date()]) {
    await t.rejects(
      read(() => value),
      { message: 'load returned no list' },
    )
  }
})

t.test('a list that ends in an error is no list', async (t) => {
  const fail = () => {
    throw new Error('a secret')
  }
  const sources = [
    fail,
    async () => fail(),
    () =>
      toGenerator({
        *[Symbol.iterator]() {
          yield row
          fail()
        },
      }),
    () =>
      toAsync({
        *[Symbol.iterator]() {
          yield row
          fail()
        },
      }),
    () => ({ [Symbol.asyncIterator]: fail }),
  ]
  for (const load of sources) await t.rejects(read(load), { message: 'a secret' })
})

t.test('a row that cannot be awaited is handed on, as a fault of its own', async (t) => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('a secret')
      },
    },
  )
  const thenable = Object.defineProperty({ ...row }, 'then', {
    get() {
      throw new Error('a secret')
    },
  })
  const rows = await read(() => [hostile, thenable, row])
  t.equal(rows.length, 3)
  t.equal(rows[0], hostile)
})

t.test('a list without end is cut off', async (t) => {
  await t.rejects(read(toEndless), new LoadFailure(`more than ${MAX_ROWS} rows`))
  await t.rejects(
    read(() => endlessAsync),
    new LoadFailure(`more than ${MAX_ROWS} rows`),
  )
})

t.test('a list that hangs fails at the deadline, wherever it hangs', async (t) => {
  const hanging = {
    'the call': () => never,
    'the first row': () => ({ [Symbol.asyncIterator]: () => ({ next: () => never }) }),
    'the middle': async function* () {
      yield row
      await never
    },
    'the end': async function* () {
      yield row
      try {
        yield row
      } finally {
        await never
      }
    },
  }
  for (const [where, load] of Object.entries(hanging)) {
    const clock = new TestClock()
    let outcome: unknown
    const reading = read(load, clock).catch((error: unknown) => {
      outcome = error
    })
    await clock.advance(TIMEOUT_MS - 1)
    t.equal(outcome, undefined, `${where}: not before`)
    await clock.advance(1)
    await reading
    t.strictSame(outcome, new LoadFailure(`no list within ${TIMEOUT_MS} ms`), where)
  }
})

t.test('what comes after the deadline is neither used nor asked for', async (t) => {
  const clock = new TestClock()
  let goOn = () => {}
  let asked = 0
  const load = async function* () {
    await new Promise<void>((resolve) => {
      goOn = resolve
    })
    for (;;) {
      asked += 1
      yield row
    }
  }
  const reading = t.rejects(read(load, clock), { message: `no list within ${TIMEOUT_MS} ms` })
  await clock.advance(TIMEOUT_MS)
  await reading
  goOn()
  await clock.advance(0)
  t.equal(asked, 1)
  let fail = (_: Error) => {}
  const late = () =>
    new Promise((_, reject) => {
      fail = reject
    })
  const second = t.rejects(read(late, clock), new LoadFailure(`no list within ${TIMEOUT_MS} ms`))
  await clock.advance(TIMEOUT_MS)
  await second
  fail(new Error('late'))
  await clock.advance(0)
  t.equal(clock.pending, 0)
})

t.test('no deadline is kept after the reading', async (t) => {
  const clock = new TestClock()
  await read(() => [row], clock)
  t.equal(clock.pending, 0)
  await t.rejects(read(() => 1, clock))
  t.equal(clock.pending, 0)
})

t.test('the event loop is free while a long list is read and handled', async (t) => {
  const rows = Array.from({ length: 10_000 }, () => row)
  const TURNS = 40
  const countTurns = async (work: Promise<unknown>) => {
    let turns = 0
    let isOver = false
    const turn = () => {
      turns += 1
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    await work
    isOver = true
    return turns
  }
  t.ok((await countTurns(read(() => rows.values()))) >= TURNS)
  t.ok((await countTurns(read(() => toAsync(rows)))) >= TURNS)
  let visited = 0
  const visit = () => {
    visited += 1
  }
  t.ok((await countTurns(visitInSlices(rows, visit))) >= TURNS)
  t.equal(visited, 10_000)
})

t.test('an array is copied at once, because the application may change it', async (t) => {
  const live = Array.from({ length: 1000 }, (_, index) => index)
  const reading = read(() => live)
  await Promise.resolve()
  await Promise.resolve()
  live.splice(0, 500)
  t.equal((await reading).length, 1000)
})

t.test('a reading ends when the application is closed, and its query can be cancelled', async (t) => {
  const closing = new AbortController()
  let given: AbortSignal | undefined
  const load = ({ signal }: { readonly signal: AbortSignal }) => {
    given = signal
    return new Promise(() => {})
  }
  const reading = readRows(load as never, TIMEOUT_MS, new TestClock(), closing.signal)
  closing.abort()
  await t.rejects(reading, { message: 'the application is closed' })
  t.equal(given?.aborted, true)
})
