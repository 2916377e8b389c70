/**
 * The command `npm run soak`: a server under load that is frozen now and then while the endpoint of its keys fails in every
 * way, every answer held against an oracle. `--minutes N` and `--seconds N` choose how long, `--seed S` what is drawn,
 * `--control` loads weakened servers instead.
 * @module
 */
import { parseArgs } from 'node:util'
import { exitWith, say, toNumber } from './command.js'
import { control } from './control.js'
import { useSeed } from './random.js'
import { report } from './report.js'
import { run } from './run.js'

const MINUTES = 10

function readSeconds({ minutes, seconds }: { readonly minutes?: string; readonly seconds?: string }): number {
  if (seconds !== undefined) return toNumber(seconds, '--seconds')
  return 60 * (minutes === undefined ? MINUTES : toNumber(minutes, '--minutes'))
}

async function soak(seconds: number): Promise<number> {
  say(`soaking for ${seconds} s`)
  const { lines, failures } = report(await run({ seconds }))
  say(
    ...lines,
    '',
    ...failures.map((failure) => `FAILED  ${failure}`),
    failures.length === 0 ? 'passed' : 'failed',
  )
  return failures.length === 0 ? 0 : 1
}

async function obey(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      control: { type: 'boolean' },
    },
  })
  say(`seed ${useSeed(values.seed)}`)
  return values.control ? control(say) : soak(readSeconds(values))
}

await exitWith('soak', obey)
