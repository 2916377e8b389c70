/**
 * The positive control: verifiers that are weak or wrong in one point each. A fuzzer that does not notice is no good.
 * @module
 */
import { POOLS, type PoolName } from './setting.js'
import { type Stage, signText } from './stage.js'
import type { Answer, Target } from './target.js'
import { toBase64url } from './tokens.js'

type Weaken = (genuine: Target, stage: Stage) => Partial<Target>

const ACCEPTED: Answer = { kind: 'accepted' }

/** Decoded the loose way. */
function decode(
  text: string,
): readonly [header: Readonly<Record<string, unknown>>, payload: Readonly<Record<string, unknown>>] {
  const [header = '', payload = ''] = text.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  return [read(header), read(payload)]
}

/** Signs the text anew with the key that it names, so that everything but its signature is looked at. */
function signAnew(text: string, { privateKey }: Stage): string {
  try {
    const [{ kid }, { iss }] = decode(text)
    const names = Object.keys(POOLS) as PoolName[]
    const pool = names.find((name) => (POOLS[name].issuers as readonly unknown[]).includes(iss)) ?? 'eu'
    const input = text.split('.').slice(0, 2).join('.')
    const key = privateKey(`${pool}.${String(kid).includes('/id/') ? 'id' : 'access'}`)
    return `${input}.${signText(input, key)}`
  } catch {
    return text
  }
}

/** Gives another answer in place of one refusal. */
const refusedAs = (code: string, then: Answer, target: Target): Partial<Target> => ({
  async verify(text, route) {
    const answer = await target.verify(text, route)
    return answer.kind === 'refused' && answer.code === code ? then : answer
  },
})

/** What is wrong with each. */
export const WEAKNESSES: Readonly<Record<string, Weaken>> = {
  'decodes, and checks nothing': () => ({
    async verify(text) {
      try {
        decode(text)
        return ACCEPTED
      } catch {
        return { kind: 'refused', code: 'COGNITO_ERR_TOKEN_INVALID', said: '' }
      }
    },
  }),
  'does not check the signature': (target, stage) => ({
    verify: (text, route) => target.verify(signAnew(text, stage), route),
  }),
  'takes any spelling of base64': (target) => ({
    verify: (text, route) =>
      target.verify(
        text
          .split('.')
          .map((part) => toBase64url(Buffer.from(part, 'base64url')))
          .join('.'),
        route,
      ),
  }),
  'takes expired tokens': (target) => refusedAs('COGNITO_ERR_TOKEN_EXPIRED', ACCEPTED, target),
  'takes a token without a right': (target) => refusedAs('COGNITO_ERR_SCOPE_INSUFFICIENT', ACCEPTED, target),
  'takes a sign-in that is too weak': (target) =>
    refusedAs('COGNITO_ERR_AUTHENTICATION_TOO_WEAK', ACCEPTED, target),
  'takes every token of its pool, whatever the route': (target) => ({
    verify: async (text, route) => {
      const answers = [target.verify(text, route), target.verify(text, 'either'), target.verify(text, 'open')]
      const [first, ...others] = await Promise.all(answers)
      return others.find(({ kind }) => kind === 'accepted') ?? (first as Answer)
    },
  }),
  'refuses tokens longer than 8,190 characters': (target) => ({
    async verify(text, route) {
      if (text.length <= 8190) return target.verify(text, route)
      return { kind: 'refused', code: 'COGNITO_ERR_TOKEN_INVALID', said: '' }
    },
  }),
  'refuses a header with a type': (target) => ({
    async verify(text, route) {
      const answer = await target.verify(text, route)
      if (answer.kind !== 'accepted' || !Object.hasOwn(decode(text)[0], 'typ')) return answer
      return { kind: 'refused', code: 'COGNITO_ERR_TOKEN_INVALID', said: '' }
    },
  }),
  'fails at a payload that is no JSON': (target) => ({
    async verify(text, route) {
      const answer = await target.verify(text, route)
      if (answer.kind === 'refused' && text.split('.').length === 3) {
        try {
          decode(text)
        } catch (error) {
          return { kind: 'wrong', what: `an untyped error: ${(error as Error).name}` }
        }
      }
      return answer
    },
  }),
  'repeats the token in its answer': (target) => ({
    async request(value, route) {
      const answer = await target.request(value, route)
      return answer.kind === 'refused' ? { ...answer, said: `${answer.said} ${value}` } : answer
    },
  }),
  'tells another user': (target) => ({
    async verify(text, route) {
      const answer = await target.verify(text, route)
      if (answer.kind !== 'accepted' || !answer.reading) return answer
      return { ...answer, reading: { ...answer.reading, subject: 'ada' } }
    },
  }),
}

/** The genuine target with one weakness. */
export const weaken = (name: string, target: Target, stage: Stage): Target => ({
  ...target,
  ...WEAKNESSES[name]?.(target, stage),
})
