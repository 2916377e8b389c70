// What is to be measured, and how thoroughly?
import { parseArgs } from 'node:util'
import { workloads } from './http/workloads.mjs'
import { chunk } from './statistics.mjs'
import { AWS, OURS, UNGUARDED, variantNames } from './variants/index.mjs'

const ALL_WORKLOADS = Object.keys(workloads)
/** Servers that run at a time besides the one without a guard. */
const SIDE_BY_SIDE = 6
const others = chunk(
  variantNames.filter((name) => name !== UNGUARDED && name !== OURS),
  SIDE_BY_SIDE,
)

const toHeat = (variants, plan) => ({ variants, workloads: ALL_WORKLOADS, seconds: 0.1, turns: 4, ...plan })

/** What the named ratios over HTTP are made of. Those against a peer need fewer rounds. */
const toNamedHeats = ({ rounds, peerRounds, warmUp }) => [
  toHeat([UNGUARDED, OURS], { workloads: ['hot', 'thousand', 'missing'], rounds, warmUp }),
  toHeat([UNGUARDED, OURS, AWS], { workloads: ['fresh', 'junk'], rounds: peerRounds, warmUp }),
]

/** How everything else over HTTP is measured. */
const ROUGHLY = { rounds: 5, warmUp: 2 }

const FULL = {
  heats: [
    ...toNamedHeats({ rounds: 28, peerRounds: 12, warmUp: 3 }),
    ...others.map((some) => toHeat([UNGUARDED, ...some], ROUGHLY)),
  ],
  only: ROUGHLY,
  callTurns: 25,
  onlySync: false,
}
/** What the named ratios need, in less than three minutes. */
const QUICK = {
  heats: toNamedHeats({ rounds: 2, peerRounds: 2, warmUp: 2 }),
  only: { ...ROUGHLY, rounds: 2 },
  callTurns: 15,
  onlySync: true,
}

const USAGE = `npm run bench -- [options]
  --quick        what the named ratios need, in less than three minutes
  --json         { versions, machine, results, ratios } on stdout; npm's own lines go with npm run --silent bench
  --profile      only CPU profiles: of the verification of fresh tokens, and of a guarded server under each load
  --rounds N     rounds of everything over HTTP, with fresh servers for each workload
  --only NAME    a variant to measure over HTTP besides the baseline; may be repeated

A run with --quick, --rounds or --only writes to bench/.quick, a full one to bench.`

/** @param {string[]} args */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string', multiple: true },
      help: { type: 'boolean', default: false },
    },
  })
  const plan = values.quick ? QUICK : FULL
  const rounds = values.rounds === undefined ? {} : { rounds: toCount(values.rounds) }
  const chosen = values.only === undefined ? plan.heats : [toHeat(choose(values.only), plan.only)]
  return {
    ...values,
    isFull: !values.quick && values.rounds === undefined && values.only === undefined,
    usage: USAGE,
    plan: { ...plan, heats: chosen.map((heat) => ({ ...heat, ...rounds })) },
  }
}

function toCount(text) {
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new TypeError('--rounds: expected a positive integer')
}

function choose(names) {
  const unknown = names.filter((name) => !variantNames.includes(name))
  if (unknown.length > 0) throw new TypeError(`--only: expected one of\n  ${variantNames.join('\n  ')}`)
  return [...new Set([UNGUARDED, ...names])]
}
