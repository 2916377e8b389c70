// What do many pools cost: to register, and per request?
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import Fastify from 'fastify'
import cognito from '../../dist/index.js'
import { answer } from '../answer.mjs'
import { BATCH, medians, timeInTurns } from '../in-process/harness.mjs'
import { createGuard, createVerification, passes } from '../in-process/own.mjs'
import { Tokens } from '../tokens.mjs'
import { heapAfterGc } from './heap.mjs'

const COUNTS = [1, 100, 10_000]
const CALLS = 5 * BATCH
const KEYS = { prefetch: false }

const range = (length, make) => Array.from({ length }, (_, index) => make(index))
const toUserPoolId = (index) => `eu-west-1_Pool${index}`

/** Options of pools that nobody asks for, and of one that is asked for. */
function ownPools(count, pool) {
  const others = range(count - 1, (index) => [
    `pool${index}`,
    { userPoolId: toUserPoolId(index), appClientId: pool.clientId },
  ])
  return Object.fromEntries([...others, ['asked', pool.options]])
}

function awsPools(count, { userPoolId, clientId }) {
  const ids = [...range(count - 1, toUserPoolId), userPoolId]
  return ids.map((id) => ({ userPoolId: id, clientId, tokenUse: 'access' }))
}

const registrations = {
  async 'fastify-cognito'(count, pool) {
    const app = Fastify()
    await app.register(cognito, { pools: ownPools(count, pool), keys: KEYS })
    await app.ready()
    return app
  },
  'aws-jwt-verify': (count, pool) => CognitoJwtVerifier.create(awsPools(count, pool)),
}

async function createSubjects(count, pool, token) {
  const options = { pools: ownPools(count, pool), keys: KEYS }
  const aws = CognitoJwtVerifier.create(awsPools(count, pool))
  aws.cacheJwks(pool.keySet, pool.userPoolId)
  return {
    fresh: await createVerification({ ...options, tokenCache: false }, 'asked', token),
    hot: await createGuard({ ...options, defaultPool: 'asked' }, 'asked', token),
    aws: { prepare: (text) => text, run: (text) => passes(() => aws.verifySync(text)) },
  }
}

answer({
  /** Seconds and megabytes of a registration, in a process that has registered one pool before. */
  async register({ who, count, pool }) {
    const first = await registrations[who](1, pool)
    const before = heapAfterGc()
    const start = process.hrtime.bigint()
    const registered = await registrations[who](count, pool)
    const seconds = Number(process.hrtime.bigint() - start) / 1e9
    const megabytes = (heapAfterGc() - before) / 1e6
    return { seconds, megabytes, alive: [first, registered].length }
  },
  /** Microseconds a request, by the number of pools. */
  async request({ pool, tokenFile, turns }) {
    const tokens = new Tokens(tokenFile)
    const kinds = { fresh: {}, hot: {}, aws: {} }
    for (const count of COUNTS) {
      const subjects = await createSubjects(count, pool, tokens.repeated(0))
      for (const [kind, subject] of Object.entries(subjects)) kinds[kind][count] = subject
    }
    const time = async (subjects, token) =>
      medians(await timeInTurns({ subjects, token, turns, calls: CALLS, refused: 0 }))
    const fresh = (at, turn) => tokens.fresh(turn * CALLS + at)
    return {
      'fresh token': await time(kinds.fresh, fresh),
      'hot token': await time(kinds.hot, () => tokens.repeated(0)),
      'fresh token, aws-jwt-verify': await time(kinds.aws, fresh),
    }
  },
})
