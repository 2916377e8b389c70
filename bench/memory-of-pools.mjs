// The command `npm run bench:memory`: how much memory does a pool take, before and after its first token?
import { parseArgs } from 'node:util'
import { askOnce } from './children.mjs'

const FRESH_PROCESS = { flags: ['--expose-gc'] }

const { values } = parseArgs({ options: { pools: { type: 'string', default: '2000' } } })
const count = Number(values.pools)
if (!Number.isInteger(count) || count < 1) throw new TypeError('--pools: expected a positive integer')

const kib = (bytes) => (bytes / 1024).toFixed(1).padStart(6)

process.stdout.write(`${count} pools, two published keys each; KiB a pool:   heap    RSS\n`)
for (const isWarm of [false, true]) {
  const { heap, rss } = await askOnce('scale/pool-memory.mjs', FRESH_PROCESS, 'pools', { count, isWarm })
  const name = isWarm ? 'warm: one key in use, one remembered token' : 'cold: nobody has sent a token'
  process.stdout.write(`${name.padEnd(46)} ${kib(heap)} ${kib(rss)}\n`)
}
