/**
 * Marks and tokens as a store of revocations sees them, and how a test waits for what a store says.
 * @module
 */
import {
  keysOf,
  type RevocableToken,
  type RevocationMark,
  type RevocationStore,
  toKey,
} from '../../src/revocation/store.js'

export const EU = 'eu-west-1_AbCdEf123'
export const US = 'us-east-1_AbCdEf123'

export const now = () => Math.floor(Date.now() / 1000)
export const DAY = 86_400

/** A token of a user, issued a minute ago. */
export function token(part: Partial<Omit<RevocableToken, 'keys'>> = {}): RevocableToken {
  const whole = {
    userPoolId: EU,
    jti: 'jti',
    originJti: 'origin',
    subject: 'ada',
    clientId: 'web',
    issuedAt: now() - 60,
    expiresAt: now() + 3600,
    ...part,
  }
  return { ...whole, keys: keysOf(whole) }
}

/** A mark of everything that has the value, for a day. */
export function mark(part: Partial<Omit<RevocationMark, 'key'>> = {}): RevocationMark {
  const whole = {
    userPoolId: EU,
    by: 'sub',
    value: 'ada',
    notBefore: null,
    expiresAt: now() + DAY,
    ...part,
  } as const
  return { key: toKey(whole.userPoolId, whole.by, whole.value), ...whole }
}

/** What a store says at once; `undefined` where it has to ask. */
export function askAtOnce(store: RevocationStore, about: RevocableToken): boolean | undefined {
  const answer = store.isRevoked(about)
  if (typeof answer === 'boolean') return answer
  answer.catch(() => undefined)
  return undefined
}

/** Whether it is a copy that answers. */
export const isCopied = (store: RevocationStore) => askAtOnce(store, token()) !== undefined

/** A wait looks again after this; milliseconds. */
const TURN_MS = 10

/**
 * Waits until it is so, in time that the process lives through: a turn that is late counts as two at the most, so that a busy
 * machine does not shorten the wait.
 */
export async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  let leftMs = withinMs
  while (leftMs > 0) {
    if (await condition()) return true
    const begun = performance.now()
    await new Promise((resolve) => setTimeout(resolve, TURN_MS))
    leftMs -= Math.min(performance.now() - begun, 2 * TURN_MS)
  }
  return false
}
