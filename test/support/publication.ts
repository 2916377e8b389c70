/**
 * A real key endpoint on loopback that a test can slow down, silence, cut off, and give other keys; it counts its requests.
 * @module
 */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'
import type { TestPool } from '../../src/testing/index.js'

/** What a key endpoint answers. */
export type KeySet = ReturnType<TestPool['keySet']>

/** The keys of several pools in one set. */
export const union = (...pools: readonly TestPool[]): KeySet => ({
  keys: pools.flatMap((pool) => pool.keySet().keys),
})

const realAfter = (ms: number, action: () => void) => setTimeout(action, ms)
type After = (ms: number, action: () => void) => unknown

/** A key endpoint. */
export class Publication {
  /** Requests so far. */
  requests = 0
  /** Status of its answers. */
  status = 200
  /** Milliseconds before it answers. */
  delayMs = 0
  /** Whether it takes requests and never answers. */
  isSilent = false
  keySet: KeySet
  /** Answers that wait for their time. */
  delayed = 0
  readonly #server: Server
  readonly #after: After
  readonly #sockets = new Set<Socket>()
  #takeNext: ((answer: () => void) => void) | undefined

  private constructor(server: Server, keySet: KeySet, after: After) {
    this.#server = server
    this.#after = after
    this.keySet = keySet
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    server.on('request', (_request, response) => this.#take(response))
  }

  /**
   * Starts an endpoint; it is closed with the test.
   *
   * @param after - runs an action after milliseconds
   */
  static async start(test: Test, keySet: KeySet, after: After = realAfter): Promise<Publication> {
    const server = createServer()
    const publication = new Publication(server, keySet, after)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    test.teardown(() => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })
    return publication
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get url(): string {
    return `${this.origin}/.well-known/jwks.json`
  }

  /** Resolves at the next request, which is answered only when the test says so. */
  takeNext(): Promise<() => void> {
    return new Promise((resolve) => {
      this.#takeNext = resolve
    })
  }

  /** Resets all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  #take(response: ServerResponse): void {
    this.requests += 1
    // What is published as the request comes: the answer takes its time.
    const { status } = this
    const body = JSON.stringify(status === 200 ? this.keySet : {})
    const headers = { 'content-type': 'application/json' }
    const answer = () => void response.writeHead(status, headers).end(body)
    if (this.#takeNext) this.#takeNext(answer)
    else if (!this.isSilent) this.#delay(answer)
    this.#takeNext = undefined
  }

  #delay(answer: () => void): void {
    this.delayed += 1
    this.#after(this.delayMs, () => {
      this.delayed -= 1
      answer()
    })
  }
}
