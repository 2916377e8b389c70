/**
 * What `npm test` keeps from one process to the next, in `node_modules/.cache/tests/`.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

const folder = new URL('../node_modules/.cache/tests/', import.meta.url)

/**
 * The text that is kept under a name, made where there is none.
 *
 * @param {string} name - says everything that the text depends on
 * @param {() => string} make
 */
export function keep(name, make) {
  const file = new URL(name, folder)
  try {
    return readFileSync(file, 'utf8')
  } catch {
    const text = make()
    mkdirSync(folder, { recursive: true })
    // Another process may read the file at the same time: it appears whole.
    const draft = new URL(`${file}.${process.pid}`)
    writeFileSync(draft, text)
    renameSync(draft, file)
    return text
  }
}
