/**
 * Floods of forged tokens over real sockets, beside the requests of people, and the rule that every one of them is held to.
 *
 * Requests are sent, and waits are measured, in time that the process lived through: on a busy machine fewer requests are
 * sent, and no wait looks longer.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { Agent, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { TestPool } from '../../src/testing/index.js'
import { bearer } from './app.js'
import type { Publication } from './publication.js'

/** How one request was answered. */
export interface Answer {
  /** 0 where the connection ended instead. */
  readonly status: number
  readonly retryAfter: string | undefined
  /** How long the server had it; milliseconds that were lived through. */
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
/** Nothing is waited for any longer; milliseconds. */
const LONGEST_MS = 10_000

/** An app that listens, and those who send it tokens. */
export class Town {
  readonly #agent = new Agent({ keepAlive: true })
  readonly #onTick = new Set<() => void>()
  #port = 0
  /** Milliseconds lived through. */
  #lived = 0

  private constructor() {}

  /**
   * Opens an app; it is closed with the test.
   *
   * @param setUp - registers plugins, and adds what {@link Town.ask} asks for
   */
  static async open(test: Test, setUp: (app: FastifyInstance) => Promise<void>): Promise<Town> {
    const town = new Town()
    const app = Fastify()
    app.decorateRequest('begun', 0)
    app.addHook('onRequest', async (request) => request.setDecorator('begun', town.#lived))
    app.addHook('onSend', async (request, reply) => {
      reply.header('x-waited', town.#lived - request.getDecorator<number>('begun'))
    })
    await setUp(app)
    await app.listen({ host: '127.0.0.1', port: 0 })
    town.#port = (app.server.address() as AddressInfo).port
    const timer = setInterval(town.#tick(), TICK_MS)
    test.teardown(() => {
      clearInterval(timer)
      town.#agent.destroy()
      return app.close()
    })
    return town
  }

  /** Sends one token. Never rejects. */
  ask(path: string, token: string): Promise<Answer> {
    const options = { host: '127.0.0.1', port: this.#port, path, agent: this.#agent, headers: bearer(token) }
    return new Promise((resolve) => {
      const request = get(options, (response) => {
        const { statusCode: status = 0, headers } = response.resume()
        resolve({ status, retryAfter: headers['retry-after'], waitedMs: Number(headers['x-waited']) })
      })
      request.on('error', () => resolve({ status: 0, retryAfter: undefined, waitedMs: 0 }))
    })
  }

  /**
   * Sends tokens from now on, independent of the answers and of each other (a Poisson process).
   *
   * @returns ends that; resolves to all answers
   */
  send(perSecond: number, path: string, toToken: () => string): () => Promise<readonly Answer[]> {
    const answers: Promise<Answer>[] = []
    let next = this.#lived
    const act = () => {
      while (next <= this.#lived) {
        answers.push(this.ask(path, toToken()))
        next += (-Math.log(1 - Math.random()) * 1000) / perSecond
      }
    }
    this.#onTick.add(act)
    return () => {
      this.#onTick.delete(act)
      return Promise.all(answers)
    }
  }

  /** Waits until it is so. What never is so is for the rule to say. */
  until(isSo: () => boolean): Promise<void> {
    const end = this.#lived + LONGEST_MS
    return new Promise((resolve) => {
      const look = () => {
        if (!isSo() && this.#lived < end) return
        this.#onTick.delete(look)
        resolve()
      }
      this.#onTick.add(look)
    })
  }

  /** Lets time go by. */
  live(ms: number): Promise<void> {
    const end = this.#lived + ms
    return this.until(() => this.#lived >= end)
  }

  /** A tick that is late counts as two at the most. */
  #tick(): () => void {
    let last = performance.now()
    return () => {
      const now = performance.now()
      this.#lived += Math.min(now - last, 2 * TICK_MS)
      last = now
      for (const act of this.#onTick) act()
    }
  }
}

const randomKid = () => randomBytes(32).toString('base64')

/** Chooses the key id of the next forged token. */
export type ChooseKid = () => string

/** Forged tokens that are first in the kids' choice, and each name a key id of their own: they spend the budget. */
const HEAD_START = 40
const REPEATED = 3

/** How an attacker chooses key ids. It may watch the endpoint, and knows the interval. */
export const STRATEGIES = {
  'few key ids, repeated': (_watched: Publication, intervalMs: number): ChooseKid => {
    const kids = Array.from({ length: REPEATED }, randomKid)
    let count = 0
    let replaceAt = performance.now() + intervalMs
    return () => {
      count += 1
      if (count <= HEAD_START) return randomKid()
      if (performance.now() >= replaceAt) {
        kids.shift()
        kids.push(randomKid())
        replaceAt += intervalMs
      }
      return kids[count % REPEATED] as string
    }
  },
  'a fresh key id after each fetch': (watched: Publication): ChooseKid => {
    let kid = randomKid()
    let seen = watched.requests
    return () => {
      if (watched.requests !== seen) kid = randomKid()
      seen = watched.requests
      return kid
    }
  },
  'random key ids': (): ChooseKid => randomKid,
  'random and repeated key ids': (watched: Publication, intervalMs: number): ChooseKid => {
    const chooseFew = STRATEGIES['few key ids, repeated'](watched, intervalMs)
    let count = 0
    return () => (++count % 2 === 0 ? randomKid() : chooseFew())
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
