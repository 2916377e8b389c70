/**
 * The key ring against the model of its policy: the short form of `npm run model`.
 * @module
 */
import t from 'tap'
import { runModel } from './model/run.js'

t.test('in 2,000 random courses of events no rule of the key policy is broken', async (t) => {
  const seed = Date.now() % 2 ** 31
  await t.resolves(runModel({ runs: 2000, seed }), `seed ${seed}`)
})
