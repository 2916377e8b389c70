/**
 * What other packages see of this one: its entries, for new and for old ways to find their types.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'

interface Entry {
  readonly types: string
  readonly default: string
}

interface Manifest {
  readonly main: string
  readonly types: string
  readonly exports: Readonly<Record<string, Entry | string>>
  readonly typesVersions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

const root = new URL('../../', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as Manifest

const entries = Object.entries(manifest.exports).flatMap(([name, entry]) =>
  typeof entry === 'string' ? [] : [{ name: name.replace(/^\.\/?/, ''), entry }],
)
const subpaths = entries.filter(({ name }) => name !== '')

t.test('every entry has a source, and its types beside it', async (t) => {
  t.ok(subpaths.length >= 5, `${subpaths.length}`)
  for (const { name, entry } of entries) {
    const source = entry.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
    t.ok(existsSync(new URL(source, root)), `${name}: ${source}`)
    t.equal(entry.types, entry.default.replace(/\.js$/, '.d.ts'), name)
  }
  t.match(
    entries.find(({ name }) => name === ''),
    { entry: { types: manifest.types, default: manifest.main } },
  )
})

t.test('a compiler that reads no exports finds the types of the same entries', async (t) => {
  t.strictSame(manifest.typesVersions, {
    '*': Object.fromEntries(subpaths.map(({ name, entry }) => [name, [entry.types]])),
  })
})
