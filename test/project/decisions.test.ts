/**
 * The records of decisions have a number and a status, and the files that the documentation names exist.
 * @module
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

const root = new URL('../../', import.meta.url)
const DECISIONS = 'docs/decisions/'
const STATUS = /^\*\*Status\.\*\* (?:Accepted|Superseded by \[decision (\d+)\]\(([^)]+)\))\.$/

interface Page {
  readonly path: string
  readonly text: string
}

const readPage = (path: string): Page => ({ path, text: readFileSync(new URL(path, root), 'utf8') })

const list = (folder: string) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .sort()

const decisions = list(DECISIONS).map((name) => readPage(DECISIONS + name))
const wings = readdirSync(new URL('src/', root), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

const isSuperseded = ({ text }: Page) => text.includes('\n**Status.** Superseded')

/** Finds what is wrong with the title and the status of one record. */
function judgeDecision({ path, text }: Page, names: ReadonlySet<string>): readonly string[] {
  const [title = '', status = ''] = text.split('\n\n')
  const number = Number(/^docs\/decisions\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1])
  const faults: string[] = []
  if (Number(/^# (\d+)\. \S/.exec(title)?.[1]) !== number) faults.push('the title has another number')
  const match = STATUS.exec(status)
  if (match === null) return [...faults, 'the first paragraph is no status']
  const [, successor, link = ''] = match
  if (successor === undefined) return faults
  if (!names.has(DECISIONS + link)) faults.push(`${link} does not exist`)
  if (Number(successor) !== Number.parseInt(link, 10)) faults.push(`${link} is not decision ${successor}`)
  if (Number(successor) <= number) faults.push('the successor is no later decision')
  return faults
}

const COMMON_FOLDERS = ['src', 'test', 'tools', 'docs', 'demo', 'examples', 'fuzz', 'soak']
const PATH = new RegExp(`^(?:${[...COMMON_FOLDERS, ...wings].join('|')})/[\\w./-]*$`)

/** Finds the paths that stand in backquotes: from the root, or from `src/` if they begin with the name of a wing. */
function listPaths(text: string): readonly string[] {
  const spans = text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)
  const words = Array.from(spans, ([, span = '']) => span.split(/\s+/)).flat()
  return [...new Set(words.filter((word) => PATH.test(word)))]
}

const doesExist = (path: string) => existsSync(new URL(path, root))

function isThere(path: string): boolean {
  if (doesExist(path)) return true
  return (
    wings.some((wing) => path.startsWith(`${wing}/`)) &&
    ['', '.ts'].some((end) => doesExist(`src/${path}${end}`))
  )
}

const listMissing = ({ path, text }: Page) =>
  listPaths(text)
    .filter((name) => !isThere(name))
    .map((name) => `${path}: ${name}`)

t.test('each decision has the number of its file and a status, and no two have one number', async (t) => {
  const names = new Set(decisions.map(({ path }) => path))
  t.ok(decisions.length >= 16, `${decisions.length} decisions`)
  for (const page of decisions) t.strictSame(judgeDecision(page, names), [], page.path)
  t.strictSame(
    decisions.map(({ path }) => Number.parseInt(path.slice(DECISIONS.length), 10)).sort((a, b) => a - b),
    decisions.map((_page, index) => index + 1),
  )
  const superseded = decisions.filter(isSuperseded).map(({ text }) => Number(/^# (\d+)/.exec(text)?.[1]))
  t.ok(
    [2, 6, 7].every((number) => superseded.includes(number)),
    'the pages that are left out of the search for files',
  )
})

t.test('a wrong number, a missing status and a successor that does not exist are noticed', async (t) => {
  const names = new Set(decisions.map(({ path }) => path))
  const judge = (title: string, status: string) =>
    judgeDecision(
      { path: `${DECISIONS}0002-some-choice.md`, text: `${title}\n\n${status}\n\n**Context.**` },
      names,
    )
  const successor = (link: string, number = 13) => `**Status.** Superseded by [decision ${number}](${link}).`
  t.strictSame(judge('# 2. A choice', '**Status.** Accepted.'), [])
  t.strictSame(judge('# 2. A choice', successor('0013-whole-key-sets.md')), [])
  t.strictSame(judge('# 3. A choice', '**Status.** Accepted.'), ['the title has another number'])
  for (const status of ['**Context.** None.', '**Status.** accepted.', '**Status.** Superseded.']) {
    t.strictSame(judge('# 2. A choice', status), ['the first paragraph is no status'], status)
  }
  t.strictSame(judge('# 2. A choice', successor('0013-whole-sets.md')), ['0013-whole-sets.md does not exist'])
  t.strictSame(judge('# 2. A choice', successor('0013-whole-key-sets.md', 14)), [
    '0013-whole-key-sets.md is not decision 14',
  ])
  t.strictSame(judge('# 2. A choice', successor('0001-jwt-on-a-bare-object.md', 1)), [
    'the successor is no later decision',
  ])
})

t.test('every file that the documentation names is there', async (t) => {
  const docs = list('docs/').filter((name) => name.endsWith('.md'))
  const paths = [...docs.map((name) => `docs/${name}`), 'CONTRIBUTING.md', 'README.md', 'SECURITY.md']
  const pages = paths.map(readPage).filter((page) => !isSuperseded(page))
  const count = pages.flatMap(({ text }) => listPaths(text)).length
  t.ok(count >= 30, `${count} names of files`)
  t.strictSame(pages.flatMap(listMissing), [])
})

t.test('the name of a file that does not exist is noticed', async (t) => {
  const text = [
    'There are `src/index.ts`, `keys/endpoint.ts`, `jwt/located-token`, `docs/` and `npx tap test/keys/faults.test.ts -x`.',
    'There are no `src/endpoint.ts`, `keys/jwks-endpoint.ts`, `jwt/carrier` and `npx tap test/faults.test.ts -x`.',
    'Other words: `orders/read`, `fastify-cognito/keys`, `application/json`, `src`.',
  ].join('\n')
  t.strictSame(listMissing({ path: 'docs/page.md', text }), [
    'docs/page.md: src/endpoint.ts',
    'docs/page.md: keys/jwks-endpoint.ts',
    'docs/page.md: jwt/carrier',
    'docs/page.md: test/faults.test.ts',
  ])
})
