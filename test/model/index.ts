/**
 * The command `npm run model`: the key ring against the model of its policy, in random courses of events under a clock
 * of their own. `--runs N` and `--seed S` choose.
 * @module
 */
import { parseArgs } from 'node:util'
import { runModel } from './run.js'

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } })
const runs = Number(values.runs ?? 50_000)
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const start = performance.now()
console.log(`${runs} courses of events, seed ${seed}`)
await runModel({ runs, seed })
console.log(`no rule was broken, in ${((performance.now() - start) / 1000).toFixed(1)} s`)
