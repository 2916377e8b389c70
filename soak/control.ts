/**
 * The positive control: the same load and the same oracle, against servers that are wrong in one point each.
 * @module
 */
import type { Weakness } from './messages.js'
import type { Verdict } from './oracle.js'
import { currentSeed, useSeed } from './random.js'
import { reportVerdicts } from './report.js'
import { run } from './run.js'

const SECONDS = 12
/** A fault of the endpoint may miss the moment in which a weakness shows. Then the server is loaded again, with other draws. */
const ROUNDS = 4

/** What the oracle has to say of each, at least; a genuine server has to pass, or finding the others would mean nothing. */
const EXPECTED: Readonly<Record<Weakness | 'genuine', Verdict | undefined>> = {
  genuine: undefined,
  'refuses one valid request of 500': 'wrong rejection',
  'accepts everything': 'wrong acceptance',
  'fails once in a while': '5xx other than an honest 503',
  'loses its keys when the endpoint fails': '5xx other than an honest 503',
  'accepts removed keys for ever': 'wrong acceptance',
  'lets a flood lock new keys out': 'wrong rejection',
  'takes a freeze for an outage': '5xx other than an honest 503',
  'trusts old keys after a freeze': 'wrong acceptance',
}

/** Returns the exit code. */
export async function control(say: (...lines: readonly string[]) => void): Promise<number> {
  say(`control: ${SECONDS} s of load on each weakened server`, '')
  let missed = 0
  for (const [name, expected] of Object.entries(EXPECTED)) {
    const { failures, isRight } = await judge(name as Weakness | 'genuine', expected)
    if (!isRight) missed += 1
    const found = failures.filter((failure) => !failure.startsWith(' ') || !isRight)
    say(`${label(expected, isRight)}  ${name}: ${found.join('; ') || 'nothing'}`)
  }
  say('', missed === 0 ? 'every weakness was found' : `${missed} servers were judged wrongly`)
  return missed === 0 ? 0 : 1
}

async function judge(name: Weakness | 'genuine', expected: Verdict | undefined) {
  const seed = currentSeed()
  for (let round = 1; ; round += 1) {
    useSeed(String(seed + round - 1))
    const { ledger } = await run({ seconds: SECONDS, ...(name !== 'genuine' && { weakness: name }) })
    const { failures } = reportVerdicts(ledger)
    const isRight = expected === undefined ? failures.length === 0 : ledger.verdicts.has(expected)
    // The genuine server has one round: a failure of it counts.
    if (isRight || expected === undefined || round === ROUNDS) {
      useSeed(String(seed))
      return { failures, isRight }
    }
  }
}

function label(expected: Verdict | undefined, isRight: boolean): string {
  if (expected === undefined) return isRight ? 'passed' : 'FAILED'
  return isRight ? 'found ' : 'MISSED'
}
