/**
 * The TypeScript of `npm test`: compiles each file once, and keeps the result in `node_modules/.cache/`.
 *
 * tap's own loader compiles every file anew in each process, because it has no cache: 2 CPU seconds for each test file.
 * `.taprc` puts `register.mjs` in its place, and `test.mjs` fills the cache before the tests start. Both loaders
 * give the same JavaScript, so the coverage is the same.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
// biome-ignore lint/correctness/useImportExtensions: no TypeScript here, so the name is the file's
import { keep } from './test-cache.mjs'

const TYPESCRIPT = /\.ts$/
const JAVASCRIPT = /\.js$/
const MAP_COMMENT = /\/\/# sourceMappingURL=.*\s*$/
const MAP_PREFIX = '//# sourceMappingURL=data:application/json;charset=utf-8;base64,'
const root = new URL('../', import.meta.url)

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

function compile(url) {
  const text = readFileSync(fileURLToPath(url), 'utf8')
  const name = common.copy().update(url).update('\0').update(text).digest('hex')
  return keep(`${name}.js`, () => transpile(url, text))
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
