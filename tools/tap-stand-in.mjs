/**
 * Stands in for tap on Bun and on Deno, where tap itself does not start: it counts as tap does. It compares with tap's own `tcompare`, and has only those methods that the tests use.
 *
 *     bun run tools/tap-stand-in.mjs FILE
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inspect } from 'node:util'
import { match, same, strict } from 'tcompare'

/** Assertions of this process. */
const counts = { total: 0, pass: 0 }

function count(isOk, path, message, diff) {
  counts.total += 1
  if (isOk) counts.pass += 1
  else console.log(`not ok - ${[...path, message].filter(Boolean).join(' > ')}\n${diff ?? ''}`)
  return isOk
}

/** Whether an error is the one that a test names: its class, its words, or some of its members. */
function isWanted(error, wanted) {
  if (wanted === undefined || typeof wanted === 'string') return true
  if (typeof wanted === 'function') return error instanceof wanted
  if (wanted instanceof RegExp) return wanted.test(error?.message ?? String(error))
  return match(error, wanted).match
}

function writeFolder(folder, content) {
  for (const [name, value] of Object.entries(content)) {
    const path = join(folder, name)
    if (typeof value === 'string' || Buffer.isBuffer(value)) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, value)
    } else {
      mkdirSync(path, { recursive: true })
      writeFolder(path, value)
    }
  }
}

class Test {
  #path
  #queue = Promise.resolve()
  #teardowns = []
  #ended

  constructor(path) {
    this.#path = path
    this.name = path.at(-1) ?? ''
    this.#ended = new Promise((resolve) => {
      this.end = resolve
    })
  }

  /** Tests of one parent run one after the other. */
  test(name, ...rest) {
    const run = rest.at(-1)
    const { skip, todo } = rest.length > 1 ? rest[0] : {}
    // A test that is left out has not passed.
    if (skip || todo) return Promise.resolve(count(false, [...this.#path, name], `left out: ${skip || todo}`))
    const child = new Test([...this.#path, name])
    const done = this.#queue.then(() => child.run(run))
    this.#queue = done
    return done
  }

  async run(body) {
    try {
      const outcome = body(this)
      await (outcome instanceof Promise ? outcome : this.#ended)
      await this.#queue
    } catch (error) {
      this.fail('throws', inspect(error))
    }
    await this.finish()
  }

  async finish() {
    await this.#queue
    for (const teardown of this.#teardowns.reverse()) {
      try {
        await teardown()
      } catch (error) {
        this.fail('the teardown throws', inspect(error))
      }
    }
  }

  teardown(action) {
    this.#teardowns.push(action)
  }

  #count = (isOk, message, diff) => count(isOk, this.#path, message, diff)
  #compare = ({ match, diff }, message) => this.#count(match, message, diff)

  pass = (message) => this.#count(true, message)
  fail = (message, diff) => this.#count(false, message, diff)
  ok = (value, message) => this.#count(Boolean(value), message, inspect(value))
  notOk = (value, message) => this.#count(!value, message, inspect(value))
  equal = (value, wanted, message) =>
    this.#count(
      Object.is(value, wanted) || value === wanted,
      message,
      `${inspect(value)} is not ${inspect(wanted)}`,
    )
  not = (value, other, message) => this.#count(value !== other, message, inspect(value))
  same = (value, wanted, message) => this.#compare(same(value, wanted), message)
  strictSame = (value, wanted, message) => this.#compare(strict(value, wanted), message)
  match = (value, pattern, message) => this.#compare(match(value, pattern), message)
  notMatch = (value, pattern, message) => this.#count(!match(value, pattern).match, message, inspect(value))
  type = (value, type, message) =>
    this.#count(
      typeof type === 'string' ? typeof value === type : value instanceof type,
      message,
      inspect(value),
    )
  throws = (action, wanted, message) => {
    try {
      action()
    } catch (error) {
      return this.#count(isWanted(error, wanted), message, inspect(error)) && error
    }
    return this.fail(message, 'does not throw')
  }
  rejects = async (action, wanted, message) => {
    try {
      await (typeof action === 'function' ? action() : action)
    } catch (error) {
      return this.#count(isWanted(error, wanted), message, inspect(error)) && error
    }
    return this.fail(message, 'does not reject')
  }
  resolves = async (action, message) => {
    await (typeof action === 'function' ? action() : action)
    return this.pass(message)
  }
  comment() {}
  setTimeout() {}

  /** Replaces a property until the test ends. */
  intercept(object, name, descriptor) {
    const former = Object.getOwnPropertyDescriptor(object, name)
    Object.defineProperty(object, name, { configurable: true, ...descriptor })
    this.teardown(() =>
      former === undefined
        ? Reflect.deleteProperty(object, name)
        : Object.defineProperty(object, name, former),
    )
  }

  /** A folder that is gone when the test has ended. */
  testdir(content = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'test-'))
    this.teardown(() => rmSync(folder, { recursive: true, force: true }))
    writeFolder(folder, content)
    return folder
  }
}

const t = new Test([])
export const test = t.test.bind(t)
export { t }

/** Waits for all tests of the process, and ends it. */
export async function finish() {
  await t.finish()
  process.stdout.write(`# { total: ${counts.total}, pass: ${counts.pass} }\n`, () =>
    process.exit(counts.total > 0 && counts.pass === counts.total ? 0 : 1),
  )
}
