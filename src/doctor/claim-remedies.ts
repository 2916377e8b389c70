/**
 * What is wrong with the claims of a token, with its key or its signature, and what to change.
 * @module
 */

import { isTime } from '../jwt/times.js'
import { isClientId } from '../pool/client-id.js'
import { describeTime, show } from './check.js'
import { type Draft, payloadOf, type Remedy, withClaims } from './draft.js'

const claim = (name: string) => (draft: Draft) =>
  Object.hasOwn(payloadOf(draft), name) ? show(payloadOf(draft)[name]) : 'none'

const MAX_LISTED = 4

/** Names of the configuration, as many as a person reads. */
function list(names: Iterable<string>): string {
  const all = [...names]
  const more = all.length > MAX_LISTED ? `, or ${all.length - MAX_LISTED} more` : ''
  return all.slice(0, MAX_LISTED).join(', ') + more
}

/** With the times of a token that was issued just now. */
const asNew = (draft: Draft) => withClaims(draft, { iat: draft.now, exp: draft.now + 3600 })

/** What is wrong with `iat` stays to be seen. */
function withNewExpiry(draft: Draft): Draft {
  const { iat } = payloadOf(draft)
  return isTime(iat, draft.now) ? asNew(draft) : withClaims(draft, { exp: draft.now + 3600 })
}

/** Before the expiry, which the remedy of `exp` has put right. */
const withNewIssue = (draft: Draft) =>
  withClaims(draft, { iat: Math.max(0, Math.min(draft.now, Number(payloadOf(draft)['exp']) - 3600)) })

const withClient = (draft: Draft) => {
  const [client = 'any'] = draft.pool.clientIds ?? []
  return withClaims(draft, payloadOf(draft)['token_use'] === 'id' ? { aud: client } : { client_id: client })
}

/** Of a pool that asks for one. */
const audiencesOf = ({ pool }: Draft) => [...(pool.audiences as ReadonlySet<string>)]

/** What may be the name or the secret of a client, put where its id belongs, is not shown. */
function describeClients({ pool: { clientIds } }: Draft): string {
  if (clientIds === null) return 'an app client'
  const shown = [...clientIds].filter(isClientId)
  return shown.length > 0 ? list(shown) : 'a configured app client'
}

const OTHER_CLIENT = 'issued to another app client: sign in with a configured one, or add it to appClientId'
const NO_API_TOKEN = 'no token of a Cognito sign-in: send its access token, or the ID token'
const MILLISECONDS =
  'a time of a token is in seconds, and this one seems to be in milliseconds: mend what makes the token'
const LATE_CLOCK = 'the clock of this machine is late: set it by NTP'
const LAMBDA = 'look at the pre-token-generation Lambda of the pool'

/** What is said of a token's claims, key and signature; `docs/doctor.md` has it all. */
export const CLAIM_REMEDIES: readonly Remedy[] = [
  {
    reasons: ['the issuer is of no registered pool'],
    check: 'iss',
    found: claim('iss'),
    expected: ({ pools }) =>
      `an issuer of ${list(pools.map(({ name, userPoolId }) => `${name} (${userPoolId})`))}`,
    advice:
      'another pool or region: sign in at a configured one, or add this one; a replica or an emulator needs the option issuer',
  },
  {
    reasons: ['token_use is neither access nor id'],
    check: 'token_use',
    found: claim('token_use'),
    expected: () => 'access or id',
    advice: NO_API_TOKEN,
    repair: (draft) =>
      withClaims(draft, { token_use: Object.hasOwn(payloadOf(draft), 'client_id') ? 'access' : 'id' }),
  },
  {
    reasons: ['an ID token of pool'],
    check: 'token_use',
    found: () => 'an ID token',
    expected: () => 'an access token',
    advice: "send the access token (AuthenticationResult.AccessToken), or set tokenUse: 'id' for the pool",
  },
  {
    reasons: ['an access token of pool'],
    check: 'token_use',
    found: () => 'an access token',
    expected: () => 'an ID token',
    advice: "send the ID token (AuthenticationResult.IdToken), or set tokenUse: 'access' for the pool",
  },
  {
    reasons: ['sub is missing or no text'],
    check: 'sub',
    found: claim('sub'),
    expected: () => 'the id of a user or a machine',
    advice: NO_API_TOKEN,
    repair: (draft) => withClaims(draft, { sub: 'none' }),
  },
  {
    reasons: ['scope is not a string'],
    check: 'scope',
    found: claim('scope'),
    expected: () => 'text with a space between two scopes, or no claim at all',
    advice: LAMBDA,
    repair: (draft) => withClaims(draft, { scope: undefined }),
  },
  {
    reasons: ['cognito:groups is not a list of strings'],
    check: 'cognito:groups',
    found: claim('cognito:groups'),
    expected: () => 'a list of names, or no claim at all',
    advice: LAMBDA,
    repair: (draft) => withClaims(draft, { 'cognito:groups': undefined }),
  },
  {
    reasons: ['the token is bound to a key of its sender'],
    check: 'cnf',
    expected: () => 'a bearer token',
    advice: 'tokens bound by DPoP or mTLS are not supported: get one without',
    repair: (draft) => withClaims(draft, { cnf: undefined }),
  },
  {
    reasons: ['client_id is missing or no text', 'client_id is none of appClientId'],
    check: 'client_id',
    found: claim('client_id'),
    expected: describeClients,
    advice: OTHER_CLIENT,
    repair: withClient,
  },
  {
    reasons: ['aud is not one client id', 'aud is none of appClientId'],
    check: 'aud',
    found: claim('aud'),
    expected: describeClients,
    advice: OTHER_CLIENT,
    repair: withClient,
  },
  {
    reasons: ['aud is none of audience'],
    check: 'aud',
    found: claim('aud'),
    expected: (draft) => list(audiencesOf(draft)),
    advice: 'ask for the token with the resource of this API (RFC 8707), or change the option audience',
    repair: (draft) => withClaims(draft, { aud: audiencesOf(draft) }),
  },
  {
    reasons: ['exp is not a time in seconds: is it in milliseconds?'],
    check: 'exp',
    found: claim('exp'),
    expected: () => 'seconds since 1970',
    advice: MILLISECONDS,
    repair: withNewExpiry,
  },
  {
    reasons: ['exp is missing', 'exp is not a time in seconds'],
    check: 'exp',
    found: claim('exp'),
    expected: () => 'seconds since 1970',
    advice: NO_API_TOKEN,
    repair: withNewExpiry,
  },
  {
    reasons: ['iat is not a time in seconds: is it in milliseconds?'],
    check: 'iat',
    found: claim('iat'),
    expected: () => 'seconds since 1970',
    advice: MILLISECONDS,
    repair: withNewIssue,
  },
  {
    reasons: ['iat is missing', 'iat is not a time in seconds'],
    check: 'iat',
    found: claim('iat'),
    expected: () => 'seconds since 1970',
    advice: NO_API_TOKEN,
    repair: withNewIssue,
  },
  {
    reasons: ['iat lies in the future'],
    check: 'iat',
    found: claim('iat'),
    expected: ({ now }) => `seconds since 1970, now ${Math.floor(now)}`,
    advice: LATE_CLOCK,
    repair: withNewIssue,
  },
  {
    reasons: ['the lifetime is not between 0 and 24 hours'],
    check: 'exp',
    found: (draft) => describeTime(Number(payloadOf(draft)['exp']) - Number(payloadOf(draft)['iat'])),
    expected: () => 'a lifetime of up to 24 hours, which is the longest that Cognito gives',
    advice: 'Cognito makes no such token: get one from a sign-in at the pool',
    repair: asNew,
  },
  {
    reasons: ['nbf is not a time in seconds: is it in milliseconds?'],
    check: 'nbf',
    found: claim('nbf'),
    expected: () => 'seconds since 1970',
    advice: MILLISECONDS,
    repair: (draft) => withClaims(draft, { nbf: undefined }),
  },
  {
    reasons: ['nbf is not a time in seconds'],
    check: 'nbf',
    found: claim('nbf'),
    expected: () => 'seconds since 1970, or no claim at all',
    advice: NO_API_TOKEN,
    repair: (draft) => withClaims(draft, { nbf: undefined }),
  },
  {
    reasons: ['nbf lies in the future'],
    check: 'nbf',
    found: claim('nbf'),
    expected: ({ now }) => `seconds since 1970, now ${Math.floor(now)}, or no claim at all`,
    advice: LATE_CLOCK,
    repair: (draft) => withClaims(draft, { nbf: undefined }),
  },
  {
    reasons: ['the token expired'],
    check: 'exp',
    found: (draft) => `a token that expired ${describeTime(draft.now - Number(payloadOf(draft)['exp']))} ago`,
    expected: () => 'a token that is still valid',
    advice: 'use the refresh token, or sign in again',
    repair: asNew,
  },
  {
    reasons: ['the claims do not fit their schema'],
    check: 'claims',
    expected: () => 'claims of the type that Cognito gives them',
    advice: LAMBDA,
  },
  {
    reasons: ['the key that the token names is not among the published ones'],
    check: 'key',
    expected: () => 'a usable key of the pool',
    advice:
      'the keys were replaced since, or another issuer has signed: sign in again; an emulator may have new keys since it was started anew',
  },
  {
    reasons: ['the signature is not of the key that the token names'],
    check: 'signature',
    expected: () => 'a signature of that key over this header and these claims',
    advice: 'changed after it was signed, or forged: get a new token by a sign-in, and send it as it is',
  },
  {
    reasons: [''],
    check: 'plugin',
    expected: () => 'acceptance',
    advice: 'put right what failed above',
  },
]
