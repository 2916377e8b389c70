/**
 * What the doctor says of a token with several faults or none, and that it never disagrees with the plugin.
 * @module
 */
import t, { type Test } from 'tap'
import { CognitoError } from '../../src/base/errors.js'
import type { ReasonCode } from '../../src/base/reasons.js'
import { type Check, show } from '../../src/doctor/check.js'
import { OTHER_REMEDY } from '../../src/doctor/claim-remedies.js'
import { examineToken, findRemedy, TOKEN_REMEDIES } from '../../src/doctor/token.js'
import { resolveOptions } from '../../src/options.js'
import { readAuthentication } from '../../src/verify/authentication-reader.js'
import { createVerifier, type Verifier } from '../../src/verify/verifier.js'
import { startIssuer } from '../support/app.js'
import { claimAttacks, headerAttacks, serialisationAttacks, signatureAttacks } from '../support/attacks.js'
import { examine, failures, namesOf, pieces } from '../support/doctor.js'
import { findFaultsBy, openDoctor } from '../support/doctor-token.js'
import { decode, forge } from '../support/forge.js'

const { issuer, eu, us } = await startIssuer(t)
const now = () => Math.floor(Date.now() / 1000)

const doctor = await openDoctor({ pools: { eu: eu.options(), us: us.options({ tokenUse: 'id' }) } })

const findFaults = (test: Test, text: string, from = doctor) => findFaultsBy(from, test, text)

t.test('a good token: what was looked at is told, and the plugin accepts it', async (t) => {
  const { ok, pool, checks } = await doctor.examineToken(eu.accessToken())
  t.strictSame([ok, pool], [true, 'eu'])
  t.match(checks, [
    { name: 'form', ok: true, found: /^3 parts, \d+ characters$/ },
    { name: 'alg', ok: true, found: 'RS256' },
    { name: 'iss', ok: true, found: `"${eu.issuers.original}", of pool eu` },
    { name: 'token_use', ok: true, found: '"access"' },
    { name: 'client_id', ok: true, found: `"${eu.appClientId}"` },
    { name: 'exp', ok: true, found: 'valid for another 60 min' },
    { name: 'auth_time', ok: true, found: /^a sign-in \d+ s ago$/ },
    { name: 'key', ok: true, found: 'one of pool eu' },
    { name: 'signature', ok: true, found: 'made with that key' },
    { name: 'plugin', ok: true, found: 'accepts it: access token of pool eu, of a user' },
  ])
  const id = await doctor.examineToken(us.idToken({ exp: now() - 2, iat: now() - 60 }))
  t.match(id, { ok: true, pool: 'us' })
  t.match(id.checks.slice(3, 6), [
    { name: 'token_use', found: '"id"' },
    { name: 'aud', found: `"${us.appClientId}"` },
    { name: 'exp', found: 'valid for another 0 s' },
  ])
  const machine = await doctor.examineToken(eu.machineToken({ iss: eu.issuers.updated }))
  t.match(machine.checks.at(-1), { ok: true, found: 'accepts it: access token of pool eu, of a machine' })
})

t.test('the sign-in is told: its age, its level under the name of the pool, and its methods', async (t) => {
  const named = await openDoctor({
    pools: { eu: eu.options({ acr: ['one', 'two', 'three', 'four'] }), us: us.options() },
  })
  const seen = async (token: string, from = named) =>
    (await from.examineToken(token)).checks
      .filter(({ name }) => ['auth_time', 'acr', 'amr'].includes(name))
      .map(({ name, ok, found }) => `${ok} ${name}: ${found}`)
  const auth_time = now() - 7300
  t.strictSame(await seen(eu.accessToken({ auth_time, acr: 'three', amr: ['pwd', 'sms'] })), [
    'true auth_time: a sign-in 2 h ago',
    'true acr: "three", level 3 of pool eu',
    'true amr: ["pwd","sms"]',
  ])
  const other = 'no level of pool eu: a route that requires a level refuses it; compare the option acr'
  t.strictSame(await seen(eu.accessToken({ auth_time, acr: 'urn:cognito:loa:3' })), [
    'true auth_time: a sign-in 2 h ago',
    `true acr: "urn:cognito:loa:3", ${other}`,
  ])
  t.strictSame(await seen(us.accessToken({ auth_time, acr: 'urn:cognito:loa:1' })), [
    'true auth_time: a sign-in 2 h ago',
    'true acr: "urn:cognito:loa:1", level 1 of pool us',
  ])
  const elsewhere = { iss: 'https://x.example', client_id: 'other' }
  t.strictSame(await seen(eu.accessToken({ ...elsewhere, auth_time: undefined, acr: 'three' })), [
    'true acr: "three"',
  ])
  t.match(await findFaults(t, eu.accessToken({ acr: 3, amr: 'pwd' } as never), named), [{ name: 'claims' }])
  t.strictSame(await seen(eu.accessToken({ acr: 3, amr: 'pwd', auth_time: 'x' } as never)), [])
})

const access = eu.accessToken()
const [, , signature] = access.split('.') as [string, string, string]

t.test('an option that was meant for few narrows, and is named', async (t) => {
  const narrow = await openDoctor({
    pools: {
      eu: eu.options({ audience: ['https://one.example', 'https://two.example'] }),
      us: us.options({ appClientId: ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'] }),
    },
  })
  t.match(await findFaults(t, eu.accessToken({ aud: 'https://three.example' }), narrow), [
    { name: 'aud', found: '"https://three.example"', expected: 'https://one.example, https://two.example' },
  ])
  t.strictSame(await findFaults(t, eu.accessToken({ aud: 'https://two.example' }), narrow), [])
  t.match(await findFaults(t, us.accessToken(), narrow), [
    { name: 'client_id', expected: 'c1, c2, c3, c4, or 2 more' },
  ])
  const any = await openDoctor({ pools: { eu: eu.options({ appClientId: null }) } })
  t.strictSame(await findFaults(t, eu.accessToken({ client_id: 'other' }), any), [])
  t.match(await findFaults(t, eu.accessToken({ client_id: 7 }), any), [
    { name: 'client_id', found: '7', expected: 'an app client' },
  ])
})

t.test('what may be a secret in the place of an app client is not shown', async (t) => {
  const secret = '1secret0abc'.repeat(5)
  const from = await openDoctor({ pools: { eu: { ...eu.options(), appClientId: secret } } })
  const [fault] = await findFaults(t, eu.accessToken(), from)
  t.match(fault, { name: 'client_id', expected: 'a configured app client' })
  t.notOk(JSON.stringify(await from.examineToken(eu.accessToken())).includes(secret.slice(0, 20)))
})

t.test('claims that are nested too deep to be written again end nothing', async (t) => {
  const [header] = eu.accessToken().split('.')
  const deep = `{"iss":${'['.repeat(6000)}${']'.repeat(6000)}}`
  const text = [header, Buffer.from(deep).toString('base64url'), 'A'.repeat(342)].join('.')
  const from = await openDoctor({ pools: { eu: eu.options() }, maxTokenLength: 16_384 })
  t.equal((await from.examineToken(text)).ok, false)
})

t.test('a person sees everything at once', async (t) => {
  const text = forge(eu, {
    header: { alg: 'HS256', kid: '', crit: [] },
    payload: {
      ...{
        iss: 'https://evil.example',
        client_id: 'other',
        token_use: 'x',
        sub: 7,
        scope: 1,
        nbf: 'x',
        cnf: 1,
      },
      ...{ exp: null, iat: 'x', 'cognito:groups': 'x', auth_time: 'x' },
    },
    signature: () => 'AAAA',
  })
  const single = await openDoctor({ pools: { eu: eu.options() } })
  t.strictSame(namesOf(await findFaults(t, `Bearer ${text}`, single)), [
    ...[
      'form',
      'form',
      'header',
      'alg',
      'kid',
      'iss',
      'token_use',
      'sub',
      'client_id',
      'scope',
      'cognito:groups',
    ],
    ...['cnf', 'exp', 'iat', 'nbf', 'claims'],
  ])
  const old = forge(eu, { payload: { client_id: 'other', iat: 10, exp: 20 }, signature: () => signature })
  t.strictSame(namesOf(await findFaults(t, `Bearer ${old}`)), ['form', 'client_id', 'exp', 'signature'])
  t.strictSame(
    namesOf(await findFaults(t, us.accessToken({ client_id: 'other', iss: 'https://x.example' }))),
    ['iss'],
    'without a pool, no more than every pool says',
  )
  t.strictSame(
    namesOf(await findFaults(t, us.accessToken({ iss: 'https://x.example' }))),
    ['iss', 'token_use'],
    'the client tells the pool',
  )
  const milliseconds = us.idToken({ iat: now() * 1000, exp: (now() + 3600) * 1000 })
  t.match(
    (await findFaults(t, milliseconds)).map(({ name, advice }) => [name, advice]),
    [
      ['exp', /milliseconds/],
      ['iat', /milliseconds/],
    ],
  )
})

t.test('which pool a token was held against is told, as far as it can be', async (t) => {
  const poolOf = async (text: string) => (await doctor.examineToken(text)).pool
  t.equal(await poolOf(us.accessToken()), 'us')
  t.equal(await poolOf(us.accessToken({ iss: `http://localhost:9229/${us.userPoolId}` })), 'us')
  t.equal(await poolOf(us.accessToken({ iss: 'https://x.example' })), 'us')
  t.equal(await poolOf(us.accessToken({ iss: 'https://x.example', client_id: 'x' })), null)
  t.equal(await poolOf('undefined'), null)
  t.match(await findFaults(t, 'Bearer undefined'), [
    { name: 'form', found: 'the word Bearer before the token' },
    { name: 'form', found: 'no token, but undefined' },
  ])
})

t.test('a key that was rotated in, and one that was taken out', async (t) => {
  const pool = issuer.createPool()
  const old = pool.accessToken()
  pool.rotateKeys({ keepOld: false })
  const { examineToken } = await openDoctor({ pools: { eu: pool.options() } })
  t.match(await examineToken(pool.accessToken()), { ok: true })
  t.match(failures((await examineToken(old)).checks), [{ name: 'key' }, { name: 'plugin' }])
})

t.test('while the keys cannot be had, all that needs none is told, and the plugin says why', async (t) => {
  issuer.down = true
  t.teardown(() => {
    issuer.down = false
  })
  const { code, report } = await examine(t, { pools: { eu: eu.options() } }, eu.idToken())
  t.equal(code, 1)
  t.match(failures(report.token?.checks), [
    { name: 'token_use' },
    { name: 'plugin', found: /^a refusal with 401: an ID token of pool eu/ },
  ])
  t.notOk(report.token?.checks.some(({ name }) => name === 'key' || name === 'signature'))
  const { report: second } = await examine(t, { pools: { eu: eu.options() } }, eu.accessToken())
  t.match(failures(second.token?.checks), [
    {
      name: 'plugin',
      found: 'a refusal with 503: no JWKS endpoint of the pool answers',
      advice: 'put right what failed above',
    },
  ])
})

t.test('a clock that is wrong shows in the token, too', async (t) => {
  const late = await openDoctor({ pools: { eu: eu.options() } }, () => Date.now() - 600_000)
  t.match(await findFaults(t, eu.accessToken(), late), [
    { name: 'iat', advice: /the clock of this machine is late/ },
  ])
})

/** The plugin's refusal of a token; `undefined` where it accepts it. */
async function refusalOf(verifier: Verifier, text: string): Promise<CognitoError | undefined> {
  const policy = verifier.compilePolicy({ names: undefined, takesTenants: false }, {}, 'test')
  try {
    readAuthentication(await verifier.verify(text, policy), policy)
    return undefined
  } catch (error) {
    if (error instanceof CognitoError) return error
    throw error
  }
}

/** In what the doctor and the plugin do not agree about a token, or what should not have been printed. */
function findDisagreement(
  text: string,
  refusal: CognitoError | undefined,
  checks: readonly Check[],
): string | undefined {
  const printed = JSON.stringify(checks)
  const faults = failures(checks).filter(({ name }) => name !== 'plugin')
  if (pieces(text).some((piece) => printed.includes(piece))) return 'a piece of the token is printed'
  if (refusal === undefined)
    return faults.length === 0 ? undefined : `accepted, and found: ${namesOf(faults)}`
  const { advice } = findRemedy(refusal.reasonCode)
  return faults.some((fault) => fault.advice === advice) ? undefined : `not found: ${refusal.reasonCode}`
}

t.test(
  'no fault is found exactly where the plugin accepts, whatever the token; and no piece of it is printed',
  async (t) => {
    const tokens = [
      ...serialisationAttacks(eu),
      ...headerAttacks(eu),
      ...signatureAttacks(eu, us),
      ...claimAttacks(eu),
    ].flatMap(({ name, lines }) =>
      lines.map((line) => [name, line.replace('authorization: Bearer ', '')] as const),
    )
    const both = await openDoctor({ pools: { eu: eu.options(), us: us.options() } })
    const tally = { accepted: 0, refused: 0 }
    for (const [name, text] of tokens) {
      const refusal = await refusalOf(both.verifier, text)
      const { checks } = await both.examineToken(text)
      t.equal(findDisagreement(text, refusal, checks), undefined, name)
      tally[refusal === undefined ? 'accepted' : 'refused'] += 1
    }
    t.ok(tally.accepted > 15 && tally.refused > 300, JSON.stringify(tally))
  },
)

t.test('what a stranger wrote is shown as one line of printable ASCII, and not for ever', async (t) => {
  t.equal(show('a\u001b[2J\n\u009b\u202eé'), '"a\\u001b[2J\\n\\u009b\\u202e\\u00e9"')
  t.equal(show(undefined), 'nothing')
  t.equal(show({ a: [1] }), '{"a":[1]}')
  t.equal(show('x'.repeat(500)).length, 103)
  const { checks } = await doctor.examineToken(eu.accessToken({ client_id: '\u001b]0;x\u0007\u009b2J' }))
  t.notMatch(JSON.stringify(checks.map(({ found }) => found)), /[^\x20-\x7e]/)
  t.equal(decode(access).payload['client_id'], eu.appClientId)
})

t.test('a reason that is no fault of a token has the remedy for all others', async (t) => {
  const remedy = OTHER_REMEDY
  for (const other of [undefined, 'CHECK_NOT_TRUE', 'POOL_NOT_ACCEPTED', 'HEADER_REPEATED'] as const) {
    t.equal(findRemedy(other), remedy)
  }
  for (const [reasonCode, own] of Object.entries(TOKEN_REMEDIES)) {
    t.equal(findRemedy(reasonCode as ReasonCode), own, reasonCode)
    t.not(own, remedy, reasonCode)
  }
  const pool = { name: 'eu', clientIds: null, audiences: null }
  const draft = { text: access, signed: access, pool, pools: [], maxLength: 8192, now: now() }
  t.equal(remedy.expected(draft), 'acceptance')
})

t.test('a defect is no refusal', async (t) => {
  const options = resolveOptions({ pools: { eu: eu.options() } }, {})
  const verifier = createVerifier(options)
  const defect = () => {
    throw new RangeError('a defect')
  }
  const compilePolicy: Verifier['compilePolicy'] = (...given) => {
    const sound = verifier.compilePolicy(...given)
    const pools = [...sound.pools].map(
      ([name, policy]) =>
        [name, { ...policy, claimsReader: { ...policy.claimsReader, read: defect } }] as const,
    )
    return { ...sound, pools: new Map(pools) }
  }
  for (const defective of [
    { ...verifier, verify: defect },
    { ...verifier, compilePolicy },
  ]) {
    const context = { options, verifier: defective, keysOf: () => undefined, now: Date.now }
    await t.rejects(examineToken(access, context), RangeError)
  }
})
