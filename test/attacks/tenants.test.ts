/**
 * The attacks on tenants, at each way in which a request can name one: only the tenant's own token opens. Behind deliberately
 * open guards the attacks get in.
 * @module
 */
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import cognito, { type PluginOptions } from '../../src/index.js'
import { startIssuer } from '../support/app.js'
import {
  addDoors,
  addHoles,
  DOORS,
  type DoorAnswer,
  type Knock,
  knock,
  listen,
  OPEN,
} from '../support/tenant-doors.js'
import { toRow, useKeysOf } from '../support/tenants.js'

const { issuer, eu: staff } = await startIssuer(t)
useKeysOf(t, issuer)
const acme = issuer.createPool({ region: 'eu-west-1' })
const globex = issuer.createPool({ region: 'us-east-1' })
/** A real pool that anyone may have, with the app client of acme. */
const foreign = issuer.createPool({ appClientId: acme.appClientId })
const rows = [toRow('acme', acme), toRow('globex', globex)]

/** An attempt: the name in the request, and the token. Its name begins with the rule that it tries to break. */
interface Attempt {
  readonly what: string
  readonly name: string | undefined
  readonly token: string
  /** Whether it is a token of a tenant, so that a guard of any tenant lets it in. */
  readonly isGenuine: boolean
}

const own = { acme: acme.accessToken(), globex: globex.accessToken() }
/** Names that are nobody’s, some of which have a meaning to JavaScript or to the plugin. */
const STRANGE = [
  ...['ACME', 'Acme', '', '*', 'every', 'null', 'undefined', '__proto__', 'constructor', 'toString'],
  ...['tenant', 'tenant:acme', 'tenant:*', 'staff', 'acme, globex', 'acme,globex', 'globex, acme', 'acme.'],
]

const genuine = (what: string, name: string | undefined, token: string): Attempt => ({
  what,
  name,
  token,
  isGenuine: true,
})
const forged = (what: string, name: string, token: string): Attempt => ({
  ...genuine(what, name, token),
  isGenuine: false,
})

const attempts: readonly Attempt[] = [
  genuine('a tenant is apart: the token of acme at globex', 'globex', own.acme),
  genuine('a tenant is apart: the token of globex at acme', 'acme', own.globex),
  genuine('who names no tenant has none: acme', undefined, own.acme),
  genuine('who names no tenant has none: globex', undefined, own.globex),
  genuine('a tenant has to be in the list', 'initech', own.acme),
  ...STRANGE.map((name) => genuine(`no other name is a name: ${name}`, name, own.acme)),
  forged('RFC 7515 §5.2: a key of globex signs for acme', 'acme', globex.accessToken(claimsOf(acme))),
  forged(
    'RFC 7515 §5.2: with the key id of acme as well',
    'acme',
    globex.accessToken(claimsOf(acme), { kid: acme.kid() }),
  ),
  forged('a client is of its tenant', 'acme', acme.accessToken({ client_id: globex.appClientId })),
  forged(
    'a client is of its tenant: at the other',
    'globex',
    acme.accessToken({ client_id: globex.appClientId }),
  ),
  forged('RFC 7519 §4.1.1: the issuer counts, and not the client', 'acme', foreign.accessToken()),
  forged('a token of staff is of no tenant', 'acme', acme.accessToken({ iss: staff.issuers.original })),
  forged('a client is a text: a list', 'acme', acme.accessToken({ client_id: [acme.appClientId] })),
  forged(
    'a client is a text: what cannot become one',
    'acme',
    acme.accessToken({ client_id: { toString: 1, valueOf: 1 } }),
  ),
  forged('an issuer is a text', 'acme', acme.accessToken({ iss: [acme.issuers.original] })),
  forged('an ID token opens nothing where access tokens are taken', 'acme', acme.idToken()),
]

function claimsOf({ issuers, appClientId }: typeof acme) {
  return { iss: issuers.original, client_id: appClientId }
}

async function openApp(test: Test, options: PluginOptions = {}, selectors?: typeof OPEN) {
  const app = Fastify()
  await app.register(cognito, {
    pools: { staff: staff.options() },
    tenants: { load: () => rows },
    // A generous budget, so that no attack waits for a lookup.
    keys: { prefetch: false, lookupBurst: 1000, lookupInterval: 0.05 },
    ...options,
  })
  addDoors(app, selectors)
  return listen(test, app)
}

/** The attempts that a request at a door can make. */
const attemptsAt = (toKnock: (name: string | undefined) => Knock | undefined) =>
  attempts.flatMap((attempt) => {
    const request = toKnock(attempt.name)
    return request === undefined ? [] : [{ ...attempt, request }]
  })
const all = Object.entries(DOORS).flatMap(([door, toKnock]) =>
  attemptsAt(toKnock).map((attempt) => ({ ...attempt, door })),
)

/** Tries all attempts at all doors. Resolves to those that are not refused as they have to be. */
async function findDeviations(port: number): Promise<readonly string[]> {
  const deviations: string[] = []
  for (const { door, what, request, token } of all) {
    const answer = await knock(port, request, token)
    if (!isRefused(answer)) deviations.push(`${door}: ${what}: ${answer.status} ${answer.body}`)
  }
  return deviations
}

/** Tells whether an answer is the refusal of a token. It repeats no name. */
function isRefused({ status, headers, body }: DoorAnswer): boolean {
  const isOfToken = status === 401 && body.includes('"code":"COGNITO_ERR_TOKEN_INVALID"')
  return isOfToken && !/acme|globex|initech|__proto__/i.test(JSON.stringify([body, headers]))
}

/** Shows that each tenant opens its own doors, and no other. */
async function assertOwn(test: Test, port: number): Promise<void> {
  for (const [door, toKnock] of Object.entries(DOORS)) {
    for (const [name, token] of Object.entries(own)) {
      const request = toKnock(name)
      if (request === undefined) throw new Error('expected a door for each tenant')
      const { status, body } = await knock(port, request, token)
      test.strictSame([status, body], [200, name], door)
    }
  }
}

t.test('every attack is refused at every door, before and after the tenants came themselves', async (t) => {
  const port = await openApp(t)
  t.strictSame(await findDeviations(port), [])
  await assertOwn(t, port)
  t.strictSame(await findDeviations(port), [])
})

t.test('the same without a cache of tokens', async (t) => {
  const port = await openApp(t, { tokenCache: false })
  await assertOwn(t, port)
  t.strictSame(await findDeviations(port), [])
})

t.test('positive control: at doors for any tenant, each genuine token is seen to get in', async (t) => {
  const port = await openApp(t, {}, OPEN)
  const deviations = await findDeviations(port)
  const expected = all.filter(({ isGenuine }) => isGenuine)
  t.ok(expected.length > 200, `${expected.length} attempts`)
  t.equal(deviations.length, expected.length)
  t.ok(deviations.every((text) => / 200 /.test(text)))
})

t.test('positive control: where nothing guards, every attack is seen to get in', async (t) => {
  const app = Fastify()
  addHoles(app)
  const port = await listen(t, app)
  t.equal((await findDeviations(port)).length, all.length)
})

t.test('an optional door lets nobody pass as nobody, and a wrong token not at all', async (t) => {
  const port = await openApp(t)
  for (const path of ['/optional', '/optional-request']) {
    const { status, body } = await knock(port, { path, headers: { 'x-tenant': 'acme' } })
    t.strictSame([status, body], [200, 'nobody'], path)
    t.equal((await knock(port, { path, headers: { 'x-tenant': 'globex' } }, own.acme)).status, 401, path)
  }
})
