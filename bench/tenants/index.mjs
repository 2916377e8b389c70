// The command `npm run bench:tenants`: what do tenants cost that are found at run time?
import { availableParallelism, cpus, loadavg } from 'node:os'
import { askOnce, LOAD_CORE, SERVER_CORE, startChild } from '../children.mjs'
import { toUserPoolId } from './rows.mjs'

const TENANTS = 10_000
const FRESH_PROCESS = { core: SERVER_CORE, flags: ['--expose-gc'] }
const print = (text) => process.stdout.write(`${text}\n`)
const idsOf = (count) => Array.from({ length: count }, (_, index) => toUserPoolId(index))
const verdicts = []

/** Shows a figure with its bound. */
function judge(name, value, most, unit) {
  const isHeld = value <= most
  verdicts.push(isHeld)
  print(
    `  ${isHeld ? 'held    ' : 'NOT HELD'}  ${name}: ${format(value)} ${unit}, at most ${format(most)} ${unit}`,
  )
}

/** Three digits, or whole numbers. */
const format = (value) =>
  Number.isInteger(value) || Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en')
    : value.toPrecision(3)

const toLine = (name, ...cells) =>
  `  ${name.padEnd(24)}${cells.map((cell) => String(cell).padStart(16)).join('')}`

async function measureGuards(keys, world) {
  const tokens = await keys.ask('mint', Array(2000).fill(toUserPoolId(0)))
  const results = await askOnce('tenants/guards.mjs', { core: SERVER_CORE }, 'measure', {
    ...world,
    tokens,
    turns: 25,
  })
  for (const [kind, { nanoseconds, more }] of Object.entries(results)) {
    print(`\nA request with ${format(TENANTS)} tenants: token ${kind}`)
    print(toLine('', 'ns', 'more', 'ratio'))
    const [fixed] = Object.values(nanoseconds)
    for (const [name, value] of Object.entries(nanoseconds)) {
      print(toLine(name, format(Math.round(value)), Math.round(more[name]), (value / fixed).toFixed(2)))
    }
  }
  const most = Math.max(...Object.values(results.remembered.more))
  judge('a remembered token, over a fixed pool', Math.round(most), 500, 'ns')
}

async function measureReload() {
  const results = await askOnce('tenants/reload.mjs', FRESH_PROCESS, 'measure', { count: TENANTS })
  print(`\nA reading of ${format(TENANTS)} tenants: ms, and how long it holds the event loop at a stretch`)
  print(toLine('', 'total', 'longest', 'worst round'))
  for (const [name, { ms, longest, worst }] of Object.entries(results)) {
    print(toLine(name, ms.toFixed(1), longest.toFixed(1), worst.toFixed(1)))
    if (name !== 'nothing at all') judge(`${name}, longest hold`, longest, 10, 'ms')
  }
}

async function measureMemory(keys, world) {
  print('\nBytes of a tenant')
  print(toLine('', 'heap', 'process'))
  const cold = { ...world, count: TENANTS, warmUp: 300 }
  const bytes = {
    cold: await askOnce('tenants/memory.mjs', FRESH_PROCESS, 'cold', cold),
    warm: await askOnce('tenants/memory.mjs', FRESH_PROCESS, 'warm', {
      ...world,
      count: 4000,
      tokens: await keys.ask('mint', idsOf(6000)),
    }),
  }
  for (const [name, { heap, rss }] of Object.entries(bytes)) print(toLine(name, format(heap), format(rss)))
  judge('a cold tenant, heap', bytes.cold.heap, 4000, 'bytes')
  judge('a warm tenant besides, heap', bytes.warm.heap, 20_000, 'bytes')
  print(
    '  The process keeps what the sockets of the fetches took; bench:memory measures pools without fetches (15–17 kB).',
  )
}

async function measureChurn(keys, world) {
  const [size, replaced] = [300, 100]
  const tokens = await keys.ask('mint', idsOf(6000))
  const series = await askOnce('tenants/memory.mjs', FRESH_PROCESS, 'churn', {
    ...world,
    tokens,
    size,
    replaced,
  })
  print(`\n${size} tenants in use, ${replaced} replaced a round`)
  print(toLine('seen', 'heap MB', 'process MB', 'key rings'))
  const shown = series.filter((_, index) => index % 14 === 0 || index === series.length - 1)
  for (const { seen, heap, rss, rings } of shown) {
    print(toLine(format(seen), (heap / 1e6).toFixed(1), (rss / 1e6).toFixed(1), rings))
  }
  const [first] = series.filter(({ seen }) => seen >= 1000)
  const last = series.at(-1)
  judge('key rings at the end', last.rings, size, '')
  judge('heap at the end over that after 1,000 tenants', last.heap / first.heap, 1.05, '')
}

async function measureFetches(keys, world) {
  const [used, count, seconds, keysRefreshAfter] = [100, 200, 12, 2]
  const tokens = await keys.ask('mint', idsOf(used))
  await keys.ask('count')
  await askOnce('tenants/fetches.mjs', { core: SERVER_CORE }, 'use', {
    ...world,
    tokens,
    seconds,
    keysRefreshAfter,
    count,
  })
  const fetches = Object.values(await keys.ask('count'))
  const most = Math.max(...fetches)
  print(`\n${used} of ${count} tenants in use for ${seconds} s, keysRefreshAfter ${keysRefreshAfter} s`)
  print(toLine('tenants fetched', fetches.length))
  print(toLine('fetches of a tenant', `${Math.min(...fetches)} to ${most}`))
  judge('tenants whose keys were fetched', fetches.length, used, '')
  judge('fetches of a tenant', most, Math.ceil(seconds / keysRefreshAfter) + 1, '')
}

const parts = {
  guards: measureGuards,
  reload: measureReload,
  memory: measureMemory,
  churn: measureChurn,
  fetches: measureFetches,
}
const chosen = process.argv.slice(2)
const unknown = chosen.find((name) => !Object.hasOwn(parts, name))
if (unknown !== undefined) throw new TypeError(`expected parts among ${Object.keys(parts).join(', ')}`)

const [{ model }] = cpus()
print(
  `${model.trim()}, ${availableParallelism()} cores, Node.js ${process.version}, load average before ${loadavg()[0].toFixed(1)}`,
)
const keys = await startChild('tenants/keys.mjs', { core: LOAD_CORE })
try {
  const world = await keys.ask('open')
  for (const [name, measure] of Object.entries(parts)) {
    if (chosen.length === 0 || chosen.includes(name)) await measure(keys, world)
  }
} finally {
  await keys.stop()
}
print(`\n${verdicts.filter(Boolean).length} of ${verdicts.length} bounds held`)
