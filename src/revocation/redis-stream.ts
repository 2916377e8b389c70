/**
 * What is new in the stream of marks, and how nothing of it is missed.
 * @module
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.js'
import { type Redis, type RedisConnection, RedisFailure, type Send } from '../base/redis-client.js'
import { type Entry, parseEntries } from './redis-marks.js'

/** Who is told what is in the stream. */
export interface StreamReader {
  /** Once or several times for an entry. */
  readonly onEntry: (entry: Entry) => void
  /** All that was in the stream at that moment, a reading of the clock, has been told. */
  readonly onCaughtUp: (moment: number) => void
  /** Somebody else has written into the stream. */
  readonly onUnreadable: () => void
  /** Nothing can be read, for now. */
  readonly onFailure: (code: string) => void
}

/** Entries that are read at once. */
const PAGE = 1000
/** Redis waits so long for news before it answers that there are none; milliseconds. */
const BLOCK_MS = 2000
/** A connection without an answer for so long is given up; milliseconds. */
const DEADLINE_MS = BLOCK_MS + 3000
const FIRST_BACK_OFF_MS = 100
const LAST_BACK_OFF_MS = 5000

/** Follows one stream, over connections of its own. */
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
  /** Ends what is waited for. */
  #interrupt: (() => void) | undefined

  /** Begins at once, and goes on until it is closed. */
  constructor(redis: Redis, stream: string, reader: StreamReader, clock: Clock, random: () => number) {
    this.#redis = redis
    this.#stream = stream
    this.#reader = reader
    this.#clock = clock
    this.#random = random
    this.#end = this.#follow()
  }

  /** Ends it, and its connection. Never rejects. */
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

  /** Reads until the connection fails. */
  async #read(): Promise<never> {
    this.#connection = this.#redis.connect()
    const { send } = this.#connection
    const ask: Send = (...command) => this.#within(DEADLINE_MS, send(...command))
    if (!this.#isProven) await this.#assertSameDatabase(ask)
    for (;;) {
      await this.#catchUp(ask)
      // A mere signal: what is new is read together with the entry before it.
      const after = this.#lastId ?? '0-0'
      await ask('XREAD', 'COUNT', '1', 'BLOCK', String(BLOCK_MS), 'STREAMS', this.#stream, after)
      this.#failures = 0
    }
  }

  /**
   * An application may have chosen its database after it had made the client. Another one would look like an empty stream:
   * whatever is revoked, nothing would be read.
   */
  async #assertSameDatabase(ask: Send): Promise<void> {
    const key = `${this.#stream}:probe:${randomUUID()}`
    await this.#within(DEADLINE_MS, this.#redis.send('SET', key, '1', 'PX', '10000'))
    this.#isProven = String(await ask('GET', key)) === '1'
    if (!this.#isProven)
      throw new RedisFailure('REDIS_OTHER_DATABASE', 'the connection of the copy sees another database')
  }

  /**
   * Reads on, beginning with the last entry that was read. Where that one is gone, everything is read: either it has
   * expired, and all before it with it, or this is another stream, in which ids may have begun anew.
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

  /** A dead connection does not say so: it is waited for no longer than a time, and not after the end. */
  #within(ms: number, answer: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const interrupt = () => {
        callOff()
        reject(new RedisFailure('REDIS_NO_ANSWER', 'Redis did not answer in time'))
      }
      const callOff = this.#clock.after(ms, interrupt)
      answer.then(resolve, reject).finally(callOff)
      this.#interrupt = interrupt
      if (this.#isClosed) interrupt()
    })
  }
}
