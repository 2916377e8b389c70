/**
 * A run over all kinds, in batches of one seed each, until the number of cases is reached.
 * @module
 */
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import type { AnyKind, Attempt } from './attempt.js'
import type { Result } from './trial.js'

/** How a campaign is run. */
export interface Campaign {
  readonly kinds: readonly AnyKind[]
  readonly cases: number
  readonly seed: number
  readonly trial: (attempt: Attempt, isRequest: boolean) => Promise<Result>
  /** Called between batches. */
  readonly refresh: () => Promise<void>
}

/** What one kind came to. */
export interface Tally {
  readonly name: string
  readonly answers: Map<string, number>
  cases: number
  requests: number
  fault?: Fault
}

/** The smallest case that shows a fault. */
export interface Fault {
  readonly what: string
  readonly plan: string
  readonly attempt: Attempt
  readonly isRequest: boolean
  /** With this seed and so many cases the kind shows it again. */
  readonly seed: number
  readonly cases: number
}

const BATCH = 400
const SEED_STEP = 0x9e3779b1
/** One of so many goes through a route. */
const REQUEST_SHARE = 50

/** Runs it. A kind that showed a fault is not tried any further. */
export async function run({ kinds, cases, seed, trial, refresh }: Campaign): Promise<Tally[]> {
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0)
  let left = cases
  const shares = kinds.map((kind, index) => {
    const share =
      index === kinds.length - 1 ? left : Math.min(left, Math.round((cases * kind.weight) / total))
    left -= share
    return { kind, share, tally: { name: kind.name, answers: new Map(), cases: 0, requests: 0 } as Tally }
  })
  for (const { kind, share, tally } of shares) {
    for (let batch = 0; batch * BATCH < share && !tally.fault; batch++) {
      const size = Math.min(BATCH, share - batch * BATCH)
      await refresh()
      await runBatch(kind, size, (seed + batch * SEED_STEP) | 0, trial, tally)
    }
  }
  return shares.map(({ tally }) => tally)
}

interface Step {
  readonly plan: unknown
  readonly isRequest: boolean
}

async function runBatch(
  kind: AnyKind,
  size: number,
  seed: number,
  trial: Campaign['trial'],
  tally: Tally,
): Promise<void> {
  const step = fc.record({
    plan: kind.plan,
    isRequest: fc.noBias(fc.nat(REQUEST_SHARE - 1)).map((each) => each === 1),
  })
  let smallest: { readonly result: Result; readonly attempt: Attempt; readonly step: Step } | undefined
  const property = fc.asyncProperty(step, async (each) => {
    // The keys are fetched again in the background, which takes turns of the event loop.
    if (tally.cases % 16 === 0) await setImmediate()
    const attempt = kind.build(each.plan, Date.now())
    const result = await trial(attempt, each.isRequest)
    if (!smallest) count(tally, result, each.isRequest || attempt.header !== undefined)
    if (result.fault === undefined) return true
    smallest = { result, attempt, step: each }
    return false
  })
  const { failed, errorInstance } = await fc.check(property, { seed, numRuns: size })
  if (!smallest) {
    if (failed) throw errorInstance
    return
  }
  const { result, attempt, step: last } = smallest as { result: Result; attempt: Attempt; step: Step }
  const { plan, isRequest } = last
  tally.fault = { what: result.fault ?? '', plan: fc.stringify(plan), attempt, isRequest, seed, cases: size }
}

function count(tally: Tally, { answer }: Result, isRequest: boolean): void {
  tally.cases += 1
  if (isRequest) tally.requests += 1
  tally.answers.set(answer, (tally.answers.get(answer) ?? 0) + 1)
}
