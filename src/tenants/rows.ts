/**
 * Reads the whole list of tenants from the function of the application: every row, or nothing.
 * @module
 */
import { afterReading, type Clock } from '../base/clock.js'
import type { LoadTenants } from './options.js'

/** Greatest number of rows. A longer list may have no end. */
export const MAX_ROWS = 100_000

/** Number of rows that are handled at a stretch, so that the event loop is free in between; about 2 ms of work. */
const SLICE = 200

/** The list could not be read, with one word for the cause. */
export class LoadFailure extends Error {}

/**
 * Calls `load`, and collects its rows.
 *
 * @param timeoutMs - deadline for the call and all rows; milliseconds
 * @param closing - ends the reading
 * @throws {LoadFailure} rejected, when there is no whole list in time
 */
export async function readRows(
  load: LoadTenants,
  timeoutMs: number,
  clock: Clock,
  closing: AbortSignal,
): Promise<readonly unknown[]> {
  const deadline = new AbortController()
  const rows = collect(load, deadline.signal)
  return await new Promise((resolve, reject) => {
    const end = (cause: string) => {
      reject(new LoadFailure(cause))
      deadline.abort()
    }
    const endEarly = () => end('the application is closed')
    const callOff = clock.after(timeoutMs, () => end(`no list within ${timeoutMs} ms`))
    closing.addEventListener('abort', endEarly)
    rows.then(resolve, reject).finally(() => {
      callOff()
      closing.removeEventListener('abort', endEarly)
    })
  })
}

async function collect(load: LoadTenants, signal: AbortSignal): Promise<readonly unknown[]> {
  const source = toIterable(await load({ signal }))
  // An array is copied at once, because the application may change it between two slices.
  if (Array.isArray(source) && source.length <= MAX_ROWS) return source.slice()
  const rows: unknown[] = []
  /** Takes a row. Resolves after each slice, so that the event loop is free in between. */
  const take = (row: unknown): Promise<void> | undefined => {
    if (signal.aborted) throw new LoadFailure('the reading is over')
    if (rows.length >= MAX_ROWS) throw new LoadFailure(`more than ${MAX_ROWS} rows`)
    rows.push(row)
    return rows.length % SLICE === 0 ? nextTurn() : undefined
  }
  // Rows of a list are not awaited, because a row whose member `then` throws is a fault of that row alone.
  if (!isAsync(source)) for (const row of source) await take(row)
  else for await (const row of source) await take(row)
  return rows
}

type AnyIterable = Iterable<unknown> | AsyncIterable<unknown>

const isAsync = (source: AnyIterable): source is AsyncIterable<unknown> => Symbol.asyncIterator in source

/** Refuses anything without rows. A text is iterable, too, but has no rows. */
function toIterable(value: unknown): AnyIterable {
  const isIterable =
    typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
  if (isIterable) return value as AnyIterable
  throw new LoadFailure('load returned no list')
}

/** Lets the event loop run. */
const nextTurn = (): Promise<void> => new Promise((resolve) => afterReading(resolve))

/**
 * Calls `visit` for each item, and lets the event loop run in between.
 *
 * @param slice - number of items that are visited at a stretch
 */
export async function visitInSlices<T>(
  items: Iterable<T>,
  visit: (item: T) => void,
  slice = SLICE,
): Promise<void> {
  let count = 0
  for (const item of items) {
    visit(item)
    count += 1
    if (count % slice === 0) await nextTurn()
  }
}
