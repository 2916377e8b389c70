/**
 * The attack table: every way known to us of getting past a guard, each with the answer it has to get.
 * @module
 */
import { constants, createHmac, createPublicKey, sign } from 'node:crypto'
import type { TokenRequirement } from '../../src/index.js'
import type { TestPool } from '../../src/testing/index.js'
import { decode, forge, payloadText } from './forge.js'
import { generateKeys } from './generate-keys.js'

/** What has to be answered: the status, and the challenge after the realm. */
export const ANSWERS = {
  ok: { status: 200, code: undefined, challenge: undefined },
  missing: { status: 401, code: 'COGNITO_ERR_TOKEN_MISSING', challenge: '' },
  malformed: { status: 400, code: 'COGNITO_ERR_REQUEST_INVALID', challenge: ', error="invalid_request"' },
  invalid: {
    status: 401,
    code: 'COGNITO_ERR_TOKEN_INVALID',
    challenge: ', error="invalid_token", error_description="The access token is invalid"',
  },
  expired: {
    status: 401,
    code: 'COGNITO_ERR_TOKEN_EXPIRED',
    challenge: ', error="invalid_token", error_description="The access token expired"',
  },
  lowLevel: {
    status: 401,
    code: 'COGNITO_ERR_AUTHENTICATION_TOO_WEAK',
    challenge: ', error="insufficient_user_authentication", acr_values="urn:cognito:loa:4"',
  },
  weakMethod: {
    status: 401,
    code: 'COGNITO_ERR_AUTHENTICATION_TOO_WEAK',
    challenge: ', error="insufficient_user_authentication"',
  },
  prohibited: {
    status: 403,
    code: 'COGNITO_ERR_GROUP_PROHIBITED',
    challenge: ', error="insufficient_scope"',
  },
} as const

export type Answer = keyof typeof ANSWERS

/** One attempt: its name begins with the rule it tries to break. */
export interface Attack {
  readonly name: string
  readonly answer: Answer
  /** Whether the refusal takes the pool's key; everything else has to be refused without asking for one. */
  readonly needsKey?: true
  /** Header lines of the request. */
  readonly lines: readonly string[]
  readonly path?: string
}

const bearer = (token: string) => [`authorization: Bearer ${token}`]
const now = () => Math.floor(Date.now() / 1000)

/** Attempts on the credentials themselves (RFC 6750 §2.1, RFC 9110 §5.3, §5.5, §11.1). */
export function credentialAttacks(pool: TestPool): Attack[] {
  const token = pool.accessToken()
  const row = (name: string, answer: Answer, ...lines: string[]): Attack => ({ name, answer, lines })
  return [
    row('RFC 6750 §2.1: the genuine token', 'ok', `Authorization: Bearer ${token}`),
    row('RFC 9110 §11.1: the scheme has no case', 'ok', `authorization: bearer ${token}`),
    row('RFC 9110 §11.1: nor in capitals', 'ok', `AUTHORIZATION: BEARER ${token}`),
    row('RFC 6750 §2.1: several spaces after the scheme', 'ok', `authorization: Bearer    ${token}`),
    row('RFC 9110 §5.5: spaces and tabs around the value', 'ok', `authorization: \t Bearer ${token} \t `),
    row('no credentials', 'missing'),
    row('an empty value', 'missing', 'authorization:'),
    row('a value of spaces', 'missing', 'authorization:   '),
    row('another scheme: Basic', 'missing', 'authorization: Basic dXNlcjpwYXNz'),
    row('another scheme: Digest', 'missing', 'authorization: Digest username="Mufasa"'),
    row('another scheme: DPoP', 'missing', `authorization: DPoP ${token}`),
    row('another scheme: a longer word', 'missing', `authorization: Bearers ${token}`),
    row('another scheme: a colon after Bearer', 'missing', `authorization: Bearer:${token}`),
    row('another scheme: a comma after Bearer', 'missing', `authorization: Bearer,${token}`),
    row('another scheme: no space', 'missing', `authorization: Bearer${token}`),
    row('the bare token', 'missing', `authorization: ${token}`),
    row('Bearer alone', 'malformed', 'authorization: Bearer'),
    row('Bearer and spaces', 'malformed', 'authorization: Bearer   '),
    row('a tab after Bearer', 'malformed', `authorization: Bearer\t${token}`),
    row('a no-break space after Bearer', 'malformed', `authorization: Bearer\xa0${token}`),
    row('a tab before the token', 'malformed', `authorization: Bearer \t${token}`),
    row('a non-ASCII character in the token', 'malformed', `authorization: Bearer ${token}\xe9`),
    row('two tokens', 'malformed', `authorization: Bearer ${token} ${token}`),
    row('a list of tokens', 'malformed', `authorization: Bearer ${token}, Bearer ${token}`),
    row('a quoted token', 'malformed', `authorization: Bearer "${token}"`),
    row('name=token', 'malformed', `authorization: Bearer access_token=${token}`),
    row('a percent sign', 'malformed', `authorization: Bearer ${token}%20`),
    row('two lines, even identical', 'malformed', ...bearer(token), ...bearer(token)),
    row('two lines, Basic first', 'malformed', 'authorization: Basic eDp5', ...bearer(token)),
    row('two lines, Basic last', 'malformed', ...bearer(token), 'Authorization: Basic eDp5'),
    row('two lines, one empty', 'malformed', ...bearer(token), 'AUTHORIZATION:'),
    {
      name: 'RFC 9700 §4.3.2: a query string is no source',
      answer: 'missing',
      lines: [],
      path: `?access_token=${token}`,
    },
    ...['undefined', 'null', 'true', 'token', '[object+Object]'.replace(/[[\]]/g, ''), '=', '...', 'a.b'].map(
      (word) =>
        row(`a word that is no token: ${word}`, word === '=' ? 'malformed' : 'invalid', ...bearer(word)),
    ),
  ]
}

/** Attempts on the serialisation (RFC 7515 §2, §5.2, §7.1; RFC 7519 §7.2). */
export function serialisationAttacks(pool: TestPool): Attack[] {
  const token = pool.accessToken()
  const [header = '', payload = '', signature = ''] = token.split('.')
  const row = (name: string, text: string, answer: Answer = 'invalid'): Attack => ({
    name,
    answer,
    lines: bearer(text),
  })
  const headerWith = (bytes: Buffer | string) => forge(pool, { header: bytes })
  const payloadWith = (bytes: Buffer | string) => forge(pool, { payload: bytes })
  const genuineHeader = JSON.stringify(decode(token).header)
  const genuinePayload = JSON.stringify(decode(token).payload)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const others = [...alphabet]
    .map((letter) => signature.slice(0, -1) + letter)
    .filter((text) => text !== signature)
  return [
    row('longer than 16,384 characters', pool.accessToken({ padding: 'x'.repeat(12_000) })),
    row('longer than 16,384 characters, no token at all', 'x'.repeat(16_385)),
    row('as long as allowed', pool.accessToken({ padding: 'x'.repeat(4000) }), 'ok'),
    row('one segment', header),
    row('two segments', `${header}.${payload}`),
    row('four segments', `${token}.${signature}`),
    row('five segments: an encrypted token', `${header}.${payload}.${signature}.${payload}.${signature}`),
    row('six segments', `${token}.${token}`),
    row('an empty header', `.${payload}.${signature}`),
    row('an empty payload', `${header}..${signature}`),
    row('an empty signature', `${header}.${payload}.`),
    row('a dot at the end', `${token}.`),
    row('a dot in front', `.${token}`),
    row('padding after the signature', `${token}=`),
    row('padding inside the token', `${header}=.${payload}.${signature}`, 'malformed'),
    row(
      'standard base64 letters in the signature',
      `${header}.${payload}.${signature.replace(/[-_]/g, '+')}+`,
    ),
    row('a segment of 4n+1 letters', `${header}.${payload}.${signature}AAA`),
    ...others.map((text): Attack => {
      const attempt = row(
        `another last letter of the signature: ${text.at(-1)}`,
        `${header}.${payload}.${text}`,
      )
      // Four letters end a canonical spelling of 256 bytes; the others spell the same bytes again.
      return 'AQgw'.includes(text.at(-1) ?? '') ? { ...attempt, needsKey: true } : attempt
    }),
    row('a header longer than 1,024 bytes', forge(pool, { header: { padding: 'x'.repeat(1024) } })),
    row('a header as long as allowed', forge(pool, { header: { padding: 'x'.repeat(800) } }), 'ok'),
    row('a signature of 255 bytes', `${header}.${payload}.${Buffer.alloc(255, 1).toString('base64url')}`),
    row('a signature of 1,025 bytes', `${header}.${payload}.${Buffer.alloc(1025, 1).toString('base64url')}`),
    row(
      'a header that is not UTF-8',
      headerWith(Buffer.from(`${genuineHeader.slice(0, -1)},"x":"\xff"}`, 'latin1')),
    ),
    row(
      'a payload that is not UTF-8',
      payloadWith(Buffer.from(`${genuinePayload.slice(0, -1)},"x":"\xff"}`, 'latin1')),
    ),
    row(
      'overlong UTF-8',
      payloadWith(
        Buffer.concat([
          Buffer.from(`${genuinePayload.slice(0, -1)},"x":"`),
          Buffer.from([0xc0, 0xaf]),
          Buffer.from('"}'),
        ]),
      ),
    ),
    row('a header in UTF-16', headerWith(Buffer.from(genuineHeader, 'utf16le'))),
    row('a payload in UTF-16', payloadWith(Buffer.from(genuinePayload, 'utf16le'))),
    row('a byte order mark before the header', headerWith(`\ufeff${genuineHeader}`)),
    row('a byte order mark before the payload', payloadWith(`\ufeff${genuinePayload}`)),
    row('two JSON values in the payload', payloadWith(`${genuinePayload}${genuinePayload}`)),
    row('a NUL after the payload', payloadWith(`${genuinePayload}\0`)),
    row('spaces around the payload', payloadWith(` ${genuinePayload} `), 'ok'),
    row('non-ASCII text in a claim', pool.accessToken({ name: 'Zoë 😀' }), 'ok'),
    ...['[]', 'null', 'true', '"text"', '1', '', '{', `[${genuinePayload}]`].map((text) =>
      row(`a payload that is no object: ${text.slice(0, 6)}`, payloadWith(text)),
    ),
    ...['[]', 'null', 'true', '"text"', '1', '', '{', `[${genuineHeader}]`].map((text) =>
      row(`a header that is no object: ${text.slice(0, 6)}`, headerWith(text)),
    ),
    row(
      'a deeply nested payload',
      payloadWith(payloadText(pool, `"x":${'['.repeat(2000)}${']'.repeat(2000)}`)),
      'ok',
    ),
    row(
      'a deeply nested payload that is not closed',
      payloadWith(payloadText(pool, `"x":${'['.repeat(4000)}`)),
    ),
    row('a repeated header member, the last one good', headerWith(`{"alg":"none",${genuineHeader.slice(1)}`)),
    row(
      'a repeated header member, the first one good',
      headerWith(`${genuineHeader.slice(0, -1)},"alg":"none"}`),
    ),
    row('a repeated header member, escaped', headerWith(`{"\\u0061lg":"none",${genuineHeader.slice(1)}`)),
    row('a repeated harmless header member', headerWith(`{"x":1,"x":1,${genuineHeader.slice(1)}`)),
    row(
      'members that look repeated inside a value',
      headerWith(`{"x":{"alg":":","alg2":"}{"},${genuineHeader.slice(1)}`),
      'ok',
    ),
    row('__proto__ in the header', headerWith(`{"__proto__":{"alg":"none"},${genuineHeader.slice(1)}`)),
    row(
      '__proto__ in the payload',
      payloadWith(payloadText(pool, '"__proto__":{"cognito:groups":["admin"]}')),
    ),
    row('__proto__ written with an escape', payloadWith(payloadText(pool, '"__pro\\u0074o__":{}'))),
    row(
      'constructor and toString as claims',
      pool.accessToken({ constructor: 1, toString: 1, hasOwnProperty: 1 }),
      'ok',
    ),
    row(
      'a claim repeated in the payload: the last one counts',
      payloadWith(`{"sub":"mallory",${genuinePayload.slice(1)}`),
      'ok',
    ),
    row(
      'a claim repeated in the payload: the last one is wrong',
      payloadWith(payloadText(pool, '"client_id":"mallory"')),
    ),
  ]
}

/** Attempts on the header (RFC 7515 §4, RFC 8725 §3.1, §3.10, §3.11). */
export function headerAttacks(pool: TestPool): Attack[] {
  const row = (
    name: string,
    header: Readonly<Record<string, unknown>>,
    answer: Answer = 'invalid',
  ): Attack => ({
    name,
    answer,
    lines: bearer(forge(pool, { header })),
  })
  const algorithms = [
    ...[
      'none',
      'None',
      'NONE',
      'nOnE',
      '',
      'rs256',
      'RS256 ',
      ' RS256',
      'RS256\0',
      'RS384',
      'RS512',
      'PS256',
    ],
    ...['HS256', 'HS384', 'HS512', 'ES256', 'EdDSA', 'RSA-OAEP', 'dir'],
    ...[undefined, null, true, 0, 256, ['RS256'], { alg: 'RS256' }],
  ]
  const kids = [
    undefined,
    null,
    '',
    1,
    true,
    ['x'],
    { kid: 1 },
    `${pool.kid()} `,
    ` ${pool.kid()}`,
    'a b',
    'é',
    '\ud800',
    'x\n',
    'x'.repeat(257),
  ]
  const unknownKids = [
    '../../jwks',
    '%2e%2e',
    '__proto__',
    'constructor',
    'toString',
    "' OR 1=1 --",
    'x'.repeat(256),
    pool.kid('id'),
  ]
  const forbidden = ['crit', 'b64', 'zip', 'enc', 'jku', 'jwk', 'x5u', 'x5c', 'cty', 'epk', 'p2c']
  const values = [null, '', [], ['exp'], {}, false, true, 'http://127.0.0.1:1/jwks.json', 'JWT', 1]
  return [
    ...algorithms.map((alg) => row(`RFC 8725 §3.1: alg ${JSON.stringify(alg)}`, { alg })),
    ...kids.map((kid) => row(`RFC 7515 §4.1.4: kid ${JSON.stringify(kid)?.slice(0, 40)}`, { kid })),
    ...unknownKids.map(
      (kid): Attack => ({
        ...row(`RFC 8725 §3.10: unknown kid ${kid.slice(0, 40)}`, { kid: kid.replaceAll(' ', '_') }),
        needsKey: true,
      }),
    ),
    ...forbidden.flatMap((name) =>
      values.map((value) => row(`RFC 8725 §3.10: ${name} ${JSON.stringify(value)}`, { [name]: value })),
    ),
    ...['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/jwt', 'application/at+jwt'].map((typ) =>
      row(`RFC 9068 §2.1: typ ${typ}`, { typ }, 'ok'),
    ),
    ...['dpop+jwt', 'JOSE', 'logout+jwt', 'id_token', '', ' JWT', 'JWT\n', 'text/jwt', null, 1, ['JWT']].map(
      (typ) => row(`RFC 8725 §3.11: typ ${JSON.stringify(typ)}`, { typ }),
    ),
    row('RFC 7515 §4: an unknown member', { foo: { bar: 1 } }, 'ok'),
  ]
}

/** The attacker's key. */
const mallory = generateKeys('rsa', { modulusLength: 2048 })

/** Attempts on the signature (RFC 7515 §5.2, RFC 8017 §8.2.2, RFC 8725 §3.1, §3.8). `other` is another pool of the route. */
export function signatureAttacks(pool: TestPool, other: TestPool): Attack[] {
  const genuine = pool.accessToken()
  const signature = genuine.split('.')[2] ?? ''
  const pem = createPublicKey({ key: pool.keySet().keys[1] ?? {}, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString()
  const early = (name: string, token: string): Attack => ({ name, answer: 'invalid', lines: bearer(token) })
  const row = (name: string, token: string): Attack => ({ ...early(name, token), needsKey: true })
  const signed = (name: string, make: (input: string) => string | Buffer) =>
    row(name, forge(pool, { signature: (input) => Buffer.from(make(input) as Buffer).toString('base64url') }))
  return [
    signed('a key of the attacker', (input) => sign('sha256', Buffer.from(input), mallory.privateKey)),
    signed('SHA-384 under RS256', (input) => sign('sha384', Buffer.from(input), pool.privateKey())),
    signed('PSS under RS256', (input) =>
      sign('sha256', Buffer.from(input), {
        key: pool.privateKey(),
        padding: constants.RSA_PKCS1_PSS_PADDING,
      }),
    ),
    signed('zeros', () => Buffer.alloc(256)),
    signed('ones', () => Buffer.alloc(256, 0xff)),
    signed('the number one', () => Buffer.concat([Buffer.alloc(255), Buffer.from([1])])),
    signed('an HMAC with the public key as the secret, repeated', (input) =>
      Buffer.concat(Array.from({ length: 8 }, () => createHmac('sha256', pem).update(input).digest())),
    ),
    early(
      'HS256 with the public key as the secret',
      (() => {
        const { payload } = decode(genuine)
        const input = [{ alg: 'HS256', kid: pool.kid() }, payload]
          .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
          .join('.')
        return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`
      })(),
    ),
    row(
      'the signature of another token',
      forge(pool, { payload: { sub: 'mallory' }, signature: () => signature }),
    ),
    row(
      'a payload changed after signing',
      (() => {
        const [header, , tail] = genuine.split('.')
        const payload = Buffer.from(JSON.stringify({ ...decode(genuine).payload, sub: 'mallory' })).toString(
          'base64url',
        )
        return `${header}.${payload}.${tail}`
      })(),
    ),
    row(
      'a header changed after signing',
      (() => {
        const [, payload, tail] = genuine.split('.')
        const header = Buffer.from(JSON.stringify({ ...decode(genuine).header, typ: 'JWT' })).toString(
          'base64url',
        )
        return `${header}.${payload}.${tail}`
      })(),
    ),
    early('a cut signature', genuine.slice(0, -8)),
    row('a longer signature', `${genuine}AAAA`),
    row(
      'the other pool signs for this one, with its own kid',
      forge(other, { payload: { iss: pool.issuers.original, client_id: pool.appClientId } }),
    ),
    row(
      'the other pool signs for this one, with this one’s kid',
      forge(other, {
        header: { kid: pool.kid() },
        payload: { iss: pool.issuers.original, client_id: pool.appClientId },
      }),
    ),
    early(
      'this pool signs for the other one',
      forge(pool, { payload: { iss: other.issuers.original, client_id: other.appClientId } }),
    ),
    row(
      'the key of ID tokens signs an access token, with the kid of the access key',
      forge(pool, {
        header: { kid: pool.kid() },
        payload: decode(pool.accessToken()).payload,
        tokenUse: 'id',
      }),
    ),
  ]
}

/** Attempts on the claims of a correctly signed token (RFC 7519 §4.1, RFC 8725 §3.8, §3.9; AWS, verifying a JWT). */
export function claimAttacks(pool: TestPool): Attack[] {
  const { original, updated } = pool.issuers
  const row = (
    name: string,
    claims: Readonly<Record<string, unknown>>,
    answer: Answer = 'invalid',
  ): Attack => ({
    name: `${name}: ${JSON.stringify(claims).slice(0, 60)}`,
    answer,
    lines: bearer(pool.accessToken(claims)),
  })
  const late = (...given: Parameters<typeof row>): Attack => ({ ...row(...given), needsKey: true })
  const text = (name: string, member: string, without: string[]): Attack => ({
    name: `${name}: ${member.slice(0, 40)}`,
    answer: 'invalid',
    lines: bearer(forge(pool, { payload: payloadText(pool, member, without) })),
  })
  const odd = [undefined, null, true, '', [], {}, ['x'], { x: 1 }]
  return [
    row('RFC 7519 §4.1.1 iss', { iss: original }, 'ok'),
    row('RFC 7519 §4.1.1 iss', { iss: updated }, 'ok'),
    ...[
      `${original}/`,
      original.toUpperCase(),
      `${original}?x=1`,
      `${original}#`,
      ` ${original}`,
      original.replace('https', 'http'),
    ].map((iss) => row('RFC 8725 §3.8 iss', { iss })),
    ...[
      original.replace('eu-west-1.', 'eu-west-2.'),
      original.replace('amazonaws.com', 'amazonaws.com.evil.example'),
      'https://evil.example',
      'constructor',
      '__proto__',
      [original],
      { original },
      0,
    ].map((iss) => row('RFC 8725 §3.8 iss', { iss })),
    ...odd.map((iss) => row('RFC 7519 §4.1.1 iss', { iss })),
    row('RFC 7519 §4.1.4 exp', { exp: now() - 400, iat: now() - 500 }, 'expired'),
    row('RFC 7519 §4.1.4 exp within the tolerance', { exp: now() - 2, iat: now() - 100 }, 'ok'),
    row('RFC 7519 §4.1.4 exp with a fraction', { exp: now() + 60.5 }, 'ok'),
    row('RFC 7519 §4.1.4 exp long ago', { exp: 1, iat: 0 }, 'expired'),
    ...[...odd, String(now() + 60), -1, 0, 9_000_000_000_000, (now() + 60) * 1000].map((exp) =>
      row('RFC 7519 §4.1.4 exp', { exp }),
    ),
    ...['1e999', '-1e999', '1e300'].map((number) => text('RFC 7519 §4.1.4 exp', `"exp":${number}`, ['exp'])),
    ...[...odd, String(now()), -1, now() + 3600].map((iat) => row('RFC 7519 §4.1.6 iat', { iat })),
    row('RFC 7519 §4.1.6 iat slightly ahead', { iat: now() + 30, exp: now() + 600 }, 'ok'),
    text('RFC 7519 §4.1.6 iat', '"iat":1e999', ['iat']),
    row('exp before iat', { iat: now() + 30, exp: now() + 20 }),
    row('exp equals iat', { iat: now() + 30, exp: now() + 30 }),
    row('AWS: a lifetime of more than 24 hours', { iat: now() - 3600, exp: now() + 86_400 }),
    row('AWS: a lifetime of 24 hours', { iat: now(), exp: now() + 86_400 }, 'ok'),
    ...[null, true, '', [], {}, String(now()), -1, now() + 3600].map((nbf) =>
      row('RFC 7519 §4.1.5 nbf', { nbf }),
    ),
    row('RFC 7519 §4.1.5 nbf', { nbf: now() + 30 }, 'ok'),
    row('RFC 7519 §4.1.5 nbf', { nbf: now() - 30 }, 'ok'),
    text('RFC 7519 §4.1.5 nbf', '"nbf":1e999', []),
    ...[...odd, 'id', 'ACCESS', 'access ', 'refresh', ['access']].map((use) =>
      row('AWS token_use', { token_use: use }),
    ),
    ...[...odd, 'mallory', `${pool.appClientId} `, pool.appClientId.toUpperCase(), [pool.appClientId]].map(
      (client) => row('AWS client_id', { client_id: client }),
    ),
    row('AWS: aud never stands for client_id', { client_id: undefined, aud: pool.appClientId }),
    row('AWS: aud never stands for another client_id', { client_id: 'mallory', aud: pool.appClientId }),
    row('RFC 8707: an aud that nobody asked for', { aud: 'https://api.example' }, 'ok'),
    ...[...odd, 1].map((sub) => row('RFC 7519 §4.1.2 sub', { sub })),
    ...[null, true, 1, [], ['a'], {}].map((scope) => row('RFC 6749 §3.3 scope', { scope })),
    row('RFC 6749 §3.3 scope', { scope: '' }, 'ok'),
    ...[null, true, 1, '', 'admin', {}, [1], [null], ['a', ['b']]].map((groups) =>
      row('AWS cognito:groups', { 'cognito:groups': groups }),
    ),
    row('AWS cognito:groups', { 'cognito:groups': [] }, 'ok'),
    ...[null, true, 4, [], ['urn:cognito:loa:4'], {}].map((acr) => late('OIDC Core §2 acr', { acr })),
    row('OIDC Core §2 acr: a level that no route asks for', { acr: 'urn:cognito:loa:1', amr: ['pwd'] }, 'ok'),
    ...[null, true, 1, 'mfa', {}, [1], ['mfa', null]].map((amr) => late('OIDC Core §2 amr', { amr })),
    ...[{ jkt: 'x' }, { 'x5t#S256': 'x' }, null, ''].map((cnf) => row('RFC 9449 §7.2 cnf', { cnf })),
    row(
      'AWS: what Cognito does not always send',
      {
        username: undefined,
        jti: undefined,
        origin_jti: undefined,
        event_id: undefined,
        auth_time: undefined,
        scope: undefined,
      },
      'ok',
    ),
  ]
}

/** Requirements of routes that the attempts of {@link rightsAttacks} are for, by the paths of the routes. */
export const NARROW = {
  '/acr': { acr: { atLeast: 4 } },
  '/amr': { amr: { anyOf: ['hwk', 'swk', 'mfa'] } },
  '/groups': { groups: { noneOf: ['suspended', 'left'] } },
} as const satisfies Readonly<Record<string, TokenRequirement>>

/** Attempts of genuine tokens that lack one thing that a route of {@link NARROW} asks for (RFC 9470 §3). */
export function rightsAttacks(pool: TestPool): Attack[] {
  const rowsOf =
    (path: keyof typeof NARROW, refusal: Answer) =>
    (answer: 'ok' | 'refused', claims: Readonly<Record<string, unknown>>): Attack => ({
      name: `${path}: ${JSON.stringify(claims)}`,
      answer: answer === 'ok' ? 'ok' : refusal,
      path,
      lines: bearer(pool.accessToken(claims)),
    })
  const level = rowsOf('/acr', 'lowLevel')
  const method = rowsOf('/amr', 'weakMethod')
  const group = rowsOf('/groups', 'prohibited')
  const top = 'urn:cognito:loa:4'
  return [
    level('ok', { acr: top }),
    ...['', '4', 'urn:cognito:loa:3', 'urn:cognito:loa:5', top.toUpperCase(), `${top} `, ` ${top}`].map(
      (acr) => level('refused', { acr }),
    ),
    level('refused', { acr: `urn:cognito:loa:3 ${top}` }),
    level('refused', { 'custom:acr': top, ACR: top, scope: top, 'cognito:groups': [top], amr: [top] }),
    method('ok', { amr: ['pwd', 'mfa'] }),
    method('ok', { amr: ['swk'] }),
    ...[[], ['pwd'], ['pwd', 'sms', 'otp'], ['MFA'], ['mfa '], ['pwd mfa'], ['pwd,mfa'], ['__proto__']].map(
      (amr) => method('refused', { amr }),
    ),
    method('refused', { acr: 'mfa', 'cognito:groups': ['mfa'], 'custom:amr': ['mfa'] }),
    group('ok', {}),
    group('ok', { 'cognito:groups': ['Suspended', 'staff'] }),
    ...[['suspended'], ['left'], ['staff', 'suspended'], ['suspended', 'suspended']].map((groups) =>
      group('refused', { 'cognito:groups': groups }),
    ),
  ]
}

/** The whole table. Its tokens stay what they are for at least four minutes, where an application has a tolerance of 300 seconds. */
export function allAttacks(pool: TestPool, other: TestPool): Attack[] {
  return [
    ...credentialAttacks(pool),
    ...serialisationAttacks(pool),
    ...headerAttacks(pool),
    ...signatureAttacks(pool, other),
    ...claimAttacks(pool),
    { name: 'a genuine machine token', answer: 'ok', lines: bearer(pool.machineToken()) },
    {
      name: 'an ID token where an access token is asked for',
      answer: 'invalid',
      lines: bearer(pool.idToken()),
    },
    {
      name: 'an ID token that also carries client_id',
      answer: 'invalid',
      lines: bearer(pool.idToken({ client_id: pool.appClientId })),
    },
    {
      name: 'a genuine token of a pool outside the route',
      answer: 'invalid',
      lines: bearer(other.accessToken()),
    },
  ]
}
