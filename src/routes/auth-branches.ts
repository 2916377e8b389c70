/**
 * `@fastify/auth`: takes back the identity that a guard attached when a later function of the same branch refuses.
 * @module
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isPromised } from '../base/promises.js'

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
 * Copies the list of `app.auth`, so that a request leaves a branch that refused it with the identity that it came with. Each
 * item of the list is a branch: a function, or a list of functions that all have to let the request pass.
 *
 * With `relation: 'and'` all items have to let the request pass, so that no branch is left behind.
 */
export function keepIdentities(parts: Parts, options: unknown): Parts {
  const { relation, run }: AuthOptions = Object(options)
  return parts.map((part) => {
    if (relation === 'and') return Array.isArray(part) ? [...part] : part
    const branch = watchBranch([part].flat() as Part[], run === 'all')
    return Array.isArray(part) ? branch : (branch[0] as Part)
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
