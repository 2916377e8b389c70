/**
 * The command `npm run rotation`: keys that are replaced as fast as the budget of fetches allows, with an overlap and
 * under full load. Nobody may notice. `--rotations N` chooses how often, `--seed S` what is drawn.
 * @module
 */
import { parseArgs } from 'node:util'
import type { KeysOptions } from '../src/index.js'
import { exitWith, say, toNumber } from './command.js'
import type { Account } from './messages.js'
import { useSeed } from './random.js'
import { type Issuer, type Server, settle, withProcesses } from './run.js'
import { FIRST_EDITIONS } from './setting.js'
import { Users } from './users.js'

const ROTATIONS = 100
/** Longer than `lookupInterval`, so that each new key has a fetch of its own; milliseconds. */
const PAUSE_MS = 350

/** No set gets old, and none is asked for at boot: the first token and each new key have to cause exactly one fetch. */
const KEYS: KeysOptions = { refreshAfter: 86_400, lookupInterval: 0.25, prefetch: false }

interface Outcome {
  readonly users: Users
  readonly account: Account
  readonly seconds: number
}

const run = (rotations: number): Promise<Outcome> =>
  withProcesses(async (issuer, server) => {
    const users = new Users()
    issuer.onMessage((message) => users.learn(message))
    try {
      return await load(issuer, server, users, rotations)
    } finally {
      users.close()
    }
  })

async function load(issuer: Issuer, server: Server, users: Users, count: number): Promise<Outcome> {
  const { pools } = await issuer.hear('ready')
  server.tell({ what: 'start', pools, keys: KEYS, weakness: undefined })
  users.begin((await server.hear('listening')).port)
  const start = performance.now()
  const done = issuer.hear('done')
  issuer.tell({ what: 'begin', plan: { kind: 'rotations', count, pauseMs: PAUSE_MS } })
  await done
  await users.end()
  const seconds = (performance.now() - start) / 1000
  return { users, account: await settle(issuer), seconds }
}

function report(rotations: number, { users, account, seconds }: Outcome): number {
  const { requests, wrong, accepted, examples, latencies } = users
  const keys = rotations + FIRST_EDITIONS
  const fetches = account.fetches.eu
  const expected = rotations + 1
  const milliseconds = (percentile: number) => `${(latencies.percentile(percentile) / 1000).toFixed(1)} ms`
  const row = (name: string, value: string) => `${name.padEnd(18)} ${value}`
  say(
    row(
      'rotations',
      `${rotations} in ${seconds.toFixed(1)} s, at most ${account.mostPublished} pairs published at once`,
    ),
    row('requests', `${requests.toLocaleString('en')}, ${Math.round(requests / seconds)} a second`),
    row('wrong rejections', String(wrong)),
    row('keys accepted', `${accepted.size} of ${keys}`),
    row('fetches', `${fetches}, expected ${expected}: the first one, and one for each rotation`),
    row('latency', `p50 ${milliseconds(50)}, p99 ${milliseconds(99)}`),
    ...examples,
  )
  const isGood = wrong === 0 && accepted.size === keys && fetches === expected
  say(isGood ? 'passed' : 'failed')
  return isGood ? 0 : 1
}

async function obey(): Promise<number> {
  const { values } = parseArgs({
    options: { rotations: { type: 'string', default: String(ROTATIONS) }, seed: { type: 'string' } },
  })
  say(`seed ${useSeed(values.seed)}`)
  const rotations = toNumber(values.rotations, '--rotations')
  return report(rotations, await run(rotations))
}

await exitWith('rotation', obey)
