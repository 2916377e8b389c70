/**
 * The tokens of open sockets and streams: each is followed until it expires or is revoked.
 * @module
 */
import type { Clock } from '../base/clock.js'
import { CognitoError, refuse } from '../base/errors.js'
import type { Authentication } from '../verify/authentication.js'

/** The members of an {@link Authentication} that are read. */
export type Expiring = Pick<Authentication, 'payload'> & Partial<Pick<Authentication, 'pool'>>

/** The members of a token that are needed to follow it. */
interface TokenInUse {
  /** The claim `exp`; seconds since 1970. */
  readonly exp: number
  /** Name of the pool, as far as it is known. */
  readonly pool: string | undefined
  /** The endings of the token before its time; empty for a token that is followed without its application. */
  readonly endings?: readonly Ending[]
}

/** An end of a token before its time: its revocation, or the removal of its tenant. */
export interface Ending {
  /** Rejects with the refusal of the token, and when a store or the list of tenants fails and such requests are refused. */
  readonly ask: () => Promise<void>
  /** Calls back with the refusal when the process hears of the end. Returns a function that ends the calls. */
  readonly listen: (onEnd: (refusal: CognitoError) => void) => () => void
}

/** Reads an authentication for a function of the application, whose name the error has. */
export type ReadToken = (authentication: unknown, caller: string) => TokenInUse

/** Time between two looks at the clock, which may be set, and at the store. A timer of Node cannot exceed 2^31 ms; milliseconds. */
const LOOK_MS = 60_000
/** Number of looks in a row that the store, or the list of tenants, may leave unanswered. */
const MAX_SILENT_LOOKS = 3
/** The codes of a look that has no answer. */
const SILENCES: ReadonlySet<string> = new Set([
  'COGNITO_ERR_REVOCATION_UNAVAILABLE',
  'COGNITO_ERR_TENANTS_UNAVAILABLE',
])

/** A token in use. */
export class FollowedToken {
  readonly #token: TokenInUse
  readonly #clock: Clock
  readonly #ending = new AbortController()
  #isReleased = false
  #callOff = () => {}
  #silentLooks = 0
  readonly #listening: (() => void)[] = []

  /**
   * Follows the token at once.
   *
   * @throws {unknown} what the store throws when it cannot be listened to; nothing is then kept for the token
   */
  constructor(token: TokenInUse, clock: Clock) {
    this.#token = token
    this.#clock = clock
    this.#wait()
    if (this.#isReleased) return
    try {
      for (const { listen } of this.#endings) this.#listening.push(listen((refusal) => this.end(refusal)))
    } catch (error) {
      this.release()
      throw error
    }
    // The store is asked after the first moment at which a mark is heard, so that no mark is missed between the two.
    this.#ask()
  }

  /** Is aborted at the end of the token, with the refusal that a request would get then. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  /** Aborts the signal, unless it is aborted or released. */
  end(reason: unknown): void {
    if (this.#isReleased) return
    this.release()
    this.#ending.abort(reason)
  }

  /** Stops following the token. The signal stays as it is. */
  readonly release = (): void => {
    this.#isReleased = true
    this.#callOff()
    for (const endListening of this.#listening.splice(0)) endListening()
  }

  /** Ends an expired token, and sets the timer of the next look for any other. */
  #wait(): void {
    const left = this.#token.exp * 1000 - this.#clock.now()
    if (left <= 0) {
      this.end(refuse('TOKEN_EXPIRED', this.#context()))
      return
    }
    this.#callOff = this.#clock.after(Math.min(left, LOOK_MS), () => {
      this.#wait()
      if (!this.#isReleased) this.#ask()
    })
  }

  #ask(): void {
    if (this.#endings.length === 0) return
    const answers = this.#endings.map((ending) => this.#askOne(ending))
    void Promise.all(answers).then((silences) =>
      this.#hear(silences.find((silence) => silence !== undefined)),
    )
  }

  /** Ends a token that is refused, whatever the other endings answer. Returns the error of an ending without an answer. */
  async #askOne({ ask }: Ending): Promise<CognitoError | undefined> {
    try {
      await ask()
    } catch (error) {
      if (error instanceof CognitoError && SILENCES.has(error.code)) return error
      this.end(error)
    }
    return undefined
  }

  get #endings(): readonly Ending[] {
    return this.#token.endings ?? []
  }

  /** Ends the token for a failing store only after some looks in a row, because a failure may be over in a moment. */
  #hear(silence: CognitoError | undefined): void {
    this.#silentLooks = silence === undefined ? 0 : this.#silentLooks + 1
    if (this.#silentLooks >= MAX_SILENT_LOOKS) this.end(silence)
  }

  #context() {
    return { pool: this.#token.pool }
  }
}

/**
 * Reads the end of a token, without what may end it before its time.
 *
 * @throws {TypeError} when the value is no authentication
 */
export function readToken(authentication: unknown, caller: string): TokenInUse {
  const { payload, pool }: { readonly payload?: unknown; readonly pool?: unknown } = Object(authentication)
  const { exp }: { readonly exp?: unknown } = Object(payload)
  if (typeof exp === 'number' && Number.isFinite(exp)) {
    return { exp, pool: typeof pool === 'string' ? pool : undefined }
  }
  throw new TypeError(
    `${caller}: expected request.cognito, the result of app.cognito.verify, or null for a request without credentials`,
  )
}
