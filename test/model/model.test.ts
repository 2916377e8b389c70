/**
 * The key ring against the model of its policy: the short form of `npm run model`.
 * @module
 */
import t from 'tap'
import { runModel } from './run.js'

const seed = Date.now() % 2 ** 31
// Not within a test: tap follows every promise there, which takes longer than the courses themselves.
const outcome = await runModel({ runs: 2000, seed }).then(
  () => 'no rule is broken',
  (error: Error) => `${error.message} ${error.cause}`,
)

t.test('in 2,000 random courses of events no rule of the key policy is broken', async (t) => {
  t.equal(outcome, 'no rule is broken', `seed ${seed}`)
})
