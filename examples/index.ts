/**
 * The command `npm run examples`: lists the examples; with `--check [NAME …]` tries each against the real client or service
 * that it is for. An example with a `package.json` is a stack (`stacks.ts`): it is tried with the packed project and packages
 * of its own. `--lock [NAME …]` writes the lock files of stacks.
 * @module
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { checkStack, findApplication, isStack, lockStack, readDescription } from './stacks.js'

/** What `check.ts` of an example exports. */
export interface Example {
  /** Rejects if a promise of the example does not hold. Resolves to the reason if the example cannot run here. */
  readonly check: () => Promise<string | undefined>
}

/** Number of stacks that are tried at the same time. Much of their time is spent waiting for packages. */
const STACKS_AT_ONCE = 2

const folder = new URL('.', import.meta.url)
const names = readdirSync(folder).filter((name) => existsSync(new URL('check.ts', findApplication(name))))

const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean' }, lock: { type: 'boolean' } },
  allowPositionals: true,
})
const unknown = positionals.find((name) => !names.includes(name))
if (unknown !== undefined) {
  console.error(`no example ${unknown}; there are: ${names.join(', ')}`)
  process.exit(2)
}
const chosen = positionals.length > 0 ? positionals : names
if (values.lock) for (const name of chosen.filter(isStack)) await lockStack(name)
else if (values.check) process.exitCode = await check()
else list()

function list(): void {
  for (const name of names) console.log(`${name.padEnd(16)} ${readTitle(name)}`)
  console.log('\nnpm run examples -- --check [NAME …] tries them')
}

/** The first sentence of `app.ts`. */
function readTitle(name: string): string {
  const source = readFileSync(new URL('app.ts', findApplication(name)), 'utf8')
  return readDescription(name) ?? /^\/\*\*\n \* (.+)/.exec(source)?.[1] ?? ''
}

async function check(): Promise<number> {
  let held = 0
  const work = async (queue: string[]) => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) if (await holds(name)) held += 1
  }
  await work(chosen.filter((name) => !isStack(name)))
  const stacks = chosen.filter(isStack)
  await Promise.all(Array.from({ length: STACKS_AT_ONCE }, () => work(stacks)))
  console.log(`\n${held} of ${chosen.length} examples hold`)
  return held === chosen.length ? 0 : 1
}

async function checkHere(name: string): Promise<string | undefined> {
  const example = (await import(new URL(`${name}/check.ts`, folder).href)) as Example
  return await example.check()
}

async function holds(name: string): Promise<boolean> {
  try {
    const obstacle = isStack(name) ? await checkStack(name) : await checkHere(name)
    console.log(obstacle === undefined ? `ok    ${name}` : `LEFT OUT  ${name}: ${obstacle}`)
    return obstacle === undefined
  } catch (error) {
    console.error(`FAIL  ${name}\n`, error)
    return false
  }
}
