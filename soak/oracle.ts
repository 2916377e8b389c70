/**
 * What each answer has to be. It is asked a while after the answer, when all news of the issuer that concern it are in:
 * so nothing has to be allowed only because two processes hear of the same thing at different times.
 * @module
 */
import type { Answer } from './client.js'
import { ASK_FIRST_MS, NEW_KEY_GRACE_MS, REFRESH_MS, REMOVED_KEY_GRACE_MS } from './setting.js'
import type { KeyRecord, Timeline } from './timeline.js'

/** Kinds of valid tokens. */
export const GENUINE_KINDS = [
  'eu, known key',
  'eu, optional route',
  'us, healthy pool',
  'new key',
  'removed key',
] as const
/** Kinds of all others. */
export const JUNK_KINDS = [
  'forged key',
  'repeated forged key',
  'wrong signature',
  'malformed',
  'expired',
  'other client',
  'other pool',
  'ID token',
] as const

export type Kind = (typeof GENUINE_KINDS)[number] | (typeof JUNK_KINDS)[number]

/** A request and its answer. Moments are readings of `Date.now()`. */
export interface Exchange {
  readonly kind: Kind
  /** The key that the token names; `unknown` for one that was never published, absent where no key is needed. */
  readonly key?: KeyRecord | 'unknown'
  /** Whom the route has to name; absent for a token that is not valid. */
  readonly subject?: string
  readonly sentAt: number
  readonly answeredAt: number
  readonly answer: Answer
}

/** What must never occur. */
export const WRONGS = [
  'wrong rejection',
  'wrong acceptance',
  '5xx other than an honest 503',
  'wrong answer',
  'no answer',
] as const

/** What an answer turns out to be. */
export type Verdict = 'right' | 'honest 503' | (typeof WRONGS)[number]

export const isWrong = (verdict: Verdict): boolean => (WRONGS as readonly Verdict[]).includes(verdict)

export function judge(exchange: Exchange, timeline: Timeline): Verdict {
  const { status } = exchange.answer
  if (status === 0) return 'no answer'
  if (status >= 200 && status < 300) return judgeAcceptance(exchange, timeline)
  if (status >= 500) return isHonest(exchange, timeline) ? 'honest 503' : '5xx other than an honest 503'
  if (status === 401 || (status === 400 && exchange.kind === 'malformed')) return judgeRefusal(exchange)
  return 'wrong answer'
}

function judgeAcceptance(exchange: Exchange, timeline: Timeline): Verdict {
  const { key, subject, answer } = exchange
  if (subject === undefined) return 'wrong acceptance'
  if (typeof key === 'object' && isGone(key, exchange, timeline)) return 'wrong acceptance'
  return answer.status === 200 && answer.body === subject ? 'right' : 'wrong answer'
}

/** No flood, no fault and no freeze is a reason: a key is refused only by a set that was asked for after the request came. */
function judgeRefusal({ key, subject, sentAt, answeredAt }: Exchange): Verdict {
  if (subject === undefined || typeof key !== 'object') return 'right'
  return key.publishedAt <= sentAt && answeredAt < key.removedAt ? 'wrong rejection' : 'right'
}

/**
 * The server may say that it cannot tell only where it had to ask, and its endpoint gave no good answer. A freeze is no
 * reason, and the room for waiting requests is larger than the load.
 */
function isHonest(exchange: Exchange, timeline: Timeline): boolean {
  const { key, sentAt, answeredAt, answer } = exchange
  const isProper = answer.status === 503 && /^([1-9]|[12]\d|30)$/.test(answer.retryAfter ?? '')
  const arrivedAt = timeline.freezes.arrival(sentAt)
  if (!isProper || key === undefined || !timeline.isTroubled(arrivedAt, answeredAt)) return false
  return key === 'unknown' || !isHeld(key, exchange, timeline)
}

/**
 * The server has to hold a key that it has accepted before; and one that it was first asked for a while ago, if it could
 * fetch it since. No trouble may last as long as `staleIfError`, so none takes a key away; only its removal does.
 */
function isHeld(key: KeyRecord, { sentAt, answeredAt }: Exchange, timeline: Timeline): boolean {
  if (key.removedAt <= answeredAt) return false
  return key.acceptedAt < sentAt || timeline.wasWell(key.firstSentAt, sentAt, NEW_KEY_GRACE_MS)
}

/**
 * The server has to know of a removal once its set was due, and it could ask. A freeze takes its time from that, but no set
 * outlives the age at which it is asked for first: not by a freeze either, while the endpoint is well.
 */
function isGone({ removedAt }: KeyRecord, { sentAt, answeredAt }: Exchange, timeline: Timeline): boolean {
  const arrivedAt = timeline.freezes.arrival(sentAt)
  const dueAt = removedAt + REFRESH_MS.latest
  if (arrivedAt <= dueAt) return false
  if (timeline.wasWell(dueAt, arrivedAt, REMOVED_KEY_GRACE_MS)) return true
  return arrivedAt > removedAt + ASK_FIRST_MS && !timeline.isTroubled(arrivedAt, answeredAt)
}
