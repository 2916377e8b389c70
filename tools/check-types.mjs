// Compiles the programs of test/types/ against dist/ with each TypeScript, for the lowest and the highest Fastify.
import { execFile, execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const COMPILERS = ['typescript-5.5', 'typescript-5.9', 'typescript-6.0', 'typescript-7.0']
const FASTIFYS = ['fastify-lowest', 'fastify']

/** Program → first TypeScript that can compile it. */
const PROGRAMS = {
  registered: 5.5,
  unregistered: 5.5,
  composition: 5.5,
  misregistered: 5.5,
  'must-fail': 5.5,
  user: 5.5,
  tenants: 5.5,
  schemas: 5.9,
  commonjs: 5.8,
  'inline-hook': 6,
  'old-resolution': 5.5,
}

/** Programs that the lowest Fastify is left out of, because their types are those of other libraries and take long. */
const NEWEST_FASTIFY_ALONE = ['schemas']

const root = new URL('../', import.meta.url)
const types = new URL('test/types/', root)
const matrix = new URL('matrix/', types)
const installed = new URL('node_modules/', matrix)

const folderOf = (name) =>
  new URL(`${name}/`, name === 'fastify' ? new URL('node_modules/', root) : installed)
const versionOf = (name) => JSON.parse(readFileSync(new URL('package.json', folderOf(name)), 'utf8')).version
const timeOf = (url) => statSync(url, { throwIfNoEntry: false })?.mtimeMs ?? 0

function assertBuilt() {
  const source = new URL('src/', root)
  const files = readdirSync(source, { recursive: true })
  const changed = Math.max(...files.map((name) => timeOf(new URL(name, source))))
  if (timeOf(new URL('dist/index.d.ts', root)) >= changed) return
  console.error('dist/ is missing or older than src/: run `npm run build` first')
  process.exit(1)
}

/** TypeScript 5 reads no `exports` for CommonJS, so it has to find the package as it is installed. */
function placePackage() {
  const place = new URL('fastify-cognito/', installed)
  mkdirSync(place, { recursive: true })
  copyFileSync(new URL('package.json', root), new URL('package.json', place))
  const link = new URL('dist', place)
  if (!existsSync(link)) symlinkSync(fileURLToPath(new URL('dist', root)), link, 'junction')
}

function install() {
  if (timeOf(new URL('.package-lock.json', installed)) >= timeOf(new URL('package-lock.json', matrix))) return
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: matrix,
    stdio: 'inherit',
  })
}

/** The configurations of all programs that the compiler can compile, `fastify` meaning the one that is given. */
function writeConfigs(compiler, fastify) {
  const folder = new URL(`.programs/${compiler}/${fastify}/`, installed)
  mkdirSync(folder, { recursive: true })
  const file = (name) => [fileURLToPath(new URL(name, folderOf(fastify)))]
  const paths = { fastify: file('fastify.d.ts'), 'fastify/*': file('*') }
  const programs = Object.keys(PROGRAMS)
    .filter((name) => Number(compiler.split('-')[1]) >= PROGRAMS[name])
    .filter((name) => fastify === 'fastify' || !NEWEST_FASTIFY_ALONE.includes(name))
  return programs.map((name) => {
    const base = fileURLToPath(new URL(`tsconfig.${name}.json`, types))
    const config = fileURLToPath(new URL(`${name}.json`, folder))
    writeFileSync(config, JSON.stringify({ extends: base, compilerOptions: { paths, listFiles: true } }))
    return config
  })
}

/** Compiles all programs in one process, which parses what they share once. Resolves to the lines it prints. */
function compile(compiler, configs) {
  const tsc = fileURLToPath(new URL('lib/tsc.js', folderOf(compiler)))
  const args = [tsc, '--build', ...configs, '--force', '--pretty', 'false']
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, maxBuffer: 1e8 }, (_error, stdout, stderr) =>
      // An error may go on in lines that begin with a space.
      resolve(`${stdout}${stderr}`.split(/\r?\n(?! )/).filter((line) => line !== '')),
    )
  })
}

const mustFail = readFileSync(new URL('must-fail.ts', types), 'utf8')
  .split('\n')
  .flatMap((line, index) => (line.endsWith('must fail') ? index + 1 : []))
const failedAt = (line) => Number(/must-fail\.ts\((\d+),/.exec(line)?.[1] ?? 0)
const isListed = (line) => /\.[cm]?ts$/.test(line)

async function check(compiler, fastify) {
  const configs = writeConfigs(compiler, fastify)
  const lines = await compile(compiler, configs)
  const faults = lines.filter((line) => !isListed(line) && !failedAt(line))
  for (const line of mustFail) {
    if (!lines.some((text) => failedAt(text) === line)) faults.push(`must-fail.ts(${line}): has no error`)
  }
  const read = lines.filter((line) => line.endsWith('/fastify.d.ts'))
  if (read.length !== configs.length || !read.every((file) => file.includes(`/node_modules/${fastify}/`))) {
    faults.push(`each of ${configs.length} programs has to read ${fastify} alone; they read:`, ...read)
  }
  const title = `TypeScript ${versionOf(compiler)}, Fastify ${versionOf(fastify)}, ${configs.length} programs`
  console.log([`${faults.length === 0 ? 'ok' : 'FAILED'}: ${title}`, ...faults.slice(0, 20)].join('\n  '))
  if (faults.length > 20) console.log(`  … and ${faults.length - 20} more lines`)
  return faults.length === 0
}

assertBuilt()
install()
placePackage()
const queue = COMPILERS.flatMap((compiler) => FASTIFYS.map((fastify) => [compiler, fastify]))
const results = []
async function work() {
  for (let next = queue.shift(); next; next = queue.shift()) results.push(await check(...next))
}
await Promise.all(Array.from({ length: availableParallelism() }, work))
const failed = results.filter((isOk) => !isOk).length
console.log(`${results.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
