/**
 * The follower of the stream of marks in Redis, which reads every entry at least once.
 * @module
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.js'
import { type Redis, type RedisConnection, RedisFailure, type Send } from '../base/redis-client.js'
import { type Entry, parseEntries } from './redis-marks.js'

/** The listeners of a follower. */
export interface StreamReader {
  /** Gets each entry of the stream, once or several times. */
  readonly onEntry: (entry: Entry) => void
  /** Is called when all entries up to `moment`, a reading of the clock, have been read. */
  readonly onCaughtUp: (moment: number) => void
  /** Is called for an entry that another program has written. */
  readonly onUnreadable: () => void
  /** Is called when the stream cannot be read, with the code of the error. */
  readonly onFailure: (code: string) => void
}

/** Number of entries in one read. */
const PAGE = 1000
/** Time for which Redis waits for a new entry before it answers, in milliseconds. */
const BLOCK_MS = 2000
/** Time without an answer after which a connection is given up, in milliseconds. */
const DEADLINE_MS = BLOCK_MS + 3000
const FIRST_BACK_OFF_MS = 100
const LAST_BACK_OFF_MS = 5000

/** The follower of one stream, with its own connections. */
export class StreamFollower {
  readonly #redis: Redis
  readonly #stream: string
  readonly #reader: StreamReader
  readonly #clock: Clock
  readonly #random: () => number
  readonly #end: Promise<void>
  #connection: RedisConnection | undefined
  #lastId: string | undefined
  #failures = 0
  #isProven = false
  #isClosed = false
  /** Rejects the command that is waited for. */
  #interrupt: (() => void) | undefined

  /** Begins to follow the stream at once, until `close` is called. */
  constructor(redis: Redis, stream: string, reader: StreamReader, clock: Clock, random: () => number) {
    this.#redis = redis
    this.#stream = stream
    this.#reader = reader
    this.#clock = clock
    this.#random = random
    this.#end = this.#follow()
  }

  /** Ends the follower and its connection. The promise never rejects. */
  close(): Promise<void> {
    this.#isClosed = true
    this.#interrupt?.()
    return this.#end
  }

  async #follow(): Promise<void> {
    while (!this.#isClosed) {
      await this.#read().catch((error: unknown) => this.#fail(error))
      this.#connection?.end()
    }
  }

  #fail(error: unknown): Promise<void> {
    if (!this.#isClosed) this.#reader.onFailure(error instanceof RedisFailure ? error.code : 'REDIS_FAILED')
    return this.#backOff()
  }

  async #backOff(): Promise<void> {
    const ms =
      Math.min(FIRST_BACK_OFF_MS * 2 ** this.#failures, LAST_BACK_OFF_MS) * (0.5 + this.#random() / 2)
    this.#failures += 1
    await this.#within(ms, new Promise(() => {})).catch(() => {})
  }

  /** Reads entries until the connection fails. */
  async #read(): Promise<never> {
    this.#connection = this.#redis.connect()
    const { send } = this.#connection
    const ask: Send = (...command) => this.#within(DEADLINE_MS, send(...command))
    if (!this.#isProven) await this.#assertSameDatabase(ask)
    for (;;) {
      await this.#catchUp(ask)
      // The answer is only a signal: `#catchUp` reads the new entry together with the one before it.
      const after = this.#lastId ?? '0-0'
      await ask('XREAD', 'COUNT', '1', 'BLOCK', String(BLOCK_MS), 'STREAMS', this.#stream, after)
      this.#failures = 0
    }
  }

  /**
   * Checks that both connections see the same database. An application may have selected its database after it had made
   * the client. In another database the stream would look empty, so that no revocation would be read.
   */
  async #assertSameDatabase(ask: Send): Promise<void> {
    const key = `${this.#stream}:probe:${randomUUID()}`
    await this.#within(DEADLINE_MS, this.#redis.send('SET', key, '1', 'PX', '10000'))
    this.#isProven = String(await ask('GET', key)) === '1'
    if (!this.#isProven)
      throw new RedisFailure('REDIS_OTHER_DATABASE', 'the connection of the copy sees another database')
  }

  /**
   * Reads the stream from the last entry that was read. When that entry is gone, the whole stream is read again. Either
   * the entry has expired with all entries before it, or this is another stream, whose ids may have begun anew.
   */
  async #catchUp(ask: Send): Promise<void> {
    for (;;) {
      const moment = this.#clock.now()
      const from = this.#lastId ?? '-'
      const entries = this.#parse(await ask('XRANGE', this.#stream, from, '+', 'COUNT', String(PAGE)))
      if (from !== '-' && entries[0]?.id !== from) {
        this.#lastId = undefined
        continue
      }
      for (const entry of entries) this.#reader.onEntry(entry)
      this.#lastId = entries.at(-1)?.id
      if (entries.length < PAGE) return this.#reader.onCaughtUp(moment)
    }
  }

  #parse(answer: unknown): readonly Entry[] {
    try {
      return parseEntries(answer)
    } catch (error) {
      this.#reader.onUnreadable()
      throw error
    }
  }

  /** Waits for an answer, but no longer than `ms` and not after `close`: a dead connection gives no sign. */
  #within(ms: number, answer: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const interrupt = () => {
        cancel()
        reject(new RedisFailure('REDIS_NO_ANSWER', 'Redis did not answer in time'))
      }
      const cancel = this.#clock.after(ms, interrupt)
      answer.then(resolve, reject).finally(cancel)
      this.#interrupt = interrupt
      if (this.#isClosed) interrupt()
    })
  }
}
