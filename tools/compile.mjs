/**
 * The TypeScript of `npm test`: compiles each file once, and keeps the result in `node_modules/.cache/`.
 *
 * tap's own loader compiles every file anew in each process, because it has no cache: 2 CPU seconds for each test file.
 * `.taprc` puts `register.mjs` in its place, and `test.mjs` fills the cache before the tests start. Both loaders
 * give the same JavaScript, so the coverage is the same.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const TYPESCRIPT = /\.ts$/
const JAVASCRIPT = /\.js$/
const MAP_COMMENT = /\/\/# sourceMappingURL=.*\s*$/
const MAP_PREFIX = '//# sourceMappingURL=data:application/json;charset=utf-8;base64,'
const root = new URL('../', import.meta.url)
const cache = new URL('node_modules/.cache/tests/', root)

const read = (path) => readFileSync(new URL(path, root), 'utf8')

/** Hash of everything but the file that the compiled text depends on. */
const common = ['node_modules/typescript/package.json', 'tsconfig.json', 'tools/compile.mjs'].reduce(
  (hash, path) => hash.update(read(path)).update('\0'),
  createHash('sha256'),
)

let compiler

/** The compiler, loaded with the first file that the cache lacks, because it takes long to load. */
function getCompiler() {
  if (compiler === undefined) {
    const ts = createRequire(import.meta.url)('typescript')
    const { config } = ts.parseConfigFileTextToJson('tsconfig.json', read('tsconfig.json'))
    // A file compiled alone has no package.json beside it that says it is a module.
    const alone = { module: 'ESNext', moduleResolution: 'Bundler', noEmit: false }
    const options = { ...config.compilerOptions, ...alone, sourceMap: true, inlineSources: true }
    const { options: compilerOptions } = ts.convertCompilerOptionsFromJson(options, fileURLToPath(root))
    compiler = (text, fileName) => ts.transpileModule(text, { fileName, compilerOptions })
  }
  return compiler
}

function transpile(url, text) {
  const fileName = fileURLToPath(url)
  const { outputText, sourceMapText } = getCompiler()(text, fileName)
  const { sourceRoot: _, ...map } = JSON.parse(sourceMapText)
  const inline = Buffer.from(JSON.stringify({ ...map, file: fileName, sources: [url] })).toString('base64')
  return outputText.replace(MAP_COMMENT, '') + MAP_PREFIX + inline
}

/** Writes a file that other processes may read at the same time: it appears whole. */
function writeWhole(url, text) {
  mkdirSync(cache, { recursive: true })
  const draft = new URL(`${url}.${process.pid}`)
  writeFileSync(draft, text)
  renameSync(draft, url)
}

function compile(url) {
  const text = readFileSync(fileURLToPath(url), 'utf8')
  const name = common.copy().update(url).update('\0').update(text).digest('hex')
  const cached = new URL(`${name}.js`, cache)
  if (existsSync(cached)) return readFileSync(cached, 'utf8')
  const compiled = transpile(url, text)
  writeWhole(cached, compiled)
  return compiled
}

/** Compiles each file of a folder that the cache lacks. */
export function compileAll(folder) {
  const base = new URL(`${folder}/`, root)
  for (const path of readdirSync(base, { recursive: true, encoding: 'utf8' })) {
    const url = new URL(path.replaceAll('\\', '/'), base).href
    if (TYPESCRIPT.test(path) && !path.includes('node_modules')) compile(url)
  }
}

/** Hook of Node: finds `./name.ts` where `./name.js` is imported. */
export function resolve(specifier, context, next) {
  if (JAVASCRIPT.test(specifier) && specifier.startsWith('.') && TYPESCRIPT.test(context.parentURL ?? '')) {
    const url = new URL(specifier.replace(JAVASCRIPT, '.ts'), context.parentURL)
    if (existsSync(url)) return { url: url.href, format: 'module', shortCircuit: true }
  }
  return next(specifier, context)
}

/** Hook of Node: loads a file of TypeScript. */
export function load(url, context, next) {
  if (!TYPESCRIPT.test(url)) return next(url, context)
  return { format: 'module', source: compile(url), shortCircuit: true }
}
