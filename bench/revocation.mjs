// The command `npm run bench:revocation`: what does a check of each store of revocations cost?
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { memoryRevocation, redisRevocation } from '../dist/revocation/index.js'
import { median, pairedRatios, rotate } from './statistics.mjs'

const MARKS = 100_000
const TURNS = 25
const CALLS = 20_000
const ROUND_TRIPS = 500
/** Different tokens: no mark stays in the processor's caches. */
const TOKENS = 4096

const POOL = 'eu-west-1_AbCdEf123'
const now = Math.floor(Date.now() / 1000)
const print = (text) => process.stdout.write(`${text}\n`)

/** Five claims each, as a user's token has them; none is revoked. */
const tokens = Array.from({ length: TOKENS }, (_, index) => {
  const ids = { sub: `user-${index}`, client_id: 'web', pool: '', jti: `${index}`, origin_jti: `${index}` }
  const keys = Object.entries(ids).map(([by, value]) => `${by}:${POOL}:${value}`)
  return Object.freeze({ keys, userPoolId: POOL, issuedAt: now, expiresAt: now + 3600 })
})

function markOf(index) {
  const value = `revoked-${index}`
  const times = { notBefore: now, expiresAt: now + 86_400 - (index % 80_000) }
  return { key: `sub:${POOL}:${value}`, userPoolId: POOL, by: 'sub', value, ...times }
}

/** Microseconds a call. */
async function time({ check, isAsync, calls }) {
  const start = process.hrtime.bigint()
  for (let index = 0; index < calls; index += 1) {
    const answer = check(tokens[index % TOKENS])
    if (isAsync ? await answer : answer) throw new Error('a token counts as revoked')
  }
  return Number(process.hrtime.bigint() - start) / 1000 / calls
}

/** Of all in turns, so that a machine that is slower for a while is so for each of them. */
async function timeInTurns(subjects) {
  const times = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]))
  for (let turn = -2; turn < TURNS; turn += 1) {
    for (const name of rotate(Object.keys(subjects), turn + 2)) {
      const microseconds = await time(subjects[name])
      if (turn >= 0) times[name].push(microseconds)
    }
  }
  return times
}

async function startRedis() {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'))
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '']
  const child = spawn('redis-server', options, { stdio: 'ignore' })
  while (!(await isListening(port))) await pause(20)
  async function stop() {
    child.kill()
    await once(child, 'exit')
    rmSync(folder, { recursive: true })
  }
  return { port, stop }
}

function isListening(port) {
  const socket = connect(port, '127.0.0.1')
  const answer = new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  })
  return answer.finally(() => socket.destroy())
}

async function fill(store) {
  for (let index = 0; index < MARKS; index += 1000) {
    await Promise.all(Array.from({ length: 1000 }, (_, at) => store.revoke(markOf(index + at))))
  }
}

/** Waits until it is the copy that answers, which it does at once. */
async function openCopy(client) {
  const store = redisRevocation({ client, replica: true })
  const start = performance.now()
  void store.open()
  while (typeof store.isRevoked(tokens[0]) !== 'boolean') await pause(1)
  return { store, ms: performance.now() - start }
}

async function withRedis(client, subjects) {
  const direct = redisRevocation({ client })
  await fill(direct)
  const { store, ms } = await openCopy(client)
  print(`A copy of ${MARKS} marks is complete after ${Math.round(ms)} ms.`)
  const roundTrips = { isAsync: true, calls: ROUND_TRIPS }
  try {
    return await timeInTurns({
      ...subjects,
      'Redis, copied': { check: store.isRevoked, calls: CALLS },
      'Redis, asked': { check: direct.isRevoked, ...roundTrips },
      'a bare MGET': { check: async ({ keys }) => (await client.mget(keys)).some(Boolean), ...roundTrips },
    })
  } finally {
    await store.close()
  }
}

const memory = memoryRevocation({ max: MARKS })
await fill(memory)
const subjects = {
  'no store': { check: () => false, calls: CALLS },
  memory: { check: memory.isRevoked, calls: CALLS },
}
print(`${cpus()[0].model}, Node.js ${process.version}, ${MARKS} marks, medians of ${TURNS} turns`)
const redis = await startRedis()
const client = redis && new Redis({ port: redis.port, host: '127.0.0.1' })
if (!redis) print('Redis is not installed (Debian: apt-get install redis-server): it is left out.')
const times = client ? await withRedis(client, subjects) : await timeInTurns(subjects)
client?.disconnect()
await redis?.stop()

for (const [name, series] of Object.entries(times)) {
  print(`${name.padEnd(16)}${median(series).toFixed(3).padStart(10)} µs a check`)
}
if (redis) {
  const ratio = median(pairedRatios(times['Redis, asked'], times['a bare MGET']))
  print(`Redis, asked, takes ${ratio.toFixed(2)} times a bare MGET.`)
}
const GOALS = { memory: 1, 'Redis, copied': 2 }
for (const [name, most] of Object.entries(GOALS)) {
  if (!times[name]) continue
  const isReached = median(times[name]) <= most
  print(`${name}: at most ${most} µs: ${isReached ? 'reached' : 'NOT reached'}`)
}
