// What is the time of a fresh token spent on? A CPU profile of the guard.
import { answer } from '../answer.mjs'
import { startProfile } from '../profiler.mjs'
import { FRESH, Tokens } from '../tokens.mjs'
import { createGuard } from './own.mjs'

const PASSES = 5

/** The cache holds fewer tokens than a pass has: hardly one is found again. */
function pass(guard, tokens) {
  for (let index = 0; index < FRESH; index += 1) {
    if (!guard.run(guard.prepare(tokens.fresh(index)))) throw new Error('a good token is refused')
  }
}

answer({
  async profile({ pool, tokenFile }) {
    const tokens = new Tokens(tokenFile)
    const guard = await createGuard({ pools: { eu: pool.options } }, 'eu', tokens.repeated(0))
    pass(guard, tokens)
    const profile = await startProfile()
    const start = process.hrtime.bigint()
    for (let count = 0; count < PASSES; count += 1) pass(guard, tokens)
    const microseconds = Number(process.hrtime.bigint() - start) / 1000 / (PASSES * FRESH)
    return { functions: await profile.stop(), microseconds }
  },
})
