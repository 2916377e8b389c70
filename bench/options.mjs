// What is to be measured, and how thoroughly?
import { parseArgs } from 'node:util'
import { REFERENCES, UNGUARDED, variantNames } from './variants/index.mjs'

const FULL = {
  rounds: 5,
  turns: 4,
  seconds: 0.3,
  warmUp: 0.5,
  variants: variantNames,
  callTurns: 25,
  onlySync: false,
}
/** What the named ratios need, in less than three minutes. */
const QUICK = {
  rounds: 3,
  turns: 6,
  seconds: 0.15,
  warmUp: 0.5,
  variants: REFERENCES,
  callTurns: 15,
  onlySync: true,
}

const USAGE = `npm run bench -- [options]
  --quick        what the named ratios need, in less than three minutes
  --json         { versions, machine, results, ratios } on stdout; npm's own lines go with npm run --silent bench
  --profile      only CPU profiles: of the verification of fresh tokens, and of a guarded server under each load
  --rounds N     rounds over HTTP, each with fresh servers
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
  return {
    ...values,
    isFull: !values.quick && values.rounds === undefined && values.only === undefined,
    usage: USAGE,
    plan: {
      ...plan,
      rounds: values.rounds === undefined ? plan.rounds : toCount(values.rounds),
      variants: values.only === undefined ? plan.variants : choose(values.only),
    },
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
