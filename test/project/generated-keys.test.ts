/**
 * Keys are generated as text, because Node 20 can deadlock when a generated key object is exported: a run of the checks hung.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

const root = new URL('../../', import.meta.url)
const FOLDERS = ['bench', 'demo', 'examples', 'fuzz', 'soak', 'src', 'test', 'tools']

const files = FOLDERS.flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.m?[jt]s$/.test(file) && !file.includes('node_modules'))
    .map((file) => `${folder}/${file}`),
)

/** Finds the generations of a key that is an object. A tool that passes the options of its caller on has none. */
function findObjects(source: string): readonly string[] {
  const calls = source.match(/\bgenerateKeyPair(?:Sync)?\((?:[^()]|\([^()]*\))*\)/g) ?? []
  return calls.filter((call) => !/Encoding|\(type, options\)/.test(call))
}

t.test('every key is generated as text', async (t) => {
  const found = files.map((file) => [file, readFileSync(new URL(file, root), 'utf8')] as const)
  const generating = found.filter(([, source]) => /\bgenerateKeyPairSync\(/.test(source))
  t.ok(generating.length > 5, `${generating.length} files generate keys`)
  for (const [file, source] of generating) {
    if (file !== 'test/project/generated-keys.test.ts') t.strictSame(findObjects(source), [], file)
  }
})

t.test('a key that is generated as an object is seen', async (t) => {
  t.equal(findObjects("const pair = generateKeyPairSync('ed25519')").length, 1)
  t.equal(findObjects("generateKeyPairSync('rsa', {\n  modulusLength: bits(2048),\n}).publicKey").length, 1)
  t.equal(findObjects("generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding })").length, 0)
})
