/**
 * What NestJS answers to a refusal: the refusal's own status, whether a hook of Fastify threw it or a guard of NestJS.
 * @module
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { cognitoErrorCodes } from '../../src/index.js'
import { userRouteErrorCodes } from '../../src/user-routes/fault-codes.js'
import type { NestAnswers } from '../support/nest-answers.js'

const program = fileURLToPath(new URL('../support/nest-answers.ts', import.meta.url))
// Under tsx every line would count as covered.
const env = { ...process.env, _TAPJS_PROCESSINFO_COVERAGE_: '0' }
const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program], { env })
const { hooked, guarded }: NestAnswers = JSON.parse(stdout)

t.test('a hook of Fastify', async (t) => {
  t.match(hooked, { permitted: { status: 200, body: ['an order'] } })
  for (const [name, status, message] of [
    ['missing', 401, 'Authentication is required'],
    ['malformed', 400, 'The credentials are malformed'],
    ['invalid', 401, 'The access token is invalid'],
    ['insufficient', 403, 'A required scope is missing'],
  ] as const) {
    t.match(hooked[name], {
      status,
      body: { statusCode: status, message },
      headers: { 'www-authenticate': /^Bearer realm="api"/, 'cache-control': 'no-store' },
    })
  }
})

t.test('a guard of NestJS', async (t) => {
  t.equal(guarded.length, cognitoErrorCodes.length + userRouteErrorCodes.length)
  for (const { status, body, error } of guarded) {
    t.equal(status, error?.statusCode, `${error?.code}`)
    t.notMatch(JSON.stringify(body), 'a reason')
    if (status !== 500) t.match(body, { message: error?.message })
  }
})
