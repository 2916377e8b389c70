/**
 * The command `npm run fuzz`: mutated tokens against the plugin, every answer compared with an independent oracle.
 * `--cases N`, `--seed S` and `--kind NAME` choose, `--control` fuzzes weakened verifiers instead.
 * @module
 */
import { parseArgs } from 'node:util'
import type { AnyKind, Material } from './attempt.js'
import { type Fault, run, type Tally } from './campaign.js'
import { WEAKNESSES, weaken } from './control.js'
import { signedKinds } from './signed-kinds.js'
import { type Stage, setStage } from './stage.js'
import { pluginOf, type Target } from './target.js'
import { textKinds } from './text-kinds.js'
import { keyOf, signGenuine } from './tokens.js'
import { createTrial } from './trial.js'

const CASES = 1_000_000
const CONTROL_CASES = 12_000

const say = (...lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`)
const group = (value: number) => value.toLocaleString('en')

interface Order {
  readonly cases: number
  readonly seed: number
  readonly kind: string | undefined
  readonly isControl: boolean
}

function readOrder(args: readonly string[]): Order {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cases: { type: 'string' },
      seed: { type: 'string' },
      kind: { type: 'string' },
      control: { type: 'boolean', default: false },
    },
  })
  const isControl = values.control
  return {
    cases: toInteger(values.cases ?? String(isControl ? CONTROL_CASES : CASES), '--cases', 1),
    seed: toInteger(values.seed ?? String(Date.now() | 0), '--seed', -(2 ** 31)),
    kind: values.kind,
    isControl,
  }
}

function toInteger(text: string, name: string, minimum: number): number {
  const value = Number(text)
  if (/^-?\d+$/.test(text) && value >= minimum && value < 2 ** 31) return value
  throw new TypeError(`${name}: expected a whole number from ${minimum} to ${2 ** 31 - 1}`)
}

function chooseKinds(material: Material, name: string | undefined): AnyKind[] {
  const kinds = [...textKinds(material), ...signedKinds(material)]
  const chosen = kinds.filter((kind) => name === undefined || kind.name === name)
  if (chosen.length > 0) return chosen
  throw new TypeError(`--kind: expected one of ${kinds.map((kind) => kind.name).join('; ')}`)
}

async function work(order: Order): Promise<number> {
  const stage = await setStage()
  try {
    return await (order.isControl ? control(stage, order) : fuzz(stage, order))
  } finally {
    await stage.close()
  }
}

async function campaign(stage: Stage, target: Target, { cases, seed, kind }: Order): Promise<Tally[]> {
  const material = { stage, genuine: signGenuine(stage, Date.now()) }
  const signers = new Map(material.genuine.map(({ text, base }) => [text, keyOf(base)]))
  const trial = createTrial(target, (text) => signers.get(text))
  // Every genuine token is taken once, so that all keys are held from then on.
  for (const { text, base } of material.genuine) {
    await target.verify(text, base.startsWith('open') ? 'open' : 'either')
  }
  return run({ kinds: chooseKinds(material, kind), cases, seed, trial, refresh: stage.refresh })
}

async function fuzz(stage: Stage, order: Order): Promise<number> {
  say(`fuzzing ${group(order.cases)} cases, seed ${order.seed}`)
  const start = performance.now()
  const tallies = await campaign(stage, pluginOf(stage), order)
  const seconds = (performance.now() - start) / 1000
  say('', ...tallies.flatMap(describe), '')
  const faults = tallies.flatMap((tally) => (tally.fault ? describeFault(tally.name, tally.fault) : []))
  const cases = tallies.reduce((sum, tally) => sum + tally.cases, 0)
  const requests = tallies.reduce((sum, tally) => sum + tally.requests, 0)
  const failed = tallies.filter((tally) => tally.fault).length
  say(
    ...faults,
    `${group(cases)} cases, ${group(requests)} of them through a route, in ${seconds.toFixed(1)} s`,
    `(${group(Math.round(cases / seconds))} a second), seed ${order.seed}: ${failed === 0 ? 'no faults' : `FAULTS in ${failed} kinds`}`,
  )
  return failed === 0 && cases >= order.cases ? 0 : 1
}

function describe({ name, cases, answers }: Tally): string[] {
  const sorted = [...answers].sort(([, one], [, other]) => other - one)
  const each = sorted.map(([answer, count]) => `${answer.replace('COGNITO_ERR_', '')} ${group(count)}`)
  return [`${name.padEnd(22)} ${group(cases).padStart(9)}  ${each.join(', ')}`]
}

function describeFault(name: string, { what, plan, attempt, isRequest, seed, cases }: Fault): string[] {
  const repeat = `npm run fuzz -- --kind '${name}' --seed ${seed} --cases ${cases}`
  return [
    `FAULT in '${name}'${isRequest ? ', through a route' : ''}: ${what}`,
    `  route   ${attempt.route}`,
    `  plan    ${plan}`,
    `  token   ${JSON.stringify(attempt.header ?? attempt.text)}`,
    `  repeat  ${repeat}`,
    '',
  ]
}

async function control(stage: Stage, order: Order): Promise<number> {
  say(`control: ${group(order.cases)} cases against each weakened verifier, seed ${order.seed}`, '')
  let missed = 0
  for (const name of Object.keys(WEAKNESSES)) {
    const tallies = await campaign(stage, weaken(name, pluginOf(stage), stage), order)
    const kinds = tallies.filter((tally) => tally.fault).map((tally) => tally.name)
    if (kinds.length === 0) missed += 1
    say(`${kinds.length > 0 ? 'found ' : 'MISSED'}  ${name}: ${kinds.join('; ')}`)
  }
  say('', missed === 0 ? 'every weakness was found' : `${missed} weaknesses were not found`)
  return missed === 0 ? 0 : 1
}

try {
  process.exitCode = await work(readOrder(process.argv.slice(2)))
} catch (error) {
  process.stderr.write(`fuzz: ${error instanceof TypeError ? error.message : (error as Error).stack}\n`)
  process.exitCode = 2
}
