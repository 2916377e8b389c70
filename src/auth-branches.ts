/**
 * `@fastify/auth`: takes back the identity that a guard attached when a later function of the same branch refuses.
 * @module
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { hasGuard } from './guard-mark.js'
import { isPromised } from './promises.js'

type Done = (error?: unknown) => void

/** A function in the list of `app.auth`. */
type Part = (this: unknown, request: FastifyRequest, reply: FastifyReply, done: Done) => unknown

/** What `app.auth` is given: functions, and lists of functions. */
export type Parts = readonly (Part | readonly Part[])[]

/** The options of `app.auth` that are looked at. */
interface AuthOptions {
  readonly relation?: unknown
  readonly run?: unknown
}

/** A branch that a request is in. */
interface Attempt {
  /** `request.cognito` before the branch. */
  readonly before: unknown
  hasFailed: boolean
}

/**
 * Copies the list of `app.auth`, so that a request leaves a branch that refused it with the identity that it came with. A
 * branch is a list in the list: all of its functions have to let the request pass.
 *
 * With `relation: 'and'` one function of an inner list is enough, so there is no such branch.
 */
export function keepIdentities(parts: Parts, options: unknown): Parts {
  const { relation, run }: AuthOptions = Object(options)
  return parts.map((part) => {
    if (!Array.isArray(part)) return part
    return relation !== 'and' && part.some(hasGuard) ? watchBranch(part, run === 'all') : [...part]
  })
}

/** @param goesOn - whether later functions still run after one has refused (`run: 'all'`) */
function watchBranch(branch: readonly Part[], goesOn: boolean): readonly Part[] {
  const attempts = new WeakMap<FastifyRequest, Attempt>()
  return branch.map(
    (part, index): Part =>
      function (request, reply, done) {
        if (index === 0) attempts.set(request, { before: request.cognito, hasFailed: false })
        const attempt = attempts.get(request) as Attempt
        const conclude = (error: unknown) => {
          if (error) attempt.hasFailed = true
          if (error || (goesOn && attempt.hasFailed)) restore(request, attempt)
        }
        const leave: Done = (error) => {
          conclude(error)
          done(error)
        }
        return follow(() => part.call(this, request, reply, leave), conclude)
      },
  )
}

function restore(request: FastifyRequest, { before }: Attempt): void {
  if (request.cognito !== before) request.setDecorator('cognito', before)
}

/** Tells `conclude` what a function throws, and how its promise ends. */
function follow(call: () => unknown, conclude: (error: unknown) => void): unknown {
  const refuse = (error: unknown) => {
    conclude(error)
    throw error
  }
  try {
    const outcome = call()
    return isPromised(outcome) ? outcome.then(() => conclude(undefined), refuse) : outcome
  } catch (error) {
    return refuse(error)
  }
}
