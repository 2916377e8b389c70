/**
 * The end of one part of an application: it is closed alone or with the application, and nothing is left on a signal.
 * @module
 */
import { getEventListeners } from 'node:events'
import t from 'tap'
import { Closing } from '../../src/keys/closing.js'

/** Work that lasts until its signal is aborted or the test ends it. */
function createWork() {
  const seen: AbortSignal[] = []
  let finish: () => void = () => {}
  const work = (signal: AbortSignal) =>
    new Promise<'ended' | 'finished'>((resolve) => {
      seen.push(signal)
      finish = () => resolve('finished')
      signal.addEventListener('abort', () => resolve('ended'), { once: true })
      if (signal.aborted) resolve('ended')
    })
  return { work, seen, finish: () => finish() }
}

const listenersOf = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

t.test('a part that is closed ends its own work alone, and begins no other', async (t) => {
  const application = new AbortController()
  const [one, other] = [new Closing(application.signal), new Closing(application.signal)]
  const kept = createWork()
  const ended = one.during(createWork().work)
  const going = other.during(kept.work)
  t.equal(one.isClosed, false)
  one.close()
  one.close()
  t.equal(await ended, 'ended')
  t.equal(one.isClosed, true)
  t.equal(await one.during(createWork().work), 'ended', 'its signal is aborted from the start')
  t.equal(other.isClosed, false)
  t.equal(application.signal.aborted, false)
  kept.finish()
  t.equal(await going, 'finished')
})

t.test(
  'the end of the application ends the work of every part, and of parts that are made after it',
  async (t) => {
    const application = new AbortController()
    const parts = Array.from({ length: 3 }, () => new Closing(application.signal))
    const works = parts.map((part) => part.during(createWork().work))
    application.abort()
    t.strictSame(await Promise.all(works), ['ended', 'ended', 'ended'])
    const late = new Closing(application.signal)
    for (const part of [...parts, late]) {
      t.equal(part.isClosed, true)
      t.equal(await part.during(createWork().work), 'ended')
    }
  },
)

t.test('a part that is closed while it idles ends what comes later', async (t) => {
  const part = new Closing(new AbortController().signal)
  t.equal(await part.during(async () => 'done'), 'done')
  part.close()
  t.equal(await part.during(createWork().work), 'ended')
})

t.test('a thousand parts at work are one listener, and parts that idle are none', async (t) => {
  const application = new AbortController()
  const parts = Array.from({ length: 1000 }, () => new Closing(application.signal))
  t.equal(listenersOf(application.signal), 0)
  const works = parts.map((part) => {
    const { work, finish } = createWork()
    return { result: part.during(work), finish }
  })
  t.equal(listenersOf(application.signal), 1)
  for (const part of parts.slice(0, 500)) part.close()
  for (const { finish } of works.slice(500)) finish()
  const results = await Promise.all(works.map(({ result }) => result))
  t.equal(results.filter((result) => result === 'ended').length, 500)
  t.equal(listenersOf(application.signal), 1)
  const again = new Closing(application.signal).during(createWork().work)
  application.abort()
  t.equal(await again, 'ended')
  t.equal(listenersOf(application.signal), 0)
})

t.test('works at one time share a signal, and the next work has a new one', async (t) => {
  const application = new AbortController()
  const part = new Closing(application.signal)
  const [first, second, third] = [createWork(), createWork(), createWork()]
  const results = [part.during(first.work), part.during(second.work)]
  t.equal(first.seen[0], second.seen[0])
  first.finish()
  t.equal(await results[0], 'finished')
  results.push(part.during(third.work))
  t.equal(third.seen[0], second.seen[0], 'while one of them goes on')
  second.finish()
  third.finish()
  await Promise.all(results)
  const next = createWork()
  const last = part.during(next.work)
  t.not(next.seen[0], first.seen[0])
  application.abort()
  t.equal(await last, 'ended')
  t.equal(first.seen[0]?.aborted, false, 'nobody remembers the signal of works that are done')
})
