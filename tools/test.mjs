// The command `npm test`: tap, with what it is given. Without redis-server the tests of the store in Redis are left out, and
// what only they cover cannot be asked for.
import { spawnSync } from 'node:child_process'
// biome-ignore lint/correctness/useImportExtensions: no TypeScript here, so the name is the file's
import { compileAll } from './compile.mjs'

const isRedisThere = spawnSync('redis-server', ['--version']).status === 0
const options = isRedisThere ? [] : ['--allow-incomplete-coverage']
if (!isRedisThere) {
  console.error(
    'redis-server is not installed: the tests of redisRevocation are left out, and coverage is not judged',
  )
}
for (const folder of ['src', 'test']) compileAll(folder)
const { status } = spawnSync('tap', [...options, ...process.argv.slice(2)], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
process.exitCode = status ?? 1
