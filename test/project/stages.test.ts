/**
 * The stages of the checks: CONTRIBUTING has the same, and what they draw by chance is fixed.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

interface Stage {
  readonly name: string
  readonly command: readonly string[]
  readonly what: string
  readonly isInCheck: boolean
  readonly mayFail?: true
}

const { stages } = (await import(new URL('../../tools/stages.mjs', import.meta.url).href)) as {
  stages: readonly Stage[]
}

const toCommand = ([script = '', ...given]: readonly string[]) =>
  script === 'test' ? 'npm test' : `npm run ${script}${given.length > 0 ? ` -- ${given.join(' ')}` : ''}`

t.test('CONTRIBUTING has every stage as it runs, in its order', async (t) => {
  const rows = read('CONTRIBUTING.md').matchAll(/^\| ([a-z-]+) \| `(npm [^`]+)` \| (.+) \| (✓?) ?\|$/gm)
  t.strictSame(
    [...rows].map(([, name, command, what, mark]) => ({ name, command, what, isInCheck: mark === '✓' })),
    stages.map(({ name, command, what, isInCheck }) => ({
      name,
      command: toCommand(command),
      what,
      isInCheck,
    })),
  )
})

t.test('the tests are the command of the README, and every script is there', async (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }
  t.match(read('README.md'), /^npm install && npm test$/m)
  for (const { command } of stages) t.type(scripts[command[0] ?? ''], 'string', command.join(' '))
  t.match(read('.ci/run'), /^node tools\/check\.mjs --all$/m)
})

t.test('only the stage about the next Fastify may fail, says so, and runs in CI alone', async (t) => {
  t.strictSame(
    stages.filter(({ mayFail }) => mayFail).map(({ name }) => name),
    ['next-fastify'],
  )
  for (const { name, what, isInCheck, mayFail = false } of stages) {
    t.equal(what.endsWith('; may fail'), mayFail, name)
    t.notOk(mayFail && isInCheck, name)
  }
})

t.test('what draws by chance has a fixed seed', async (t) => {
  const drawing = stages.filter(({ command }) => /^(?:fuzz|soak|rotation|weaken)$/.test(command[0] ?? ''))
  t.equal(drawing.length, 6)
  for (const { name, command } of drawing) t.ok(command.includes('--seed'), name)
})

t.test('no test draws by chance without a seed', async (t) => {
  const files = readdirSync(new URL('../', import.meta.url), { recursive: true, encoding: 'utf8' })
  const tests = files.filter((file) => file.endsWith('.ts') && !/^types|stages/.test(file))
  let properties = 0
  for (const file of tests) {
    const source = read(`test/${file}`)
    const asserted = source.match(/\bfc\.assert\(/g)?.length ?? 0
    properties += asserted
    t.notMatch(source, /Math\.random\(|randomInt\(/, file)
    t.ok((source.match(/\bseed\b/g)?.length ?? 0) >= asserted, `${file}: a seed for each property`)
  }
  t.ok(properties >= 6, `${properties}`)
})
