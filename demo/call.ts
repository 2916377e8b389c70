/**
 * A call of the demo: a request and the answer it has to get, as a line for a shell and over HTTP.
 * @module
 */
import type { CognitoErrorCode } from '../src/index.js'

/** An answer, as far as it is compared. */
export interface Answer {
  readonly status: number
  /** The JSON body of a success, the `code` of a refusal; `null` where there is no body. */
  readonly content: unknown
  /** The header `www-authenticate`; `null` where there is none. */
  readonly challenge: string | null
}

/** A request and the answer it has to get. */
export interface Call {
  /** What it shows. */
  readonly point: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Of headers and body, a value such as `$ACCESS_TOKEN` stands for what an earlier call kept. */
  readonly headers: Readonly<Record<string, string>>
  /** Sent as JSON; a form where the headers say so. */
  readonly body?: Readonly<Record<string, unknown>>
  /** Members of the answer that later calls need: `access_token` is `$ACCESS_TOKEN` there, and `…` in `expected`. */
  readonly keeps?: readonly string[]
  /** Members of a long answer, one in the other, that lead to what is compared. */
  readonly picks?: readonly string[]
  readonly expected: Answer
}

/** A success that answers JSON. */
export const ok = (content: unknown): Answer => ({ status: 200, content, challenge: null })

function refusal(status: number, code: CognitoErrorCode, parameters = ''): Answer {
  return { status, content: code, challenge: `Bearer realm="api"${parameters}` }
}

const INVALID_TOKEN = ', error="invalid_token", error_description='
const TOO_OLD = ', error="insufficient_user_authentication"'
const INSUFFICIENT = ', error="insufficient_scope"'

/** How requests are refused. */
export const refusals = {
  missing: refusal(401, 'COGNITO_ERR_TOKEN_MISSING'),
  malformed: refusal(400, 'COGNITO_ERR_REQUEST_INVALID', ', error="invalid_request"'),
  invalid: refusal(401, 'COGNITO_ERR_TOKEN_INVALID', `${INVALID_TOKEN}"The access token is invalid"`),
  expired: refusal(401, 'COGNITO_ERR_TOKEN_EXPIRED', `${INVALID_TOKEN}"The access token expired"`),
  tooOld: refusal(401, 'COGNITO_ERR_AUTHENTICATION_TOO_OLD', `${TOO_OLD}, max_age="43200"`),
  noScope: refusal(403, 'COGNITO_ERR_SCOPE_INSUFFICIENT', `${INSUFFICIENT}, scope="orders/read"`),
  noGroup: refusal(403, 'COGNITO_ERR_GROUP_INSUFFICIENT', INSUFFICIENT),
  notPermitted: refusal(403, 'COGNITO_ERR_CHECK_FAILED', INSUFFICIENT),
} as const

/** Media type of an HTML form. */
export const FORM = 'application/x-www-form-urlencoded'

/** Header fields by their names. */
export type Headers = Call['headers']

/** Headers with a token. */
export const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })

const isForm = ({ headers }: Call) => headers['content-type'] === FORM

/** How a call's body is sent. */
function encode(call: Call): string | undefined {
  if (call.body === undefined) return undefined
  return isForm(call)
    ? new URLSearchParams(call.body as Record<string, string>).toString()
    : JSON.stringify(call.body)
}

/** For a shell: as it stands, or with what an earlier call has kept. */
const quote = (text: string) =>
  /\$[A-Z]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : `'${text.replaceAll("'", "'\\''")}'`

/** The name under which a member of an answer is kept. */
const nameOf = (member: string) => member.toUpperCase()

/** Writes a call as lines for a POSIX shell. */
export function toCurl(origin: string, call: Call): string {
  const { method, path, headers, keeps = [] } = call
  const body = encode(call)
  const words = [...(method === 'GET' ? [] : [`-X ${method}`]), origin + path]
  for (const [name, value] of Object.entries(headers)) words.push(`-H ${quote(`${name}: ${value}`)}`)
  if (body !== undefined) words.push(`-d ${quote(isForm(call) ? decodeURIComponent(body) : body)}`)
  if (keeps.length === 0) return `curl -i ${words.join(' ')}`
  const lines = keeps.map(
    (member) => `${nameOf(member)}=$(printf %s "$ANSWER" | sed 's/.*"${member}":"\\([^"]*\\)".*/\\1/')`,
  )
  return [`ANSWER=$(curl -s ${words.join(' ')}); echo "$ANSWER"`, ...lines].join('\n')
}

/** What calls have kept, by its name. */
export type Kept = Map<string, string>

const fill = (text: string, kept: Kept) =>
  text.replace(/\$([A-Z_]+)/g, (_, name: string) => kept.get(name) ?? '')

/** Makes a call over HTTP. */
export async function perform(origin: string, call: Call, kept: Kept = new Map()): Promise<Answer> {
  const { method, path, headers } = call
  const body = encode({
    ...call,
    body: call.body && JSON.parse(fill(JSON.stringify(call.body), kept)),
  } as Call)
  const filled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value, kept)]))
  const response = await fetch(origin + path, {
    method,
    headers: filled,
    redirect: 'manual',
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  const answer = text === '' ? null : JSON.parse(text)
  return {
    status: response.status,
    content: response.ok ? contentOf(answer, call, kept) : answer.code,
    challenge: response.headers.get('www-authenticate'),
  }
}

type Members = Record<string, unknown>

/** The answer to compare, without what differs each time. */
function contentOf(answer: unknown, { keeps = [], picks = [] }: Call, kept: Kept): unknown {
  const content = picks.reduce((members, name) => (members as Members)[name], answer)
  if (keeps.length === 0) return content
  const members: Members = { ...(content as Members) }
  for (const member of keeps.filter((name) => name in members)) {
    kept.set(nameOf(member), String(members[member]))
    members[member] = '…'
  }
  return members
}
