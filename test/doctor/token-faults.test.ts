/**
 * What the doctor says of each fault of a token: the one check that fails, and its advice.
 * @module
 */
import t, { type Test } from 'tap'
import { startIssuer } from '../support/app.js'
import { findFaultsBy, openDoctor } from '../support/doctor-token.js'
import { forge, payloadText } from '../support/forge.js'

const { eu, us } = await startIssuer(t)
const now = () => Math.floor(Date.now() / 1000)

const doctor = await openDoctor({ pools: { eu: eu.options(), us: us.options({ tokenUse: 'id' }) } })

const findFaults = (test: Test, text: string, from = doctor) => findFaultsBy(from, test, text)

/** One fault each: the token, the check that fails, what was found and expected, and how the advice begins. */
type Row = readonly [
  token: string,
  name: string,
  found: string | RegExp,
  expected: string | RegExp,
  advice: string,
]

const access = eu.accessToken()
const [header, payload, signature] = access.split('.') as [string, string, string]
const TIMES = /^seconds since 1970/

const FAULTS: Readonly<Record<string, Row>> = {
  'a refresh token': [
    `${header}.${payload}.${payload}.${payload}.${signature}`,
    'form',
    '5 parts',
    '3 parts',
    'this is an encrypted token, such as a refresh token',
  ],
  'a word': [
    'undefined',
    'form',
    'no token, but undefined',
    'a token',
    'the client sends its request before',
  ],
  'an object': [
    '[object Object]',
    'form',
    'no token, but [object Object]',
    'a token',
    'the client sends its request before',
  ],
  'an opaque token': ['3f1c9a7e', 'form', '1 part', /^3 parts/, 'no JSON Web Token'],
  'a cut token': [`${header}.${payload}`, 'form', '2 parts', /^3 parts/, 'no JSON Web Token, or cut off'],
  'a cut signature': [
    access.slice(0, -8),
    'form',
    'a signature of 250 bytes',
    /1,024 bytes$/,
    'cut off or changed',
  ],
  'a token that was changed by an editor': [
    `${header}.${payload}.${signature}=`,
    'form',
    'a part that is empty or changed',
    /^3 parts as the issuer wrote them/,
    'cut off or changed while it was copied',
  ],
  'a header value': [
    `Bearer ${access}`,
    'form',
    'the word Bearer before the token',
    'the token alone',
    'leave out Bearer',
  ],
  'a header line': [
    `Authorization: bearer ${access}`,
    'form',
    'the word Bearer before the token',
    'the token alone',
    'leave',
  ],
  'a token in quotes': [
    `"${access}"`,
    'form',
    'quotes around the token',
    'the token alone',
    'leave out Bearer, quotes',
  ],
  'a wrapped token': [
    access.replace(/.{76}/g, '$&\n'),
    'form',
    'spaces or line breaks',
    'the token alone',
    'leave',
  ],
  'a token of a URL': [`${access}%20`, 'form', 'characters that no token has', 'the token alone', 'leave'],
  'no token at all, of characters that no token has': [
    '<html>',
    'form',
    'characters that no token has',
    'the token alone',
    'leave',
  ],
  'a long token': [
    eu.accessToken({ padding: 'x'.repeat(12_000) }),
    'form',
    /^\d{5} characters$/,
    'no more than 16384',
    'put less into the token',
  ],
  'a payload that is none': [
    forge(eu, { payload: '[]' }),
    'form',
    'the payload is not a JSON object in UTF-8',
    'claims as Cognito writes them',
    'copy the token again',
  ],
  'a payload with __proto__': [
    forge(eu, { payload: payloadText(eu, '"__proto__":{}') }),
    'form',
    'the payload has a member named __proto__',
    'claims as Cognito writes them',
    'copy the token again',
  ],
  'a header that asks for trust': [
    forge(eu, { header: { jku: 'https://evil.example/keys', crit: ['exp'] } }),
    'header',
    'the header has the member crit',
    /kid and alg/,
    'Cognito makes no such header',
  ],
  'a header of another type': [
    forge(eu, { header: { typ: 'dpop+jwt' } }),
    'header',
    'the type of the token is not JWT',
    /kid/,
    'Cognito',
  ],
  'a header that is none': [
    forge(eu, { header: 'x' }),
    'header',
    'the header is not a JSON object in UTF-8',
    /kid/,
    'Cognito',
  ],
  'another algorithm': [
    forge(eu, { header: { alg: 'HS256' } }),
    'alg',
    '"HS256"',
    'RS256',
    'Cognito signs with RS256 alone',
  ],
  'no algorithm': [
    forge(eu, { header: { alg: undefined } }),
    'alg',
    'nothing',
    'RS256',
    'Cognito signs with RS256 alone',
  ],
  'no key id': [
    forge(eu, { header: { kid: undefined } }),
    'kid',
    'the key id is missing or malformed',
    'the id of a key of the pool',
    'Cognito names the key',
  ],
  'another issuer': [
    eu.accessToken({ iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other' }),
    'iss',
    '"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"',
    `an issuer of eu (${eu.userPoolId}), us (${us.userPoolId})`,
    'another pool or region',
  ],
  'an issuer in another region, of the same pool': [
    eu.accessToken({ iss: eu.issuers.original.replace('eu-west-1.', 'eu-west-2.') }),
    'iss',
    /eu-west-2/,
    /^an issuer of/,
    'another pool or region',
  ],
  'no issuer': [eu.accessToken({ iss: undefined }), 'iss', 'none', /^an issuer of/, 'another pool or region'],
  'another use': [
    eu.accessToken({ token_use: 'refresh' }),
    'token_use',
    '"refresh"',
    'access or id',
    'no token of a Cognito sign-in',
  ],
  'no use, of an ID token': [
    us.idToken({ token_use: undefined }),
    'token_use',
    'none',
    'access or id',
    'no token of a Cognito sign-in',
  ],
  'an ID token for an access token': [
    eu.idToken(),
    'token_use',
    'an ID token',
    'an access token',
    "send the access token (AuthenticationResult.AccessToken), or set tokenUse: 'id'",
  ],
  'an access token for an ID token': [
    us.accessToken(),
    'token_use',
    'an access token',
    'an ID token',
    "send the ID token (AuthenticationResult.IdToken), or set tokenUse: 'access'",
  ],
  'no subject': [
    eu.accessToken({ sub: undefined }),
    'sub',
    'none',
    'the id of a user or a machine',
    'no token of',
  ],
  'scopes that are no text': [
    eu.accessToken({ scope: ['a'] }),
    'scope',
    '["a"]',
    /^text with a space/,
    'look at the pre-token-generation Lambda',
  ],
  'groups that are no list': [
    eu.accessToken({ 'cognito:groups': 'admin' }),
    'cognito:groups',
    '"admin"',
    /^a list of names/,
    'look at the pre-token-generation Lambda',
  ],
  'a bound token': [
    eu.accessToken({ cnf: { jkt: 'x' } }),
    'cnf',
    /bound to a key/,
    'a bearer token',
    'tokens bound by DPoP',
  ],
  'another client': [
    eu.accessToken({ client_id: 'other' }),
    'client_id',
    '"other"',
    eu.appClientId,
    'issued to another app client',
  ],
  'no client': [
    eu.accessToken({ client_id: undefined }),
    'client_id',
    'none',
    eu.appClientId,
    'issued to another app client',
  ],
  'another client of an ID token': [
    us.idToken({ aud: 'other' }),
    'aud',
    '"other"',
    us.appClientId,
    'issued to another app client',
  ],
  'clients in a list': [
    us.idToken({ aud: [us.appClientId] }),
    'aud',
    `["${us.appClientId}"]`,
    us.appClientId,
    'issued to',
  ],
  'no expiry': [
    eu.accessToken({ exp: undefined }),
    'exp',
    'none',
    'seconds since 1970',
    'no token of a Cognito sign-in',
  ],
  'no expiry, long ago': [
    eu.accessToken({ exp: 'x', iat: 1 }),
    'exp',
    '"x"',
    'seconds since 1970',
    'no token of',
  ],
  expired: [
    eu.accessToken({ iat: now() - 10_000, exp: now() - 7300 }),
    'exp',
    'a token that expired 2 h ago',
    'a token that is still valid',
    'use the refresh token, or sign in again',
  ],
  'issued in the future': [
    eu.accessToken({ iat: now() + 600 }),
    'iat',
    /^\d+$/,
    TIMES,
    'the clock of this machine is late',
  ],
  'no time of issue': [
    eu.accessToken({ iat: undefined }),
    'iat',
    'none',
    'seconds since 1970',
    'no token of a Cognito sign-in',
  ],
  'a lifetime of a week': [
    eu.accessToken({ exp: now() + 7 * 86_400 }),
    'exp',
    '7 days',
    /up to 24 hours/,
    'Cognito makes no such token',
  ],
  'not valid yet': [
    eu.accessToken({ nbf: now() + 600 }),
    'nbf',
    /^\d+$/,
    TIMES,
    'the clock of this machine is late',
  ],
  'a time before which it counts, in milliseconds': [
    eu.accessToken({ nbf: now() * 1000 }),
    'nbf',
    /^\d{13}$/,
    'seconds since 1970',
    'a time of a token is in seconds',
  ],
  nothing: ['', 'form', 'nothing', 'a token', 'the client sends its request before'],
  'a text for the time before which it counts': [
    eu.accessToken({ nbf: 'soon' }),
    'nbf',
    'soon',
    'seconds since 1970, or no claim at all',
    'no token of a Cognito sign-in',
  ],
  'claims of another type': [
    eu.accessToken({ username: 7 }),
    'claims',
    'the claims do not fit their schema: username',
    'claims of the type that Cognito gives them',
    'look at the pre-token-generation Lambda',
  ],
  'another key': [
    forge(eu, { header: { kid: 'other' } }),
    'key',
    'the key that the token names is not among the published ones',
    'a usable key of the pool',
    'the keys were replaced since',
  ],
  'another signature': [
    forge(eu, { signature: () => signature }),
    'signature',
    'the signature is not of the key that the token names',
    /^a signature of that key/,
    'changed after it was signed, or forged',
  ],
}

t.test(
  'each fault alone: one check fails, which says what was found, what was expected and what to change',
  async (t) => {
    for (const [name, [token, check, found, expected, advice]] of Object.entries(FAULTS)) {
      const failed = await findFaults(t, token)
      t.match(failed, [{ name: check, found, expected }], name)
      t.equal(failed.length, 1, name)
      t.equal(failed[0]?.advice?.slice(0, advice.length), advice, name)
    }
  },
)
