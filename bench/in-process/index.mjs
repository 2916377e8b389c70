// How long does one verification take, without a server around it?
import { answer } from '../answer.mjs'
import { median, pairedRatios } from '../statistics.mjs'
import { Tokens } from '../tokens.mjs'
import { BATCH, medians, timeInTurns } from './harness.mjs'
import { createSubjects, FAST_JWT_CACHE, GUARD, LIMIT, VERIFICATION } from './subjects.mjs'

const FEW = 6 * BATCH
const MANY = 15 * BATCH
/** One in so many tokens is junk. */
const JUNK = 10

/** @param {Tokens} tokens */
const plans = (tokens) => ({
  fresh: { calls: FEW, refused: 0, token: (at, turn) => tokens.fresh(turn * FEW + at) },
  hot: { calls: MANY, refused: 0, token: () => tokens.repeated(0) },
  thousand: { calls: MANY, refused: 0, token: (at, turn) => tokens.repeated(turn * MANY + at) },
  junk: {
    calls: MANY,
    refused: MANY / JUNK,
    token: (at, turn) => (at % JUNK === 0 ? tokens.junk((turn * MANY + at) / JUNK) : tokens.repeated(at)),
  },
})

answer({
  async measure({ pool, tokenFile, turns, onlySync }) {
    const tokens = new Tokens(tokenFile)
    const all = Object.entries(await createSubjects(pool, tokens.repeated(0)))
    const subjects = Object.fromEntries(all.filter(([, { isAsync }]) => !(isAsync && onlySync)))
    const times = {}
    for (const [workload, plan] of Object.entries(plans(tokens))) {
      times[workload] = await timeInTurns({ ...plan, subjects, turns })
    }
    return {
      results: Object.fromEntries(Object.entries(times).map(([name, series]) => [name, medians(series)])),
      ratios: {
        fresh: median(pairedRatios(times.fresh[VERIFICATION], times.fresh[LIMIT])),
        hot: median(pairedRatios(times.hot[FAST_JWT_CACHE], times.hot[GUARD])),
      },
    }
  },
})
