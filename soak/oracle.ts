/**
 * What each answer has to be. It is asked a while after the answer, when all news of the issuer that concern it are in:
 * so nothing has to be allowed only because two processes hear of the same thing at different times.
 * @module
 */
import type { Answer } from './client.js'
import { NEW_KEY_GRACE_MS, RECHECK_MS, REMOVED_KEY_GRACE_MS } from './setting.js'
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
export type Verdict = 'right' | 'early refusal' | 'honest 503' | (typeof WRONGS)[number]

export const isWrong = (verdict: Verdict): boolean => (WRONGS as readonly Verdict[]).includes(verdict)

export function judge(exchange: Exchange, timeline: Timeline): Verdict {
  const { status } = exchange.answer
  if (status === 0) return 'no answer'
  if (status >= 200 && status < 300) return judgeAcceptance(exchange, timeline)
  if (status >= 500) return isHonest(exchange, timeline) ? 'honest 503' : '5xx other than an honest 503'
  if (status === 401 || (status === 400 && exchange.kind === 'malformed'))
    return judgeRefusal(exchange, timeline)
  return 'wrong answer'
}

function judgeAcceptance({ key, subject, sentAt, answer }: Exchange, timeline: Timeline): Verdict {
  if (subject === undefined) return 'wrong acceptance'
  if (typeof key === 'object' && isGone(key, sentAt, timeline)) return 'wrong acceptance'
  return answer.status === 200 && answer.body === subject ? 'right' : 'wrong answer'
}

function judgeRefusal(exchange: Exchange, timeline: Timeline): Verdict {
  const { key, subject, answeredAt } = exchange
  if (subject === undefined || typeof key !== 'object' || key.removedAt <= answeredAt) return 'right'
  return isHeld(key, exchange, timeline) ? 'wrong rejection' : 'early refusal'
}

/** The server may say that it cannot tell only where it had to ask, and its endpoint gave no good answer. */
function isHonest(exchange: Exchange, timeline: Timeline): boolean {
  const { key, sentAt, answeredAt, answer } = exchange
  const isProper = answer.status === 503 && /^([1-9]|[12]\d|30)$/.test(answer.retryAfter ?? '')
  if (!isProper || key === undefined || !timeline.isTroubled(sentAt, answeredAt)) return false
  return key === 'unknown' || !isHeld(key, exchange, timeline)
}

/**
 * The server has to hold a key that it has accepted before; and one that was published a while ago, if it could ask for
 * it since. No trouble may last as long as `staleIfError`, so none takes a key away; only its removal does.
 */
function isHeld(key: KeyRecord, { sentAt, answeredAt }: Exchange, timeline: Timeline): boolean {
  if (key.removedAt <= answeredAt) return false
  return key.acceptedAt < sentAt || timeline.wasWell(key.publishedAt, sentAt, NEW_KEY_GRACE_MS)
}

/** The server has to know of a removal once it was due to ask for the key again, and could. */
const isGone = ({ removedAt }: KeyRecord, sentAt: number, timeline: Timeline): boolean =>
  timeline.wasWell(removedAt + RECHECK_MS.latest, sentAt, REMOVED_KEY_GRACE_MS)
