// fastify-cognito without a server: its verification, and its guard with the requests of a real application.
import Fastify from 'fastify'
import cognito from '../../dist/index.js'
import { resolveOptions } from '../../dist/options.js'
import { readAuthentication } from '../../dist/verify/authentication-reader.js'
import { createVerifier } from '../../dist/verify/verifier.js'

/**
 * The whole verification of a token, from its text to the frozen authentication. `request.cognito` is set by the guard.
 *
 * @param {object} options - of the plugin
 * @param {string} pool - name of the pool whose tokens are taken
 * @param {string} first - a token, with which the keys are fetched
 */
export async function createVerification(options, pool, first) {
  const verifier = createVerifier(resolveOptions(options, {}))
  const policy = verifier.compilePolicy([pool], {}, 'bench')
  await verifier.verify(first, policy)
  return {
    prepare: (token) => token,
    run: (token) =>
      passes(() => policy.authorize(readAuthentication(verifier.verify(token, policy), policy))),
  }
}

/**
 * The guard of a route, called the way that Fastify calls it.
 *
 * @param {object} options - of the plugin
 * @param {unknown} selector - the pool, or a selector of tenants
 * @param {string} first - a token, with which the keys are fetched
 * @param {string} [host] - of the requests
 */
export async function createGuard(options, selector, first, host = 'localhost') {
  const app = Fastify()
  await app.register(cognito, options)
  const guard = app.authRequired(selector)
  const makeRequest = await captureRequests(app, selector, first, host)
  let isPassed = false
  const done = (error) => {
    isPassed = error === undefined
  }
  return {
    prepare: makeRequest,
    run(request) {
      guard(request, undefined, done)
      return isPassed
    },
  }
}

/** Makes requests of the class that Fastify made for this application. */
async function captureRequests(app, selector, token, host) {
  let sample
  app.get('/', { onRequest: app.authRequired(selector) }, (request) => {
    sample = request
    return {}
  })
  const { statusCode } = await app.inject({
    url: '/',
    headers: { host, authorization: `Bearer ${token}` },
  })
  if (statusCode !== 200) throw new Error(`the guard answers a good token with ${statusCode}`)
  const { constructor: Request, id, params, query, log } = sample
  return (text) => {
    const authorization = Buffer.from(`Bearer ${text}`, 'latin1').latin1Slice()
    const headers = { host, authorization }
    return new Request(id, params, { headers, rawHeaders: Object.entries(headers).flat() }, query, log)
  }
}

/** Whether a function returns. */
export function passes(call) {
  try {
    call()
    return true
  } catch {
    return false
  }
}
