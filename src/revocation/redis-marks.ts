/**
 * How marks are written in Redis: keys, values, and the script that adds one.
 * @module
 */
import { RedisFailure } from '../base/redis-client.js'
import type { RevocationMark } from './store.js'

/** What of a mark is kept under its key. */
export type StoredMark = Pick<RevocationMark, 'notBefore' | 'expiresAt'>

/** Later than any token is issued. */
const EVERY_ONE = Number.MAX_SAFE_INTEGER

const STORED = /^(\d{1,16}):(\d{1,16})$/

/**
 * Adds a mark, in one step for all who see Redis: of two, the later times count, so that the order does not. The stream
 * is cut at its beginning as far as its marks have expired, a few at a time, and keeps the newest: whoever has read that
 * one knows that nothing was missed. Only here a mark's life is compared with Redis's own clock, so that it gets more.
 * A value that is no mark makes the script fail, before it has written anything.
 *
 * KEYS: mark, stream. ARGV: not-before, expiry, the key as the stream names it.
 */
const ADD_MARK = `
local MARGIN = 300
local function read(value)
  local notBefore, expiresAt = string.match(value, '^(%d+):(%d+)$')
  return tonumber(notBefore), tonumber(expiresAt)
end
local notBefore, expiresAt = tonumber(ARGV[1]), tonumber(ARGV[2])
local former = redis.call('GET', KEYS[1])
if former then
  local formerNotBefore, formerExpiresAt = read(former)
  notBefore, expiresAt = math.max(notBefore, formerNotBefore), math.max(expiresAt, formerExpiresAt)
end
local mark = string.format('%.0f:%.0f', notBefore, expiresAt)
redis.call('SET', KEYS[1], mark, 'EXAT', string.format('%.0f', expiresAt + MARGIN))
redis.call('XADD', KEYS[2], '*', ARGV[3], mark)
local now = tonumber(redis.call('TIME')[1])
local first
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', '10')) do
  first = entry[1]
  local _, expiry = read(entry[2][2])
  if not expiry or expiry + MARGIN > now then break end
end
redis.call('XTRIM', KEYS[2], 'MINID', first)
return 1
`

/** What all keys of a store begin with. In braces, it puts them into one slot of a cluster. */
export const toTag = (prefix: string) => `{${prefix}}:`

/** Key of the stream of all marks. It is none of a mark: those begin with the name of a claim. */
export const toStreamKey = (tag: string) => `${tag}marks`

/**
 * The command that adds a mark.
 *
 * @throws {TypeError} when a time of it is none: as text in Redis, it could not be read again
 */
export function toAddCommand(
  tag: string,
  { key, notBefore, expiresAt }: RevocationMark,
): ['EVAL', ...string[]] {
  const times = [toText(notBefore ?? EVERY_ONE, 'notBefore'), toText(expiresAt, 'expiresAt')]
  return ['EVAL', ADD_MARK, '2', tag + key, toStreamKey(tag), ...times, key]
}

/**
 * A client can have answered by itself: within a transaction, a command is only queued.
 *
 * @throws {RedisFailure} when the answer is not that of the script
 */
export function assertAdded(answer: unknown): void {
  if (String(answer) !== '1') throw new RedisFailure('REDIS_NOT_ADDED', 'Redis did not confirm a mark')
}

function toText(seconds: number, name: string): string {
  if (Number.isSafeInteger(seconds) && seconds >= 0) return String(seconds)
  throw new TypeError(`mark.${name}: expected whole seconds since 1970`)
}

/**
 * Reads what is kept of a mark.
 *
 * @throws {RedisFailure} when somebody else wrote it: what it stood for is not known
 */
export function parseStored(value: unknown): StoredMark {
  const [, notBefore, expiresAt] = STORED.exec(String(value)) ?? []
  if (notBefore === undefined) throw unreadable()
  return {
    notBefore: Number(notBefore) === EVERY_ONE ? null : Number(notBefore),
    expiresAt: Number(expiresAt),
  }
}

/** An entry of the stream of marks. */
export interface Entry extends StoredMark {
  /** Of the entry; they increase. */
  readonly id: string
  readonly key: string
}

/**
 * Reads the answer to `XRANGE`.
 *
 * @throws {RedisFailure} when somebody else wrote an entry
 */
export function parseEntries(answer: unknown): readonly Entry[] {
  return listOf(answer).map((entry) => {
    const [id, fields] = listOf(entry)
    const [key, value] = listOf(fields)
    return { id: String(id), key: String(key), ...parseStored(value) }
  })
}

/**
 * Takes an answer for a list.
 *
 * @throws {RedisFailure} when it is none
 */
export function listOf(answer: unknown): readonly unknown[] {
  if (Array.isArray(answer)) return answer
  throw unreadable()
}

const unreadable = () =>
  new RedisFailure(
    'REDIS_UNREADABLE',
    'a key with the prefix of the revocations holds what is no mark: delete it',
  )
