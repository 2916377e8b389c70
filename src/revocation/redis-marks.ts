/**
 * The form of marks in Redis: their keys and values, and the script that adds a mark.
 * @module
 */
import { RedisFailure } from '../base/redis-client.js'
import type { RevocationMark } from './store.js'

/** The members of a mark that its value in Redis has. */
export type StoredMark = Pick<RevocationMark, 'notBefore' | 'expiresAt'>

/** The not-before of a mark that revokes tokens of any age, in seconds since 1970. */
const EVERY_ONE = Number.MAX_SAFE_INTEGER

const STORED = /^(\d{1,16}):(\d{1,16})$/

/**
 * Script that adds a mark in one atomic step. Of two marks with one key the later times count, so their order does not
 * matter. The script removes a few expired marks from the beginning of the stream and keeps the newest entry. A process
 * that has read this entry knows that it has missed none. The script alone compares times with the clock of Redis, so it
 * adds a margin of 300 seconds. A value that is no mark makes the script fail before it writes anything.
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

/** The prefix of all keys of a store. The braces put all these keys into one slot of a Redis cluster. */
export const toTag = (prefix: string) => `{${prefix}}:`

/** The key of the stream of all marks. No mark has this key, because keys of marks begin with the name of a claim. */
export const toStreamKey = (tag: string) => `${tag}marks`

/**
 * Returns the command that adds a mark.
 *
 * @throws {TypeError} when a time of the mark is no whole number of seconds, because it could not be read back
 */
export function toAddCommand(
  tag: string,
  { key, notBefore, expiresAt }: RevocationMark,
): ['EVAL', ...string[]] {
  const times = [toText(notBefore ?? EVERY_ONE, 'notBefore'), toText(expiresAt, 'expiresAt')]
  return ['EVAL', ADD_MARK, '2', tag + key, toStreamKey(tag), ...times, key]
}

/**
 * Checks that the answer is that of the script. A client in a transaction only queues a command, and answers by itself.
 *
 * @throws {RedisFailure} for any other answer
 */
export function assertAdded(answer: unknown): void {
  if (String(answer) !== '1') throw new RedisFailure('REDIS_NOT_ADDED', 'Redis did not confirm a mark')
}

function toText(seconds: number, name: string): string {
  if (Number.isSafeInteger(seconds) && seconds >= 0) return String(seconds)
  throw new TypeError(`mark.${name}: expected whole seconds since 1970`)
}

/**
 * Reads the value of a mark in Redis.
 *
 * @throws {RedisFailure} for any other value, which another program has written
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
  /** Id of the entry in the stream. A later entry has a greater id. */
  readonly id: string
  readonly key: string
}

/**
 * Reads the answer to `XRANGE`.
 *
 * @throws {RedisFailure} for an entry that another program has written
 */
export function parseEntries(answer: unknown): readonly Entry[] {
  return listOf(answer).map((entry) => {
    const [id, fields] = listOf(entry)
    const [key, value] = listOf(fields)
    return { id: String(id), key: String(key), ...parseStored(value) }
  })
}

/**
 * Returns an answer as a list.
 *
 * @throws {RedisFailure} when the answer is no list
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
