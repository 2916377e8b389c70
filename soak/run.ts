/**
 * One run: starts the issuer and the server, loads the server for a time, and ends everything.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from './child.js'
import { Freezer } from './freezer.js'
import { Ledger } from './ledger.js'
import type {
  Account,
  FromIssuer,
  FromServer,
  News,
  ToIssuer,
  ToServer,
  Vitals,
  Weakness,
} from './messages.js'
import { KEYS, type Pace, paceOf } from './setting.js'
import { createKey, Timeline } from './timeline.js'
import { Traffic } from './traffic.js'

export type Issuer = Child<ToIssuer, FromIssuer>
export type Server = Child<ToServer, FromServer>

/** What is to be run. */
export interface Order {
  readonly seconds: number
  readonly weakness?: Weakness
}

/** What came of it. */
export interface Outcome {
  readonly seconds: number
  readonly pace: Pace
  /** When the last answer came. */
  readonly endedAt: number
  readonly timeline: Timeline
  readonly ledger: Ledger
  readonly account: Account
  /** Once a second, under the load. */
  readonly vitals: readonly Vitals[]
  /** Before the first request, and after the last. */
  readonly rest: readonly [Vitals, Vitals]
}

/** Connections that are kept alive for the next fetch end by then. */
const REST_MS = 4000
const POLL_MS = 250
/** The end of a run, in which the server is not frozen; milliseconds. */
const UNFROZEN_MS = 500

/** Runs both processes for as long as `work` takes. The end of either is the end of it. */
export async function withProcesses<T>(work: (issuer: Issuer, server: Server) => Promise<T>): Promise<T> {
  const issuer: Issuer = new Child('issuer.ts')
  const server: Server = new Child('server.ts', ['--expose-gc'])
  try {
    return await Promise.race([work(issuer, server), issuer.died, server.died])
  } finally {
    issuer.stop()
    server.stop()
  }
}

export const run = (order: Order): Promise<Outcome> =>
  withProcesses(async (issuer, server) => {
    const timeline = new Timeline()
    issuer.onMessage((message) => {
      if (isNews(message)) timeline.learn(message)
    })
    const { pools, usKid } = await issuer.hear('ready')
    server.tell({ what: 'start', pools, keys: KEYS, weakness: order.weakness })
    const { port } = await server.hear('listening')
    server.onMessage((message) => {
      if (message.what === 'stall') timeline.freezes.stall(message.from, message.until)
    })
    const ledger = new Ledger(timeline)
    const traffic = new Traffic({ port, timeline, ledger, us: createKey(usKid, 0) })
    try {
      const freezer = new Freezer(server, issuer, timeline.freezes)
      const figures = await load({ issuer, server, traffic, freezer }, order)
      ledger.close()
      return { ...figures, timeline, ledger }
    } finally {
      traffic.close()
      ledger.close()
    }
  })

interface Cast {
  readonly issuer: Issuer
  readonly server: Server
  readonly traffic: Traffic
  readonly freezer: Freezer
}

async function load({ issuer, server, traffic, freezer }: Cast, { seconds, weakness }: Order) {
  const vitals: Vitals[] = []
  const before = await rest(server)
  await traffic.warmUp()
  server.onMessage((message) => {
    if (message.what === 'vitals') vitals.push(message.vitals)
  })
  const pace = paceOf(seconds)
  issuer.tell({ what: 'begin', plan: { kind: 'weather', ...pace } })
  const start = performance.now()
  await Promise.all([traffic.runFor(seconds * 1000), freezer.runFor(seconds * 1000 - UNFROZEN_MS)])
  const figures = {
    pace,
    seconds: (performance.now() - start) / 1000,
    endedAt: Date.now(),
    vitals: [...vitals],
    account: await settle(issuer),
  }
  const after = weakness === undefined ? await restUntil(server, before.resources) : before
  return { ...figures, rest: [before, after] as const }
}

/** What the endpoints saw. */
export async function settle(issuer: Issuer): Promise<Account> {
  const answer = issuer.hear('account')
  issuer.tell({ what: 'end' })
  return (await answer).account
}

async function rest(server: Server): Promise<Vitals> {
  const answer = server.hear('rest')
  server.tell({ what: 'rest' })
  return (await answer).vitals
}

async function restUntil(server: Server, resources: number): Promise<Vitals> {
  for (let waited = 0; waited < REST_MS; waited += POLL_MS) {
    const vitals = await rest(server)
    if (vitals.resources <= resources) return vitals
    await sleep(POLL_MS)
  }
  return rest(server)
}

const NEWS: readonly string[] = ['published', 'removed', 'trouble', 'recovered'] satisfies News['what'][]

const isNews = (message: FromIssuer): message is News => NEWS.includes(message.what)
