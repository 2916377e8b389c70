/**
 * The limits of a fetch, for both generations of the interface that Node's `fetch` has to its dispatcher.
 * @module
 */
import t from 'tap'
import { createFetchLimits } from '../src/fetch-limits.js'

t.test('undici 6 and 7: the connection is ended by the function it hands over', async (t) => {
  const ended: Error[] = []
  const seen: unknown[] = []
  const handler = {
    kind: 'handler',
    onConnect: (abort: unknown) => seen.push(typeof abort),
    onData: (chunk: Uint8Array) => seen.push(chunk.length),
  }
  const base = {
    dispatch(_options: object, watched: Readonly<Record<string | symbol, unknown>>) {
      const { onConnect, onData, kind, onMissing } = watched as typeof handler & { onMissing?: unknown }
      seen.push(kind, onMissing)
      onConnect((reason: Error) => ended.push(reason))
      onData(new Uint8Array(6))
      t.strictSame(ended, [])
      onData(new Uint8Array(6))
      return true
    },
  }
  const limits = createFetchLimits(base, 10)
  limits.stop()
  t.equal(limits.options.dispatcher?.dispatch({}, handler), true)
  t.ok(limits.isTooLarge())
  t.equal(ended.length, 1)
  limits.stop()
  t.equal(ended.length, 2)
  t.strictSame(seen, ['handler', undefined, 'function', 6, 6], 'the handler is called as it would be')
})

t.test('undici 8: the connection is ended by its controller', async (t) => {
  const ended: Error[] = []
  const controller = { abort: (reason: Error) => void ended.push(reason) }
  const handler = { onRequestStart: () => {}, onResponseData: () => {} }
  const base = {
    dispatch(_options: object, watched: Readonly<Record<string | symbol, unknown>>) {
      const { onRequestStart, onResponseData } = watched as Record<string, (...parameters: unknown[]) => void>
      onRequestStart?.(controller, {})
      onResponseData?.(controller, new Uint8Array(11))
      return true
    },
  }
  const limits = createFetchLimits(base, 10)
  limits.options.dispatcher?.dispatch({}, handler)
  t.ok(limits.isTooLarge())
  t.equal(ended.length, 1)
})
