/**
 * Holds the documentation to its word: every `ts` fence compiles against the built package, every relative link and
 * anchor leads somewhere, and the README stays short. Exits with 1 when something does not hold.
 *
 * A fence is completed by an HTML comment right before it, which readers of the rendered page do not see:
 *
 *     <!-- setup: declare const app: FastifyInstance -->
 *
 * Fences share one program, but those with a `declare module`, which get one each. Code keeps the line numbers of
 * its page, so that an error of the compiler points into the page.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** @typedef {{ path: string, text: string }} Page */
/** @typedef {{ page: string, file: string, code: string, isAlone: boolean }} Snippet */
/** @typedef {{ page: string, line: number, message: string }} Fault */

/** A fence with the setup right before it. */
const FENCE = /(?:<!-- setup:((?:(?!-->)[\s\S])*)-->\n)?^```ts\n([\s\S]*?)^```$/dgm
const SCRATCH = '.docs-check'
const MAX_README_LINES = 300

/** Wrong on purpose: a check that has never caught anything proves nothing. */
const PROOF = {
  path: 'PROOF.md',
  text: `\`\`\`ts
import cognito from 'fastify-cognito'
import Fastify from 'fastify'
await Fastify().register(cognito, { pools: { eu: { userPoolId: 'eu-west-1_AbCdEf123', appClientID: 'abc' } } })
\`\`\`
<!-- setup: const known = { eu: { userPoolId: 'eu-west-1_AbCdEf123', appClientId: 'abc' } } -->
\`\`\`ts
import { definePools } from 'fastify-cognito'
const pools = definePools(known)
declare module 'fastify-cognito' { interface Register { pools: typeof pools } }
declare const app: import('fastify').FastifyInstance
app.authRequired('asia')
\`\`\`
[no page](docs/no-such-page.md)
[no heading](README.md#no-such-heading)
`,
  wrongLines: [4, 12, 14, 15],
}

function main() {
  if (!existsSync('dist/index.d.ts')) return fail(['dist/ is missing: run `npm run build` first'])
  const pages = [PROOF, ...readPages()]
  const snippets = pages.flatMap(findSnippets)
  const faults = [...compile(snippets), ...findBrokenLinks(pages), ...findLengthFault(pages)]
  const caught = faults.filter(({ page }) => page === PROOF.path).map(({ line }) => line)
  if (String(caught) !== String(PROOF.wrongLines)) {
    return fail([
      `the check is broken: of the deliberately wrong lines ${PROOF.wrongLines} it caught ${caught}`,
    ])
  }
  const genuine = faults.filter(({ page }) => page !== PROOF.path)
  const count = snippets.filter(({ page }) => page !== PROOF.path).length
  if (genuine.length > 0) return fail(genuine.map(({ page, line, message }) => `${page}:${line}: ${message}`))
  rmSync(SCRATCH, { recursive: true, force: true })
  console.log(`docs: ${count} snippets on ${pages.length - 1} pages compile, and every link leads somewhere`)
  return 0
}

/** @param {string[]} lines */
function fail(lines) {
  console.error(lines.join('\n'))
  return 1
}

/** @returns {Page[]} */
function readPages() {
  const docs = readdirSync('docs', { recursive: true, encoding: 'utf8' })
  const pages = docs.filter((name) => name.endsWith('.md')).map((name) => posix.join('docs', name))
  const paths = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...pages.sort()]
  return paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}

/**
 * Finds the fences of a page, each with its setup. What stands around them is left blank.
 *
 * @param {Page} page
 * @returns {Snippet[]}
 */
function findSnippets({ path, text }) {
  const fences = text.matchAll(FENCE)
  return Array.from(fences, ({ indices: [, setup, fence = [0, 0]] = [] }) => {
    let code = ''
    for (const [start, end] of setup ? [setup, fence] : [fence]) {
      code += blank(text.slice(code.length, start)) + text.slice(start, end)
    }
    const file = posix.resolve(SCRATCH, `${path.replaceAll('/', '.')}.${lineAt(text, fence[0])}.ts`)
    return { page: path, file, code, isAlone: code.includes('declare module') }
  })
}

/** @param {string} text */
function blank(text) {
  return text.replace(/[^\n]/g, ' ')
}

/**
 * @param {string} text
 * @param {number} index
 */
function lineAt(text, index) {
  return text.slice(0, index).split('\n').length
}

/** @returns {ts.CompilerOptions} */
function readOptions() {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.')
  // Of the repository's own rules, those that ask for style are none of a reader's business.
  return {
    ...options,
    // The decorators of NestJS are those of before the standard.
    experimentalDecorators: true,
    moduleDetection: ts.ModuleDetectionKind.Force,
    noUnusedLocals: false,
    noUnusedParameters: false,
    noPropertyAccessFromIndexSignature: false,
  }
}

/**
 * Compiles snippets: those alone that declare a module, the others together.
 *
 * @param {Snippet[]} snippets
 * @returns {Fault[]}
 */
function compile(snippets) {
  rmSync(SCRATCH, { recursive: true, force: true })
  mkdirSync(SCRATCH)
  for (const { file, code } of snippets) writeFileSync(file, code)
  const options = readOptions()
  const host = createSharingHost(options)
  const programs = [snippets.filter(({ isAlone }) => !isAlone)]
  for (const snippet of snippets) if (snippet.isAlone) programs.push([snippet])
  const pageOf = new Map(snippets.map(({ file, page }) => [file, page]))
  return programs.flatMap((members) => {
    const names = members.map(({ file }) => file)
    const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram(names, options, host))
    return diagnostics.map((diagnostic) => toFault(diagnostic, pageOf))
  })
}

/**
 * A host that parses each file once for all programs.
 *
 * @param {ts.CompilerOptions} options
 */
function createSharingHost(options) {
  const host = ts.createCompilerHost(options)
  const { getSourceFile } = host
  const parsed = new Map()
  host.getSourceFile = (name, ...rest) => {
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, ...rest))
    return parsed.get(name)
  }
  return host
}

/**
 * @param {ts.Diagnostic} diagnostic
 * @param {ReadonlyMap<string, string>} pageOf
 * @returns {Fault}
 */
function toFault({ file, start = 0, messageText }, pageOf) {
  const message = ts.flattenDiagnosticMessageText(messageText, '\n  ')
  if (!file) return { page: 'tsconfig.json', line: 1, message }
  const line = file.getLineAndCharacterOfPosition(start).line + 1
  return { page: pageOf.get(file.fileName) ?? file.fileName, line, message }
}

/**
 * @param {Page[]} pages
 * @returns {Fault[]}
 */
function findBrokenLinks(pages) {
  const anchors = new Map(pages.map((page) => [page.path, listAnchors(page.text)]))
  return pages.flatMap(({ path, text }) => {
    const prose = withoutCode(text).replace(/`[^`\n]*`/g, blank)
    return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ({ 1: link = '', index }) => ({
      page: path,
      line: lineAt(text, index),
      message: describeBreak(path, link, anchors),
    })).filter(({ message }) => message !== '')
  })
}

/**
 * @param {string} path
 * @param {string} link
 * @param {ReadonlyMap<string, ReadonlySet<string>>} anchors
 */
function describeBreak(path, link, anchors) {
  if (/^[a-z]+:/.test(link)) return ''
  const [name = '', anchor] = link.split('#')
  const target = name === '' ? path : posix.join(posix.dirname(path), name)
  if (!anchors.has(target) && !existsSync(target)) return `there is no ${target}`
  return anchor === undefined || anchors.get(target)?.has(anchor) ? '' : `${target} has no heading #${anchor}`
}

/**
 * The anchors of a page as GitHub makes them of its headings.
 *
 * @param {string} text
 * @returns {ReadonlySet<string>}
 */
function listAnchors(text) {
  const anchors = new Set()
  for (const [, heading = ''] of withoutCode(text).matchAll(/^#{1,6} +(.+)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const anchor = plain.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-')
    let number = 0
    while (anchors.has(number ? `${anchor}-${number}` : anchor)) number += 1
    anchors.add(number ? `${anchor}-${number}` : anchor)
  }
  return anchors
}

/** @param {string} text */
function withoutCode(text) {
  return text.replace(/^```[\s\S]*?^```$/gm, blank)
}

/**
 * @param {Page[]} pages
 * @returns {Fault[]}
 */
function findLengthFault(pages) {
  const text = pages.find(({ path }) => path === 'README.md')?.text ?? ''
  const lines = lineAt(text, text.trimEnd().length)
  if (lines <= MAX_README_LINES) return []
  return [{ page: 'README.md', line: lines, message: `longer than ${MAX_README_LINES} lines` }]
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
process.exitCode = main()
