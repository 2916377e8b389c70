/**
 * Holds the answers to the attack table against the table, whatever protocol brought them.
 * @module
 */
import { ANSWERS, type Answer, type Attack } from './attacks.js'
import type { RawAnswer } from './raw-http.js'

/** Sends every attack, one after the other. Resolves to what was answered differently than expected. */
export async function findDeviations(
  attacks: readonly Attack[],
  send: (attack: Attack) => Promise<RawAnswer>,
  expect: (attack: Attack) => Answer = ({ answer }) => answer,
): Promise<string[]> {
  const deviations: string[] = []
  for (const attack of attacks) {
    const found = deviation(attack, await send(attack), expect(attack))
    if (found !== undefined) deviations.push(found)
  }
  return deviations
}

function deviation(attack: Attack, answer: RawAnswer, expected: Answer): string | undefined {
  const { status, code, challenge } = ANSWERS[expected]
  const got = {
    status: answer.status,
    code: answer.body.startsWith('{') ? JSON.parse(answer.body).code : undefined,
    challenge: answer.headers.get('www-authenticate')?.replace('Bearer realm="api"', ''),
    store: answer.headers.get('cache-control'),
  }
  const want = { status, code, challenge, store: status === 200 ? undefined : 'no-store' }
  const isAnswered = JSON.stringify(got) === JSON.stringify(want)
  const isSilent = pieces(attack).every((piece) => !answer.text.includes(piece))
  return isAnswered && isSilent
    ? undefined
    : `${attack.name}: ${JSON.stringify(got)}, not ${JSON.stringify(want)}`
}

/** Pieces of 16 characters of what the attacker sent, none of which may come back. */
function pieces({ lines }: Attack): string[] {
  const sent = lines.map((line) => line.slice(line.indexOf(':') + 1).replace(/^\s*bearer\s*/i, ''))
  return sent.flatMap((text) => text.match(/.{16}/g) ?? [])
}
