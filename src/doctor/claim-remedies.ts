/**
 * The doctor's remedies for a token whose claims, key or signature are refused.
 * @module
 */

import { isTime } from '../jwt/times.js'
import { isClientId } from '../pool/client-id.js'
import { describeTime, show } from './check.js'
import { type Draft, payloadOf, type Remedy, type TokenReasonCode, withClaims } from './draft.js'

const claim = (name: string) => (draft: Draft) =>
  Object.hasOwn(payloadOf(draft), name) ? show(payloadOf(draft)[name]) : 'none'

const MAX_LISTED = 4

/** Lists names of the configuration, as many as a person reads. */
function list(names: Iterable<string>): string {
  const all = [...names]
  const more = all.length > MAX_LISTED ? `, or ${all.length - MAX_LISTED} more` : ''
  return all.slice(0, MAX_LISTED).join(', ') + more
}

/** Sets the times of a token that was issued just now. */
const asNew = (draft: Draft) => withClaims(draft, { iat: draft.now, exp: draft.now + 3600 })

/** Sets a new expiry. A wrong `iat` stays, so that its own check finds it. */
function withNewExpiry(draft: Draft): Draft {
  const { iat } = payloadOf(draft)
  return isTime(iat, draft.now) ? asNew(draft) : withClaims(draft, { exp: draft.now + 3600 })
}

/** Sets an issue before the expiry, which the remedy of `exp` has repaired. */
const withNewIssue = (draft: Draft) =>
  withClaims(draft, { iat: Math.max(0, Math.min(draft.now, Number(payloadOf(draft)['exp']) - 3600)) })

const withClient = (draft: Draft) => {
  const [client = 'any'] = draft.pool.clientIds ?? []
  return withClaims(draft, payloadOf(draft)['token_use'] === 'id' ? { aud: client } : { client_id: client })
}

const audiencesOf = ({ pool }: Draft) => [...new Set(pool.audiences)]

/** Lists the app clients. Somebody may have configured a name or a secret for an id, so that only ids are shown. */
function describeClients({ pool: { clientIds } }: Draft): string {
  if (clientIds === null) return 'an app client'
  const shown = [...clientIds].filter(isClientId)
  return shown.length > 0 ? list(shown) : 'a configured app client'
}

const OTHER_CLIENT = 'issued to another app client: sign in with a configured one, or add it to appClientId'
const NO_API_TOKEN = 'no token of a Cognito sign-in: send its access token, or the ID token'
const MILLISECONDS =
  'a time of a token is in seconds, and this one seems to be in milliseconds: correct the program that makes the token'
const LATE_CLOCK = 'the clock of this machine is late: set it by NTP'
const LAMBDA = 'look at the pre-token-generation Lambda of the pool'

const WRONG_CLIENT_ID: Remedy = {
  check: 'client_id',
  found: claim('client_id'),
  expected: describeClients,
  advice: OTHER_CLIENT,
  repair: withClient,
}

const WRONG_AUD: Remedy = {
  check: 'aud',
  found: claim('aud'),
  expected: describeClients,
  advice: OTHER_CLIENT,
  repair: withClient,
}

const NO_EXP: Remedy = {
  check: 'exp',
  found: claim('exp'),
  expected: () => 'seconds since 1970',
  advice: NO_API_TOKEN,
  repair: withNewExpiry,
}

const NO_IAT: Remedy = {
  check: 'iat',
  found: claim('iat'),
  expected: () => 'seconds since 1970',
  advice: NO_API_TOKEN,
  repair: withNewIssue,
}

/** The remedies for the claims, the key and the signature of a token; `docs/doctor.md` lists them. */
export const CLAIM_REMEDIES = {
  ISSUER_UNKNOWN: {
    check: 'iss',
    found: claim('iss'),
    expected: ({ pools }) =>
      `an issuer of ${list(pools.map(({ name, userPoolId }) => `${name} (${userPoolId})`))}`,
    advice:
      'another pool or region: sign in at a configured one, or add this one; a replica or an emulator needs the option issuer; for the pool of a tenant use --pool and --client, because the doctor does not know the option tenants',
  },
  TOKEN_USE_UNKNOWN: {
    check: 'token_use',
    found: claim('token_use'),
    expected: () => 'access or id',
    advice: NO_API_TOKEN,
    repair: (draft) =>
      withClaims(draft, { token_use: Object.hasOwn(payloadOf(draft), 'client_id') ? 'access' : 'id' }),
  },
  ID_TOKEN_NOT_ACCEPTED: {
    check: 'token_use',
    found: () => 'an ID token',
    expected: () => 'an access token',
    advice: "send the access token (AuthenticationResult.AccessToken), or set tokenUse: 'id' for the pool",
  },
  ACCESS_TOKEN_NOT_ACCEPTED: {
    check: 'token_use',
    found: () => 'an access token',
    expected: () => 'an ID token',
    advice: "send the ID token (AuthenticationResult.IdToken), or set tokenUse: 'access' for the pool",
  },
  SUB_MISSING: {
    check: 'sub',
    found: claim('sub'),
    expected: () => 'the id of a user or a machine',
    advice: NO_API_TOKEN,
    repair: (draft) => withClaims(draft, { sub: 'none' }),
  },
  SCOPE_NOT_TEXT: {
    check: 'scope',
    found: claim('scope'),
    expected: () => 'text with a space between two scopes, or no claim at all',
    advice: LAMBDA,
    repair: (draft) => withClaims(draft, { scope: undefined }),
  },
  GROUPS_NOT_A_LIST: {
    check: 'cognito:groups',
    found: claim('cognito:groups'),
    expected: () => 'a list of names, or no claim at all',
    advice: LAMBDA,
    repair: (draft) => withClaims(draft, { 'cognito:groups': undefined }),
  },
  TOKEN_SENDER_CONSTRAINED: {
    check: 'cnf',
    expected: () => 'a bearer token',
    advice: 'tokens bound by DPoP or mTLS are not supported: get one without',
    repair: (draft) => withClaims(draft, { cnf: undefined }),
  },
  CLIENT_ID_MISSING: WRONG_CLIENT_ID,
  CLIENT_ID_NOT_ACCEPTED: WRONG_CLIENT_ID,
  AUD_NOT_A_CLIENT_ID: WRONG_AUD,
  AUD_NOT_ACCEPTED: WRONG_AUD,
  AUDIENCE_NOT_ACCEPTED: {
    check: 'aud',
    found: claim('aud'),
    expected: (draft) => list(audiencesOf(draft)),
    advice: 'ask for the token with the resource of this API (RFC 8707), or change the option audience',
    repair: (draft) => withClaims(draft, { aud: audiencesOf(draft) }),
  },
  EXP_IN_MILLISECONDS: {
    check: 'exp',
    found: claim('exp'),
    expected: () => 'seconds since 1970',
    advice: MILLISECONDS,
    repair: withNewExpiry,
  },
  EXP_MISSING: NO_EXP,
  EXP_NOT_SECONDS: NO_EXP,
  IAT_IN_MILLISECONDS: {
    check: 'iat',
    found: claim('iat'),
    expected: () => 'seconds since 1970',
    advice: MILLISECONDS,
    repair: withNewIssue,
  },
  IAT_MISSING: NO_IAT,
  IAT_NOT_SECONDS: NO_IAT,
  IAT_IN_FUTURE: {
    check: 'iat',
    found: claim('iat'),
    expected: ({ now }) => `seconds since 1970, now ${Math.floor(now)}`,
    advice: LATE_CLOCK,
    repair: withNewIssue,
  },
  LIFETIME_INVALID: {
    check: 'exp',
    found: (draft) => describeTime(Number(payloadOf(draft)['exp']) - Number(payloadOf(draft)['iat'])),
    expected: () => 'a lifetime of up to 24 hours, which is the longest that Cognito gives',
    advice: 'Cognito makes no such token: get one from a sign-in at the pool',
    repair: asNew,
  },
  NBF_IN_MILLISECONDS: {
    check: 'nbf',
    found: claim('nbf'),
    expected: () => 'seconds since 1970',
    advice: MILLISECONDS,
    repair: (draft) => withClaims(draft, { nbf: undefined }),
  },
  NBF_NOT_SECONDS: {
    check: 'nbf',
    found: claim('nbf'),
    expected: () => 'seconds since 1970, or no claim at all',
    advice: NO_API_TOKEN,
    repair: (draft) => withClaims(draft, { nbf: undefined }),
  },
  NBF_IN_FUTURE: {
    check: 'nbf',
    found: claim('nbf'),
    expected: ({ now }) => `seconds since 1970, now ${Math.floor(now)}, or no claim at all`,
    advice: LATE_CLOCK,
    repair: (draft) => withClaims(draft, { nbf: undefined }),
  },
  TOKEN_EXPIRED: {
    check: 'exp',
    found: (draft) => `a token that expired ${describeTime(draft.now - Number(payloadOf(draft)['exp']))} ago`,
    expected: () => 'a token that is still valid',
    advice: 'use the refresh token, or sign in again',
    repair: asNew,
  },
  CLAIMS_MISFIT: {
    check: 'claims',
    expected: () => 'claims of the type that Cognito gives them',
    advice: LAMBDA,
  },
  KEY_ABSENT: {
    check: 'key',
    expected: () => 'a usable key of the pool',
    advice:
      'the keys were replaced since, or another issuer has signed: sign in again; an emulator may have new keys since it was started anew',
  },
  SIGNATURE_MISMATCH: {
    check: 'signature',
    expected: () => 'a signature of that key over this header and these claims',
    advice: 'changed after it was signed, or forged: get a new token by a sign-in, and send it as it is',
  },
} satisfies Partial<Record<TokenReasonCode, Remedy>>

/** The remedy for every other reason, and for the answer of the plugin itself. */
export const OTHER_REMEDY: Remedy = {
  check: 'plugin',
  expected: () => 'acceptance',
  advice: 'put right what failed above',
}
