/**
 * Floods of forged tokens over real sockets, beside the requests of people, and the rule that every one of them is held to.
 *
 * One clock moves senders, endpoints and keys. The clock stands still while anything is on its way through a socket, so that
 * no wait is longer on a busy machine, and chance is the same in each run.
 * @module
 */
import { createHash } from 'node:crypto'
import { tracingChannel } from 'node:diagnostics_channel'
import { Agent, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { JwksFetchMessage } from '../../src/index.js'
import type { TestPool } from '../../src/testing/index.js'
import { bearer } from './app.js'
import { createChance } from './chance.js'
import { Publication, union } from './publication.js'
import { settle, TestClock } from './test-clock.js'

/** How one request was answered. */
export interface Answer {
  /** 0 where the connection ended instead. */
  readonly status: number
  readonly retryAfter: string | undefined
  /** How long the server had it; milliseconds of the clock. */
  readonly waitedMs: number
}

/** What is known once a flood is over. */
export interface Run {
  /** Answers to tokens whose keys were published when they were sent. */
  readonly genuine: readonly Answer[]
  readonly forged: readonly Answer[]
  /** Requests at the key endpoint. */
  readonly fetches: number
  readonly allowedFetches: number
  /** A genuine token may wait this long; milliseconds. */
  readonly longestMs: number
}

/** The rule: what a run did that it must not. Empty where nothing is wrong. */
export function faultsOf({ genuine, forged, fetches, allowedFetches, longestMs }: Run): readonly string[] {
  const refused = genuine.filter(({ status }) => status !== 200)
  const late = genuine.filter(({ waitedMs }) => waitedMs > longestMs)
  const wrong = forged.filter((answer) => !isRefusal(answer))
  const found: readonly [wrong: boolean, fault: string][] = [
    [genuine.length === 0, 'no genuine token was sent'],
    [forged.length === 0, 'no forged token was sent'],
    [refused.length > 0, `genuine tokens were refused: ${tally(refused)}`],
    [late.length > 0, `genuine tokens waited: ${Math.max(...late.map(({ waitedMs }) => waitedMs))} ms`],
    [wrong.length > 0, `forged tokens were answered: ${tally(wrong)}`],
    [fetches > allowedFetches, `fetches: ${fetches} instead of ${allowedFetches}`],
  ]
  return found.flatMap(([isWrong, fault]) => (isWrong ? [fault] : []))
}

const isRefusal = ({ status, retryAfter }: Answer): boolean =>
  status === 401 || (status === 503 && /^[1-9]\d?$/.test(retryAfter ?? ''))

/** Answers by status: `200 × 31, 401 × 2`. */
export function tally(answers: readonly Answer[]): string {
  const counts = new Map<number, number>()
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1)
  return [...counts].map(([status, count]) => `${status} × ${count}`).join(', ')
}

/** What bounds the requests at a key endpoint. Times in milliseconds. */
export interface FetchBounds {
  readonly burst: number
  readonly intervalMs: number
  readonly refreshAfterMs: number
}

/** A set that is used is asked for again when it has nearly this share of `refreshAfter`. */
const EARLIEST_REFRESH = 0.9

/** How often an endpoint may be asked in a time: for the first set, in a burst, at intervals, and when a set is due. */
export function allowedFetches({ burst, intervalMs, refreshAfterMs }: FetchBounds, ms: number): number {
  return 1 + burst + Math.floor(ms / intervalMs) + Math.floor(ms / (EARLIEST_REFRESH * refreshAfterMs))
}

const TICK_MS = 10
/** Nothing is waited for any longer; milliseconds of the clock. */
const LONGEST_MS = 10_000

let towns = 0

/** Who sends tokens: ends that, and resolves to the answers. */
export type Crowd = () => Promise<readonly Answer[]>

/** An app that listens, those who send it tokens, and the clock of them all. */
export class Town {
  readonly clock = new TestClock(() => this.#settle())
  readonly random = createChance(++towns)
  readonly #agent = new Agent({ keepAlive: true })
  readonly #onTick = new Set<() => void>()
  readonly #endpoints: Publication[] = []
  readonly #begunAt = this.clock.now()
  #port = 0
  #sent = 0
  #arrived = 0
  /** Fetches of key sets that have begun, and have not ended. */
  #fetches = 0

  /** Publishes the keys of a pool or several in the town. */
  async publish(test: Test, ...pools: readonly TestPool[]): Promise<Publication> {
    const publication = await Publication.start(test, union(...pools), this.clock.after)
    this.#endpoints.push(publication)
    return publication
  }

  /**
   * Opens an app; it is closed with the test.
   *
   * @param setUp - registers plugins, and adds what {@link Town.ask} asks for
   */
  async open(test: Test, setUp: (app: FastifyInstance) => void): Promise<void> {
    this.#watchFetches(test)
    const { now } = this.clock
    const app = Fastify()
    app.decorateRequest('begun', 0)
    app.addHook('onRequest', async (request) => {
      this.#arrived += 1
      request.setDecorator('begun', now())
    })
    app.addHook('onSend', async (request, reply) => {
      reply.header('x-waited', now() - request.getDecorator<number>('begun'))
    })
    setUp(app)
    await app.listen({ host: '127.0.0.1', port: 0 })
    this.#port = (app.server.address() as AddressInfo).port
    test.teardown(() => {
      this.#agent.destroy()
      return app.close()
    })
  }

  /** Milliseconds since the town was founded. */
  get lived(): number {
    return this.clock.now() - this.#begunAt
  }

  /** Sends one token, and lets time go by until it is answered. */
  async ask(path: string, token: string): Promise<Answer> {
    const [[answer]] = await this.gather(async () => [await this.#ask(path, token)])
    return answer as Answer
  }

  /**
   * Sends tokens from now on, independent of the answers and of each other (a Poisson process).
   *
   * @returns ends that; resolves to all answers
   */
  send(perSecond: number, path: string, toToken: () => string): Crowd {
    const answers: Promise<Answer>[] = []
    let next = this.lived
    const act = () => {
      while (next <= this.lived) {
        answers.push(this.#ask(path, toToken()))
        next += (-Math.log(1 - this.random()) * 1000) / perSecond
      }
    }
    this.#onTick.add(act)
    return () => {
      this.#onTick.delete(act)
      return Promise.all(answers)
    }
  }

  /** Ends crowds, and lets time go by until all of them have their answers. */
  async gather<C extends readonly [Crowd, ...Crowd[]]>(...crowds: C) {
    let answers: { readonly [K in keyof C]: readonly Answer[] } | undefined
    void Promise.all(crowds.map((end) => end())).then((given) => {
      answers = given as never
    })
    await this.until(() => answers !== undefined)
    if (answers === undefined) throw new Error(`not every request is answered within ${LONGEST_MS} ms`)
    return answers
  }

  /** Lets time go by until it is so. What never is so is for the rule to say. */
  async until(isSo: () => boolean): Promise<void> {
    const end = this.lived + LONGEST_MS
    while (!isSo() && this.lived < end) {
      for (const act of this.#onTick) act()
      await this.clock.advance(TICK_MS)
      await this.#settle()
    }
  }

  /** Lets time go by. */
  live(ms: number): Promise<void> {
    const end = this.lived + ms
    return this.until(() => this.lived >= end)
  }

  /** Tells that a key set is fetched by other means than the plugin's. */
  async fetching<T>(fetched: Promise<T>): Promise<T> {
    this.#fetches += 1
    return fetched.finally(() => {
      this.#fetches -= 1
    })
  }

  /** Sends one token. Never rejects. */
  #ask(path: string, token: string): Promise<Answer> {
    const options = { host: '127.0.0.1', port: this.#port, path, agent: this.#agent, headers: bearer(token) }
    this.#sent += 1
    return new Promise((resolve) => {
      const request = get(options, (response) => {
        const { statusCode: status = 0, headers } = response.resume()
        resolve({ status, retryAfter: headers['retry-after'], waitedMs: Number(headers['x-waited']) })
      })
      request.on('error', () => {
        this.#sent -= 1
        resolve({ status: 0, retryAfter: undefined, waitedMs: 0 })
      })
    })
  }

  #watchFetches(test: Test): void {
    const isOurs = (message: unknown) =>
      this.#endpoints.some(({ url }) => url === (message as JwksFetchMessage).url)
    const channel = tracingChannel('fastify-cognito.jwks.fetch')
    const subscriber = {
      start: (message: unknown) => {
        if (isOurs(message)) this.#fetches += 1
      },
      asyncEnd: (message: unknown) => {
        if (isOurs(message)) this.#fetches -= 1
      },
    }
    channel.subscribe(subscriber as never)
    test.teardown(() => channel.unsubscribe(subscriber as never))
  }

  /** Waits until all that is on its way has come, however long that takes, so that only the clock can move anything. */
  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await settle()
      const delayed = this.#endpoints.reduce((sum, endpoint) => sum + endpoint.delayed, 0)
      if (this.#arrived < this.#sent || this.#fetches !== delayed) quiet = -1
    }
  }
}

let kids = 0
/** Makes a key id that is like no other. */
const newKid = () => createHash('sha256').update(`${++kids}`).digest('base64')

/** Chooses the key id of the next forged token. */
export type ChooseKid = () => string

/** What an attacker sees: the requests at the endpoint, and the time. It knows the interval, too. */
export interface Watched {
  readonly endpoint: Publication
  readonly town: Town
  readonly intervalMs: number
}

/** Forged tokens that are first in the kids' choice, and each name a key id of their own: they spend the budget. */
const HEAD_START = 40
const REPEATED = 3

/** How an attacker chooses key ids. */
export const STRATEGIES = {
  'few key ids, repeated': ({ town, intervalMs }: Watched): ChooseKid => {
    const kids = Array.from({ length: REPEATED }, newKid)
    let count = 0
    let replaceAt = town.lived + intervalMs
    return () => {
      count += 1
      if (count <= HEAD_START) return newKid()
      if (town.lived >= replaceAt) {
        kids.shift()
        kids.push(newKid())
        replaceAt += intervalMs
      }
      return kids[count % REPEATED] as string
    }
  },
  'a fresh key id after each fetch': ({ endpoint }: Watched): ChooseKid => {
    let kid = newKid()
    let seen = endpoint.requests
    return () => {
      if (endpoint.requests !== seen) kid = newKid()
      seen = endpoint.requests
      return kid
    }
  },
  'random key ids': (): ChooseKid => newKid,
  'random and repeated key ids': (watched: Watched): ChooseKid => {
    const chooseFew = STRATEGIES['few key ids, repeated'](watched)
    let count = 0
    return () => (++count % 2 === 0 ? newKid() : chooseFew())
  },
} as const

/**
 * Makes tokens that are plausible but for their key and their signature.
 *
 * @param claims - to set
 */
export function forger(pool: TestPool, chooseKid: ChooseKid, claims = {}): () => string {
  const [, payload] = pool.accessToken(claims).split('.')
  const signature = 'A'.repeat(342)
  return () => {
    const header = JSON.stringify({ kid: chooseKid(), alg: 'RS256' })
    return `${Buffer.from(header).toString('base64url')}.${payload}.${signature}`
  }
}
