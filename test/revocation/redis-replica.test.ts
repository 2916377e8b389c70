/**
 * The copy of all revocations in the memory of a process: complete, up to date, and no older than a minute.
 * @module
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type LookupFunction, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { Cluster, Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { type Clock, createWakingClock, monotonicClock } from '../../src/base/clock.js'
import type { RedisClient } from '../../src/base/redis-client.js'
import { createRedisStore, redisRevocation } from '../../src/revocation/redis.js'
import type { RevocationStore } from '../../src/revocation/store.js'
import { runAtOnce } from '../support/at-once.js'
import { createChance } from '../support/chance.js'
import { TestRedis, withRedis } from '../support/redis.js'
import { CLUSTER, connectIoredis, formCluster } from '../support/redis-clients.js'
import { askAtOnce, EU, isCopied, mark, now, token, until } from '../support/revocations.js'
import { TestClock } from '../support/test-clock.js'

const STREAM = '{fastify-cognito}:marks'

/** Longest wait for what has to happen; milliseconds. */
const WAIT_MS = 90_000
/** The tests wait most of the time, and each has a server of its own. */
const atOnce = { ...withRedis, ...runAtOnce(t, 8) }

const of = (subject: string) => token({ subject })
const by = (value: string) => mark({ value })

/** What the copy says; `undefined` where it is Redis that is asked. */
const ask = (store: RevocationStore, subject: string) => askAtOnce(store, of(subject))

/** Waits until a copy has the mark of a user. */
const sees = (store: RevocationStore, subject: string, withinMs = WAIT_MS) =>
  until(() => ask(store, subject) === true, withinMs)

/** Waits until it is so, while the clock moves in small steps. */
const untilMoved = (clock: TestClock, isSo: () => boolean) =>
  until(async () => {
    await clock.advance(50)
    return isSo()
  }, WAIT_MS)

/** A store with a copy that is complete; closed with the test. */
async function openCopy(
  test: Test,
  client: RedisClient,
  clock: Clock = monotonicClock,
  timeOfDay: () => number = Date.now,
): Promise<RevocationStore> {
  const store = createRedisStore({ client, replica: true }, clock, timeOfDay, createChance(1))
  void store.open?.()
  test.teardown(() => store.close?.())
  test.ok(await until(() => isCopied(store), WAIT_MS), 'the copy is complete')
  return store
}

async function setUp(test: Test) {
  const server = await TestRedis.start(test)
  const client = connectIoredis(test, server.port, WAIT_MS)
  return { server, client, asked: redisRevocation({ client }) }
}

/** A number that Redis counts: `total_connections_received:12`. */
const count = async (client: Redis, section: string, pattern: RegExp) =>
  Number(pattern.exec(await client.info(section))?.[1] ?? 0)
const countMade = (client: Redis) => count(client, 'stats', /total_connections_received:(\d+)/)

const countConnections = async (client: Redis) =>
  String(await client.call('CLIENT', 'LIST'))
    .trim()
    .split('\n').length

t.test('a copy tells of the marks of every process, as soon as it has them', atOnce, async (t) => {
  const { client, asked } = await setUp(t)
  const store = await openCopy(t, client)
  const heard: string[] = []
  const end = store.watch?.(({ key }) => {
    heard.push(key)
    t.equal(ask(store, 'own') ?? ask(store, 'distant'), true, 'not before it counts')
  })
  await store.revoke(by('own'))
  t.strictSame(heard, [by('own').key], 'its own at once')
  await asked.revoke(by('distant'))
  t.ok(await until(() => heard.includes(by('distant').key), WAIT_MS), 'that of another process')
  end?.()
  const { length } = heard
  await store.revoke(by('later'))
  t.equal(heard.length, length)
})

t.test('a copy begins with all that is there, in pages, and then follows', atOnce, async (t) => {
  const { client, asked } = await setUp(t)
  for (let index = 0; index < 6000; index += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, at) => asked.revoke(by(`${index + at}`))))
  }
  const store = redisRevocation({ client, replica: true })
  void store.open?.()
  t.teardown(() => store.close?.())
  while (!isCopied(store)) await new Promise(setImmediate)
  for (const subject of ['0', '999', '1000', '1001', '5999']) t.equal(ask(store, subject), true, subject)
  t.equal(ask(store, '6000'), false)
  await asked.revoke(by('6000'))
  t.ok(await sees(store, '6000'))
})

t.test("its connection stays, whatever deadlines the application's commands have", atOnce, async (t) => {
  const server = await TestRedis.start(t, ...CLUSTER)
  await formCluster(t, server)
  const hurried = { commandTimeout: 500, enableOfflineQueue: false }
  const single = new Redis({ port: server.port, host: '127.0.0.1', ...hurried })
  const cluster = new Cluster([{ port: server.port, host: '127.0.0.1' }], { redisOptions: hurried })
  for (const client of [single, cluster]) {
    client.on('error', () => undefined)
    t.teardown(() => client.disconnect())
    await openCopy(t, client)
  }
  const nodeRedis = createClient({ url: server.url, socket: { socketTimeout: 1500 }, pingInterval: 500 })
  nodeRedis.on('error', () => undefined)
  t.teardown(() => nodeRedis.destroy())
  await nodeRedis.connect()
  await openCopy(t, nodeRedis)
  const listFollowers = async () =>
    [...String(await single.call('CLIENT', 'LIST')).matchAll(/^id=(\d+) .* cmd=xread /gm)]
      .map(([, id]) => id)
      .sort()
  t.ok(await until(async () => (await listFollowers()).length === 3, WAIT_MS))
  const before = await listFollowers()
  // Longer than every deadline, and than Redis blocks.
  await pause(2500)
  t.strictSame(await listFollowers(), before)
})

t.test('before it is opened, and once it is closed, Redis is asked', atOnce, async (t) => {
  const { client, asked } = await setUp(t)
  await asked.revoke(by('ada'))
  const store = redisRevocation({ client, replica: true })
  t.equal(ask(store, 'ada'), undefined)
  t.equal(await store.isRevoked(of('ada')), true)
  t.equal(await store.isRevoked(of('bob')), false)
  void store.open?.()
  void store.open?.()
  t.ok(await sees(store, 'ada'))
  await store.close?.()
  await asked.revoke(by('bob'))
  t.ok(await sees(store, 'bob'), 'another application still uses it')
  await store.close?.()
  t.equal(ask(store, 'ada'), true, 'a mark stays one')
  t.equal(ask(store, 'carl'), undefined)
  t.equal(await store.isRevoked(of('carl')), false)
  t.ok(await until(async () => (await countConnections(client)) === 1, WAIT_MS), 'its connection is gone')
  void store.open?.()
  await store.close?.()
  void store.open?.()
  t.teardown(() => store.close?.())
  t.ok(await sees(store, 'ada'), 'opened again')
})

t.test('its own marks are in it when they are acknowledged', atOnce, async (t) => {
  const { client } = await setUp(t)
  const copy = await openCopy(t, client)
  for (let index = 0; index < 50; index += 1) {
    await copy.revoke(by(`${index}`))
    if (ask(copy, `${index}`) !== true) t.fail(`${index}`)
  }
  t.equal(ask(copy, '50'), false)
})

t.test('a connection that was cut is made anew, and nothing is missed', atOnce, async (t) => {
  const { server, client, asked } = await setUp(t)
  const nodeRedis = createClient({ url: server.url })
  nodeRedis.on('error', () => undefined)
  t.teardown(() => nodeRedis.destroy())
  await nodeRedis.connect()
  const copies = [await openCopy(t, client), await openCopy(t, nodeRedis)]
  for (let round = 0; round < 5; round += 1) {
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal')
    await asked.revoke(by(`${round}`))
    for (const copy of copies) t.ok(await sees(copy, `${round}`, WAIT_MS), `round ${round}`)
  }
  const isSettled = async () => (await countConnections(client)) === 4
  t.ok(await until(isSettled, WAIT_MS), 'two clients, and one connection for each copy')
})

t.test(
  'while Redis is down the copy counts for a minute; then Redis is asked, in vain',
  atOnce,
  async (t) => {
    const { server } = await setUp(t)
    const client = new Redis({ port: server.port, host: '127.0.0.1', maxRetriesPerRequest: 1 })
    client.on('error', () => undefined)
    t.teardown(() => client.disconnect())
    const clock = new TestClock()
    const copy = await openCopy(t, client, clock)
    await copy.revoke(by('ada'))
    await server.kill()
    await t.rejects(copy.revoke(by('bob')) as Promise<void>, { code: /^REDIS_/ })
    t.equal(ask(copy, 'ada'), true)
    t.equal(ask(copy, 'bob'), false, 'what Redis did not take is not in the copy')
    await clock.advance(50_000)
    t.equal(ask(copy, 'ada'), true)
    t.equal(ask(copy, 'carl'), false)
    await clock.advance(11_000)
    t.equal(ask(copy, 'ada'), true, 'what is revoked stays so')
    t.equal(ask(copy, 'carl'), undefined)
    await t.rejects(copy.isRevoked(of('carl')) as Promise<boolean>, { code: /^REDIS_/ })
    await server.start()
    t.ok(await untilMoved(clock, () => ask(copy, 'carl') === false), 'it is complete again')
    await copy.revoke(by('bob'))
    t.equal(ask(copy, 'bob'), true)
  },
)

t.test('the clock of a copy goes on with the time of day, and is never put back', async (t) => {
  let [steady, timeOfDay] = [5, 1000]
  const { now } = createWakingClock({ ...monotonicClock, now: () => steady }, () => timeOfDay)
  const start = now()
  steady += 10
  timeOfDay += 10
  t.equal(now() - start, 10)
  timeOfDay += 3600
  t.equal(now() - start, 3610, 'the process was suspended')
  timeOfDay = 0
  t.equal(now() - start, 3610, 'somebody has set the clock')
  steady += 10
  t.equal(now() - start, 3620)
})

t.test('a connection that is slow to come is ended all the same', atOnce, async (t) => {
  const { server, client } = await setUp(t)
  const slowly: LookupFunction = (_host, _options, found) => {
    setTimeout(() => found(null, [{ address: '127.0.0.1', family: 4 }]), 100)
  }
  const slow = createClient({ socket: { host: 'localhost', port: server.port, lookup: slowly } })
  slow.on('error', () => undefined)
  t.teardown(() => slow.destroy())
  await slow.connect()
  const store = redisRevocation({ client: slow, replica: true })
  const made = await countMade(client)
  const hasMore = (number: number) => until(async () => (await countMade(client)) >= made + number, WAIT_MS)
  const has = (number: number) => until(async () => (await countConnections(client)) === number, WAIT_MS)
  void store.open?.()
  await store.close?.()
  t.ok(await hasMore(1), 'the connection comes after its end')
  t.ok(await has(2), 'the two clients')
  void store.open?.()
  t.teardown(() => store.close?.())
  t.ok(await until(() => isCopied(store), WAIT_MS))
  await client.call('CLIENT', 'KILL', 'TYPE', 'normal')
  t.ok(await hasMore(4), 'the clients and the copy connect anew')
  t.ok(await has(3), 'and one for the copy')
})

t.test('where no connection can be made for a copy, Redis is asked', atOnce, async (t) => {
  const { client } = await setUp(t)
  let attempts = 0
  const duplicate = () => {
    attempts += 1
    throw new Error('not today')
  }
  const store = redisRevocation({
    client: Object.create(client, { duplicate: { value: duplicate } }),
    replica: true,
  })
  void store.open?.()
  t.teardown(() => store.close?.())
  await store.revoke(by('ada'))
  t.ok(await until(() => attempts > 2, WAIT_MS))
  t.equal(ask(store, 'bob'), undefined)
  t.equal(await store.isRevoked(of('ada')), true)
  t.equal(await store.isRevoked(of('bob')), false)
})

t.test('a process that was suspended asks Redis first', atOnce, async (t) => {
  const { client, asked } = await setUp(t)
  let timeOfDay = 0
  const clock = createWakingClock(undefined, () => Date.now() + timeOfDay)
  const copy = await openCopy(t, client, clock)
  await client.call('CLIENT', 'PAUSE', '1500', 'ALL')
  timeOfDay = 3_600_000
  t.equal(ask(copy, 'ada'), undefined)
  t.ok(await until(() => ask(copy, 'ada') === false, WAIT_MS), 'until it has caught up')
  timeOfDay = 0
  t.equal(ask(copy, 'ada'), false, 'a clock that is put back changes nothing')
  await asked.revoke(by('ada'))
  t.ok(await sees(copy, 'ada'))
})

t.test(
  'where Redis has lost its data the copy keeps what it knows, and learns what is new',
  atOnce,
  async (t) => {
    const { client, asked } = await setUp(t)
    const copy = await openCopy(t, client)
    await copy.revoke(by('ada'))
    await client.flushall()
    t.equal(await asked.isRevoked(of('ada')), false)
    t.equal(ask(copy, 'ada'), true)
    await asked.revoke(by('bob'))
    t.ok(await sees(copy, 'bob', WAIT_MS))
    t.equal(ask(copy, 'ada'), true)
  },
)

t.test('a stream whose ids begin anew is read from its beginning', atOnce, async (t) => {
  const { client, asked } = await setUp(t)
  await asked.revoke(by('ada'))
  const copy = await openCopy(t, client)
  t.equal(ask(copy, 'ada'), true)
  await client.del(STREAM)
  const value = `${Number.MAX_SAFE_INTEGER}:${now() + 100}`
  await client.xadd(STREAM, '1-1', `sub:${EU}:bob`, value)
  await client.xadd(STREAM, '1-2', `sub:${EU}:carl`, value)
  t.ok(await sees(copy, 'bob', WAIT_MS))
  t.equal(ask(copy, 'carl'), true)
  // Ids that have grown beyond the last one while nobody looked.
  await client.del(STREAM)
  await client.xadd(STREAM, '1-1', `sub:${EU}:dora`, value)
  await asked.revoke(by('eve'))
  t.ok(await sees(copy, 'eve', WAIT_MS))
  t.equal(ask(copy, 'dora'), true)
})

t.test('a copy goes on where its last entry has expired and is gone', atOnce, async (t) => {
  const { client, asked } = await setUp(t)
  const soon = mark({ value: 'soon', expiresAt: now() - 299 })
  await asked.revoke(soon)
  const copy = await openCopy(t, client)
  const isGone = async () => Number((await client.time())[0]) > soon.expiresAt + 300
  t.ok(await until(isGone, WAIT_MS))
  await asked.revoke(by('ada'))
  t.equal(await client.xlen(STREAM), 1)
  t.ok(await sees(copy, 'ada'))
})

t.test('an entry that is no mark: Redis is asked until somebody has removed it', atOnce, async (t) => {
  const { client, asked } = await setUp(t)
  const copy = await openCopy(t, client)
  for (const fields of [
    ['key', 'garbage'],
    ['key', ''],
    [`sub:${EU}:ada`, '1e9:5'],
  ]) {
    const id = (await client.xadd(STREAM, '*', ...fields)) as string
    t.ok(await until(() => ask(copy, 'ada') === undefined, WAIT_MS), `${fields}`)
    await asked.revoke(by('bob'))
    t.equal(await copy.isRevoked(of('bob')), true)
    t.equal(await copy.isRevoked(of('ada')), false)
    await client.xdel(STREAM, id)
    t.ok(await until(() => ask(copy, 'ada') === false, WAIT_MS), 'removed')
  }
  await client.del(STREAM)
  await client.set(STREAM, 'no stream')
  await t.rejects(copy.revoke(by('carl')) as Promise<void>, { code: 'REDIS_WRONGTYPE' })
})

t.test('a copy that cannot be kept says so once, and once when it can', atOnce, async (t) => {
  const { client } = await setUp(t)
  await client.call('ACL', 'SETUSER', 'api', 'on', '>secret', '~*', '+@all', '-xrange')
  const limited = client.duplicate({ username: 'api', password: 'secret' })
  t.teardown(() => limited.disconnect())
  const store = redisRevocation({ client: limited, replica: true })
  const reports: unknown[] = []
  void store.open?.((code) => void reports.push(code))
  t.teardown(() => store.close?.())
  const countRefusals = () => count(client, 'errorstats', /NOPERM:count=(\d+)/)
  t.ok(await until(async () => (await countRefusals()) > 2, WAIT_MS))
  t.equal(ask(store, 'ada'), undefined)
  t.equal(await store.isRevoked(of('ada')), false, 'Redis is asked')
  await client.call('ACL', 'SETUSER', 'api', '+xrange')
  t.ok(await until(() => ask(store, 'ada') === false, WAIT_MS))
  t.strictSame(reports, ['REDIS_NOPERM', undefined])
})

t.test('a copy of another database never counts', atOnce, async (t) => {
  const { client } = await setUp(t)
  const chosen = client.duplicate()
  t.teardown(() => chosen.disconnect())
  await chosen.select(1)
  const store = redisRevocation({ client: chosen, replica: true })
  const reports: unknown[] = []
  void store.open?.((code) => void reports.push(code))
  t.teardown(() => store.close?.())
  t.ok(await until(() => reports.length > 0, WAIT_MS))
  await redisRevocation({ client: chosen }).revoke(by('ada'))
  const made = await countMade(client)
  t.ok(await until(async () => (await countMade(client)) > made + 1, WAIT_MS), 'and it tries again')
  t.strictSame(reports, ['REDIS_OTHER_DATABASE'])
  t.equal(ask(store, 'ada'), undefined)
  t.equal(await store.isRevoked(of('ada')), true, 'Redis is asked, in the right one')
})

/** Passes connections on. Those that it has can be frozen: they stay open, and nothing comes through. */
async function startProxy(test: Test, target: number) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const further = connect(target, '127.0.0.1')
    for (const [one, other] of [
      [socket, further],
      [further, socket],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
      one.pipe(other)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause()
      sockets.clear()
    },
  }
}

t.test('a connection that is dead without saying so is given up', atOnce, async (t) => {
  const { server, asked } = await setUp(t)
  const proxy = await startProxy(t, server.port)
  const client = connectIoredis(t, proxy.port)
  const clock = new TestClock()
  const copy = await openCopy(t, client, clock)
  proxy.freeze()
  await asked.revoke(by('ada'))
  t.equal(ask(copy, 'ada'), false, 'nothing comes through')
  t.ok(await untilMoved(clock, () => ask(copy, 'ada') === true))
})

t.test(
  'a Redis that hangs is not waited for without end, also when the store is closed',
  atOnce,
  async (t) => {
    const { server, client } = await setUp(t)
    // The clock stands still, so that no deadline ends what is waited for.
    const store = createRedisStore({ client, replica: true }, new TestClock(), Date.now, createChance(1))
    void store.open?.()
    t.ok(await until(() => isCopied(store), WAIT_MS))
    server.hang()
    await t.resolves(store.close?.() as Promise<void>)
    server.goOn()
  },
)

t.test('marks that have expired leave the memory', atOnce, async (t) => {
  const { client, asked } = await setUp(t)
  let later = 0
  const copy = await openCopy(t, client, undefined, () => Date.now() + later)
  await copy.revoke(by('ada'))
  // The copy reads on from the last entry that it has read, and reads that entry again: it must not be the mark of ada.
  await asked.revoke(by('the last'))
  t.ok(await sees(copy, 'the last'))
  later = 2 * 86_400_000
  t.equal(ask(copy, 'ada'), true)
  await asked.revoke(mark({ value: 'bob', expiresAt: now() + 3 * 86_400 }))
  t.ok(await sees(copy, 'bob'))
  t.equal(ask(copy, 'ada'), false)
})
