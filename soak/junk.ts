/**
 * Tokens that must never be accepted, as an attacker without any key makes them, or as they go astray.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { createFewKids, randomKid } from './few-kids.js'
import type { Token } from './messages.js'
import type { Exchange } from './oracle.js'
import { random } from './random.js'
import type { Tide } from './tide.js'
import type { EuKey, Timeline } from './timeline.js'

/** What is sent, and what has to be known of it to judge its answer. */
export interface Shot extends Pick<Exchange, 'kind' | 'key' | 'subject'> {
  readonly path: '/eu' | '/us' | '/optional'
  readonly text: string
}

export const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

const randomSignature = () => randomBytes(256).toString('base64url')

function forgeKey(kid: string, [, payload]: readonly string[]): string {
  const header = { kid, alg: 'RS256' }
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${randomSignature()}`
}

/** None of them has the form of a token, so none may cost a look at the keys. */
const DISTORTIONS: readonly ((text: string) => string)[] = [
  (text) => text.slice(0, -1 - Math.floor(random() * 300)),
  (text) => text.split('.').slice(0, 2).join('.'),
  (text) => text.replaceAll('.', ''),
  (text) => `${text}.${text.slice(-20)}`,
  (text) => `${text} ${text}`,
  (text) => `"${text}"`,
  (text) => `${text}=`,
  () => randomBytes(24).toString('base64url'),
]

const misfit = (kind: keyof EuKey['edition']['misfits']) => (key: EuKey) => ({
  kind,
  text: pick(key.edition.misfits[kind]).text,
})

const forged = (kind: 'forged key' | 'repeated forged key', nextKid: () => string) => {
  return (_key: EuKey, { text }: Token) =>
    ({ kind, key: 'unknown', text: forgeKey(nextKid(), text.split('.')) }) as const
}

type Made = Pick<Shot, 'kind' | 'key' | 'text'>

/** How each kind is made of a key that the server knows, and its share of all in relation to the others. */
const MAKERS: readonly (readonly [share: number, make: (key: EuKey, token: Token) => Made])[] = [
  [40, forged('forged key', randomKid)],
  [25, forged('repeated forged key', createFewKids())],
  [15, (key, { text }) => ({ kind: 'wrong signature', key, text: replaceSignature(text) })],
  [11, (_key, { text }) => ({ kind: 'malformed', text: pick(DISTORTIONS)(text) })],
  [6, misfit('expired')],
  [6, misfit('other client')],
  [6, misfit('other pool')],
  [6, misfit('ID token')],
]

const replaceSignature = (text: string) => `${text.split('.').slice(0, 2).join('.')}.${randomSignature()}`

const WHEEL = MAKERS.flatMap(([share, make]) => Array.from({ length: share }, () => make))

/** One at a time; none while no key is known. */
export function nextJunk({ known }: Timeline, tide: Tide): Shot[] {
  if (known.length === 0) return []
  const key = pick(known)
  const made = pick(WHEEL)(key, pick(key.edition.tokens))
  return made.key === 'unknown' && !tide.isHigh()
    ? []
    : [{ path: pick(['/eu', '/optional'] as const), ...made }]
}
