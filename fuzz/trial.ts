/**
 * One attempt put to a target, and its answer held against the oracle, both ways.
 * @module
 */
import { isDeepStrictEqual } from 'node:util'
import type { Attempt } from './attempt.js'
import { judge, judgeHeader, type Signers, type Verdict } from './oracle.js'
import { ROUTES } from './setting.js'
import type { Answer, Target } from './target.js'

/** How an attempt was answered, and what is wrong with that. */
export interface Result {
  /** `accepted`, a code, or `wrong`. */
  readonly answer: string
  readonly fault?: string
}

/** Makes the function that tries. `genuine` tells the key of the tokens signed in advance. */
export function createTrial(target: Target, genuine: Signers) {
  const isSafe = createLeakCheck()
  return async (attempt: Attempt, isRequest: boolean): Promise<Result> => {
    const { route, text, header = `Bearer ${text}` } = attempt
    const asksRoute = isRequest || attempt.header !== undefined
    const signers: Signers = (each) => (each === text && attempt.signer) || genuine(each)
    const decide = () => {
      const now = Date.now() / 1000
      const facts = ROUTES[route]
      return asksRoute ? judgeHeader(header, signers, facts, now) : judge(text, signers, facts, now)
    }
    const before = decide()
    const answer = asksRoute ? await target.request(header, route) : await target.verify(text, route)
    // A limit may pass while the token is on its way: then either answer is right.
    const fault = compare(before, answer) && compare(decide(), answer)
    const leak = isSafe(answer, asksRoute ? header : text)
      ? undefined
      : 'the answer repeats a piece of the token'
    return toResult(answer, fault ?? leak)
  }
}

function toResult(answer: Answer, fault: string | undefined): Result {
  const name = answer.kind === 'refused' ? answer.code : answer.kind
  return fault === undefined ? { answer: name } : { answer: name, fault }
}

function compare({ reading, codes }: Verdict, answer: Answer): string | undefined {
  if (answer.kind === 'wrong') return answer.what
  if (answer.kind === 'refused') {
    if (codes?.includes(answer.code)) return undefined
    return `answered ${answer.code} (${answer.said}), expected ${codes?.join(' or ') ?? 'acceptance'}`
  }
  if (reading === undefined) return `accepted, expected ${codes.join(' or ')}`
  if (answer.reading === undefined || isDeepStrictEqual(answer.reading, reading)) return undefined
  return `read as ${JSON.stringify(answer.reading)}, expected ${JSON.stringify(reading)}`
}

const PIECE = 20

/**
 * Tells whether an answer has no piece of the credentials. All its texts are fixed, so one that came before, for other
 * credentials, need not be searched again.
 */
function createLeakCheck(): (answer: Answer, credentials: string) => boolean {
  const cleared = new Set<string>()
  return (answer, credentials) => {
    if (answer.kind !== 'refused' || cleared.has(answer.said)) return true
    const { said } = answer
    for (let at = 0; at + PIECE <= said.length; at++) {
      if (credentials.includes(said.slice(at, at + PIECE))) return false
    }
    if (cleared.size < 1000) cleared.add(said)
    return true
  }
}
