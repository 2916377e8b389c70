/**
 * The key endpoints: that of pool us, which is always well, and that of pool eu, which fails as it is told.
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FAULTS, type FaultName, STRAY_PATH } from './faults.js'
import type { Edition, PhaseCount, PoolName } from './messages.js'
import type { Publication } from './publication.js'
import { random } from './random.js'
import { KEYS } from './setting.js'
import { type TroubleListener, watchTrouble } from './trouble.js'

export type Phase = 'ok' | FaultName

/** What is told of the endpoint of pool eu. */
export interface EndpointListener extends TroubleListener {
  readonly phase: (isCalm: boolean) => void
  readonly asked: () => void
}

/** A good answer takes as long as one from another region, so that tokens come and keys change meanwhile; milliseconds. */
const DELAY_MS = { least: 20, most: 80 }

const PATHS = { eu: '/eu/jwks.json', us: '/us/jwks.json' } as const

/** Both endpoints, on one port. */
export class Endpoints {
  readonly #publication: Publication
  readonly #server = createServer((request, response) => this.#answer(request, response))
  readonly #watch: ReturnType<typeof watchTrouble>
  readonly #usKeys: Edition['keys']
  readonly #listener: EndpointListener
  readonly #phases = new Map<Phase, { times: number; fetches: number }>()
  #phase: Phase = 'ok'
  #usFetches = 0
  #strays = 0

  constructor(publication: Publication, usKeys: Edition['keys'], listener: EndpointListener) {
    this.#publication = publication
    this.#usKeys = usKeys
    this.#listener = listener
    this.#watch = watchTrouble(listener)
  }

  /** Tells the URLs. */
  async listen(): Promise<Readonly<Record<PoolName, string>>> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return { eu: origin + PATHS.eu, us: origin + PATHS.us }
  }

  /** Begins a phase, and returns its count. */
  enter(phase: Phase): PhaseCount {
    this.#phase = phase
    this.#listener.phase(phase === 'ok')
    const count = this.#count()
    count.times += 1
    return count
  }

  isTroubled(): boolean {
    return this.#watch.isTroubled()
  }

  account() {
    const phases = Object.fromEntries(this.#phases)
    const eu = Object.values(phases).reduce((sum, { fetches }) => sum + fetches, 0)
    return { phases, fetches: { eu, us: this.#usFetches }, strays: this.#strays }
  }

  #count() {
    const count = this.#phases.get(this.#phase) ?? { times: 0, fetches: 0 }
    this.#phases.set(this.#phase, count)
    return count
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === PATHS.eu) this.#answerForEu(request, response)
    else {
      if (request.url === STRAY_PATH) this.#strays += 1
      else this.#usFetches += 1
      answerLater(response, this.#usKeys)
    }
  }

  #answerForEu(request: IncomingMessage, response: ServerResponse): void {
    this.#count().fetches += 1
    this.#listener.asked()
    const askedAt = Date.now()
    if (this.#phase === 'ok') {
      response.on('close', () => {
        if (response.writableFinished) this.#watch.good()
        else this.#watch.givenUp(askedAt, KEYS.timeout * 1000)
      })
      answerLater(
        response,
        this.#publication.editions.flatMap(({ keys }) => keys),
      )
      return
    }
    this.#watch.bad()
    FAULTS[this.#phase](request, response)
  }
}

/** The set is as it was when it was asked for. */
function answerLater(response: ServerResponse, keys: Edition['keys']): void {
  const { least, most } = DELAY_MS
  setTimeout(() => response.end(JSON.stringify({ keys })), least + random() * (most - least))
}
