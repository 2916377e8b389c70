/**
 * The branches of `@fastify/auth`: a refused branch takes back the authentication that its guard attached.
 * @module
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isPromised } from '../base/promises.js'

type Done = (error?: unknown) => void

/** A function in the list of `app.auth`. */
type Part = (this: unknown, request: FastifyRequest, reply: FastifyReply, done: Done) => unknown

/** The list of `app.auth`: functions, and lists of functions. */
export type Parts = readonly (Part | readonly Part[])[]

/** The options of `app.auth` that matter here. */
interface AuthOptions {
  readonly relation?: unknown
  readonly run?: unknown
}

/** The state of a request in a branch. */
interface Attempt {
  /** `request.cognito` before the branch. */
  readonly before: unknown
  hasFailed: boolean
}

/**
 * Copies the list of `app.auth`, so that a request leaves a refused branch with the authentication that it had before.
 * Each item of the list is a branch: a function, or a list of functions that all have to let the request pass.
 *
 * With `relation: 'and'` all items have to let the request pass, so that a refused branch refuses the request.
 */
export function keepIdentities(parts: Parts, options: unknown): Parts {
  const { relation, run }: AuthOptions = Object(options)
  return parts.map((part) => {
    if (relation === 'and') return isList(part) ? [...part] : part
    const watch = createBranch(run === 'all')
    return isList(part) ? part.map(watch) : watch(part, 0)
  })
}

const isList = (part: Parts[number]): part is readonly Part[] => Array.isArray(part)

/**
 * Makes the function that watches the functions of one branch.
 *
 * @param continues - `true` when later functions still run after a refusal (`run: 'all'`)
 */
function createBranch(continues: boolean): (part: Part, index: number) => Part {
  const attempts = new WeakMap<FastifyRequest, Attempt>()
  return (part, index) =>
    function (request, reply, done) {
      const attempt = (index > 0 && attempts.get(request)) || { before: request.cognito, hasFailed: false }
      attempts.set(request, attempt)
      const conclude = (error: unknown) => {
        if (error) attempt.hasFailed = true
        if (error || (continues && attempt.hasFailed)) restore(request, attempt)
      }
      const leave: Done = (error) => {
        conclude(error)
        done(error)
      }
      return follow(() => part.call(this, request, reply, leave), conclude)
    }
}

function restore(request: FastifyRequest, { before }: Attempt): void {
  if (request.cognito !== before) request.setDecorator('cognito', before)
}

/** Calls a function, and passes its error or the end of its promise to `conclude`. */
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
