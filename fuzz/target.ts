/**
 * Who answers the attempts: the plugin, in process or through a guarded route.
 * @module
 */
import { CognitoError, cognitoErrorCodes, reasonCodes } from '../src/index.js'
import { ATTRIBUTES } from './attributes.js'
import { type Reading, STATUS } from './oracle.js'
import { ROUTES, type RouteName } from './setting.js'
import type { Stage } from './stage.js'

/** What came back: what the token was taken to say, a refusal, or something that must never come. */
export type Answer =
  | { readonly kind: 'accepted'; readonly reading?: Reading }
  | { readonly kind: 'refused'; readonly code: string; readonly said: string }
  | { readonly kind: 'wrong'; readonly what: string }

/** What is fuzzed. */
export interface Target {
  readonly verify: (text: string, route: RouteName) => Promise<Answer>
  /** Sends a request whose `Authorization` line has this value. */
  readonly request: (value: string, route: RouteName) => Promise<Answer>
}

/** The plugin itself. */
export const pluginOf = (stage: Stage): Target => ({
  verify: (text, route) => verify(stage, text, route),
  request: (value, route) => request(stage, value, route),
})

type Authentication = Awaited<ReturnType<ReturnType<Stage['app']>['cognito']['verify']>>

async function verify({ app, requirements }: Stage, text: string, route: RouteName): Promise<Answer> {
  try {
    const authentication = await app().cognito.verify(text, ROUTES[route].pools, requirements[route])
    if (authentication.token !== text) return { kind: 'wrong', what: 'the authentication has another token' }
    return { kind: 'accepted', reading: toReading(authentication, route) }
  } catch (error) {
    return toAnswer(error)
  }
}

function toReading(authentication: Authentication, route: RouteName): Reading {
  const { pool, tokenUse, subject, clientId, scopes, groups } = authentication
  const claims = authentication.claims as Readonly<Record<string, unknown>>
  const names =
    route === 'member' ? Object.keys(ATTRIBUTES).filter((name) => Object.hasOwn(claims, name)) : []
  const attributes = Object.fromEntries(names.map((name) => [name, claims[name]]))
  return { pool, tokenUse, subject, clientId, scopes, groups, attributes }
}

function toAnswer(error: unknown): Answer {
  if (!(error instanceof CognitoError) || !cognitoErrorCodes.includes(error.code)) {
    return {
      kind: 'wrong',
      what: `an untyped error: ${error instanceof Error ? error.stack : String(error)}`,
    }
  }
  const { code, statusCode, message, reason, reasonCode, pool = '', challenge } = error
  if (reasonCode === undefined || !reasonCodes.includes(reasonCode)) {
    return { kind: 'wrong', what: `${code} without a known reason: ${reason}` }
  }
  if (statusCode !== STATUS[code])
    return { kind: 'wrong', what: `${code} with status ${statusCode}: ${reason}` }
  return { kind: 'refused', code, said: [message, reason, pool, JSON.stringify(challenge)].join('\n') }
}

const CHALLENGE =
  /^Bearer realm="api"(?:, (?:error|error_description|scope|acr_values|max_age)="[\x20\x21\x23-\x5b\x5d-\x7e]+")*$/

async function request({ app }: Stage, value: string, route: RouteName): Promise<Answer> {
  const response = await app().inject({ url: `/${route}`, headers: { authorization: value } })
  const { statusCode, headers, body } = response
  if (statusCode === 200 && body === 'accepted') return { kind: 'accepted' }
  const code = readCode(body)
  if (code === undefined || statusCode !== STATUS[code]) {
    return { kind: 'wrong', what: `status ${statusCode} with ${body.slice(0, 200)}` }
  }
  if (!CHALLENGE.test(String(headers['www-authenticate'])) || headers['cache-control'] !== 'no-store') {
    return { kind: 'wrong', what: `status ${statusCode} with the headers ${JSON.stringify(headers)}` }
  }
  return { kind: 'refused', code, said: `${JSON.stringify(headers)}\n${body}` }
}

function readCode(body: string): string | undefined {
  try {
    return String(JSON.parse(body).code)
  } catch {
    return undefined
  }
}
