/**
 * The examination of a token: every fault at once, by the checks of the plugin, and then the plugin's own answer.
 * @module
 */
import { createPublicKey } from 'node:crypto'
import { CognitoError, refuse } from '../base/errors.js'
import { type Members, ownMember } from '../base/members.js'
import type { ReasonCode } from '../base/reasons.js'
import type { TokenUse } from '../claims/standard-claims.js'
import { createTokenParser } from '../jwt/form.js'
import { isSignedWith } from '../jwt/signature.js'
import { checkTimes, isTime, MIN_FUTURE_TOLERANCE } from '../jwt/times.js'
import type { ResolvedOptions } from '../options.js'
import type { PoolIdentity, ResolvedPool } from '../pool/pool.js'
import { readAuthentication } from '../verify/authentication-reader.js'
import { checkCognitoClaims } from '../verify/cognito-claims.js'
import { assertAccepted } from '../verify/token-policy.js'
import type { Verifier } from '../verify/verifier.js'
import { areOk, type Check, count, describeTime, fails, holds, show } from './check.js'
import { CLAIM_REMEDIES, OTHER_REMEDY } from './claim-remedies.js'
import {
  type Draft,
  headerOf,
  payloadOf,
  type Remedy,
  type TokenReasonCode,
  toParts,
  withClaims,
} from './draft.js'
import { FORM_REMEDIES } from './form-remedies.js'

/** The result of an examination. A fact that the doctor cannot look at has no check. */
export interface TokenReport {
  /** `true` where all checks hold. */
  readonly ok: boolean
  /** Name of the pool that the token belongs to; `null` where the token does not tell. */
  readonly pool: string | null
  readonly checks: readonly Check[]
}

/** The plugin that examines a token. */
export interface TokenContext {
  readonly options: ResolvedOptions
  readonly verifier: Verifier
  /** Finds the usable keys of a pool in PEM, by their ids; `undefined` where no URL of the pool answers. */
  readonly keysOf: (pool: string) => ReadonlyMap<string, string> | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Names of the checks, in the order in which a person reads about them. */
const ORDER =
  'form header alg kid iss token_use sub client_id aud scope cognito:groups cnf exp iat nbf auth_time acr amr claims key signature plugin'.split(
    ' ',
  )

const NO_POOL: PoolIdentity = { name: '', clientIds: null, audiences: null }

/** Examines one token. The doctor sends it nowhere, and no piece of it is in the report. */
export async function examineToken(text: string, context: TokenContext): Promise<TokenReport> {
  const { options, now } = context
  const pools = [...options.pools.values()]
  const { maxTokenLength: maxLength } = options
  const draft = { text, signed: text, pool: NO_POOL, pools, maxLength, now: now() / 1000 }
  const form = repairAll(draft, ({ text, maxLength }) => void createTokenParser(maxLength).parse(text))
  const pool = form.isWhole ? choosePool(payloadOf(form.draft), pools) : undefined
  const explained = form.isWhole ? explain(form, pool, context) : form.checks
  const checks = [...explained, await judge(text, context.verifier)]
  checks.sort((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name))
  return { ok: areOk(checks), pool: pool?.name ?? null, checks }
}

interface Repaired {
  /** The checks that failed. */
  readonly checks: readonly Check[]
  readonly draft: Draft
  /** `true` where the repaired draft is accepted. */
  readonly isWhole: boolean
}

/** Repairs one fault after the other, until the draft is accepted or cannot be repaired. */
function repairAll(draft: Draft, check: (draft: Draft) => void): Repaired {
  const checks: Check[] = []
  const seen = new Set<ReasonCode | undefined>()
  let current = draft
  for (;;) {
    const refusal = refusalOf(check, current)
    if (refusal === undefined) return { checks, draft: current, isWhole: true }
    const { reasonCode } = refusal
    const repaired = seen.has(reasonCode) ? undefined : findRemedy(reasonCode).repair?.(current)
    if (!seen.has(reasonCode)) checks.push(toCheck(refusal, current))
    if (repaired === undefined) return { checks, draft: current, isWhole: false }
    seen.add(reasonCode)
    current = repaired
  }
}

/** Returns the refusal that a check throws; `undefined` where it throws none. */
function refusalOf<A extends unknown[]>(
  check: (...given: A) => unknown,
  ...given: A
): CognitoError | undefined {
  try {
    check(...given)
    return undefined
  } catch (error) {
    if (error instanceof CognitoError) return error
    throw error
  }
}

/** The remedy for each reason. A reason of a token without a remedy does not compile. */
export const TOKEN_REMEDIES: Readonly<Record<TokenReasonCode, Remedy>> = {
  ...FORM_REMEDIES,
  ...CLAIM_REMEDIES,
}
const REMEDIES: ReadonlyMap<string | undefined, Remedy> = new Map(Object.entries(TOKEN_REMEDIES))

/** Finds the remedy for a reason. */
export const findRemedy = (reasonCode: ReasonCode | undefined): Remedy =>
  REMEDIES.get(reasonCode) ?? OTHER_REMEDY

function toCheck({ reason, reasonCode }: CognitoError, draft: Draft): Check {
  const { check, found = () => reason, expected, advice } = findRemedy(reasonCode)
  return fails(check, found(draft), expected(draft), advice)
}

const ownerOf = (issuer: unknown, pools: readonly ResolvedPool[]) =>
  pools.find(({ issuers }) => issuers.has(issuer as string))

/** Finds the pool of a token by its issuer; else by its other claims, so that the doctor can tell more. */
function choosePool(payload: Members, pools: readonly ResolvedPool[]): ResolvedPool | undefined {
  const issuer = ownMember(payload, 'iss')
  const clients = [ownMember(payload, 'client_id'), ownMember(payload, 'aud')] as string[]
  return (
    ownerOf(issuer, pools) ??
    pools.find(({ userPoolId }) => typeof issuer === 'string' && issuer.endsWith(`/${userPoolId}`)) ??
    pools.find(({ clientIds }) => clients.some((client) => clientIds?.has(client))) ??
    (pools.length === 1 ? pools[0] : undefined)
  )
}

/** Checks a token whose form is right, or is repaired. */
function explain(form: Repaired, pool: ResolvedPool | undefined, context: TokenContext): readonly Check[] {
  const { clockTolerance } = context.options
  const draft = withClaims({ ...form.draft, pool: pool ?? NO_POOL }, { iss: 'none' })
  const claims = repairAll(draft, (draft) => {
    checkCognitoClaims(payloadOf(draft), draft.pool)
    checkTimes(payloadOf(draft), draft.now, clockTolerance, draft.pool.name)
  })
  const checks = [...form.checks, checkIssuer(form.draft), ...claims.checks]
  if (pool !== undefined) {
    const isKind = checks.every(({ name }) => name !== 'token_use')
    checks.push(
      ...checkPool(claims.draft, pool, isKind, context),
      ...checkSignature(form.draft, pool, context),
    )
  }
  const names = new Set(checks.map(({ name }) => name))
  return [...checks, ...describe(form.draft, pool).filter(({ name }) => !names.has(name))]
}

function checkIssuer(draft: Draft): Check {
  const issuer = ownMember(payloadOf(draft), 'iss')
  const owner = ownerOf(issuer, draft.pools)
  return owner === undefined
    ? toCheck(refuse('ISSUER_UNKNOWN'), draft)
    : holds('iss', `${show(issuer)}, of pool ${owner.name}`)
}

/** Checks the kind of the token and its claims by the options of its pool. */
function checkPool(draft: Draft, pool: ResolvedPool, isKind: boolean, { verifier }: TokenContext): Check[] {
  const payload = payloadOf(draft)
  const tokenUse = payload['token_use'] as TokenUse
  const empty = {
    membership: undefined,
    validUntil: 0,
    isRepeated: false,
    lastReading: undefined,
    revocable: undefined,
  }
  const token = { text: '', payload, pool, tokenUse, ...empty }
  const named = { names: [pool.name], takesTenants: false }
  const own = verifier.compilePolicy(named, {}, 'doctor')
  const both = verifier.compilePolicy(named, { tokenUse: ['access', 'id'] }, 'doctor')
  const refusals = [
    isKind ? refusalOf(assertAccepted, pool, tokenUse, own) : undefined,
    refusalOf(readAuthentication, token, both),
  ]
  return refusals.flatMap((refusal) => (refusal === undefined ? [] : toCheck(refusal, draft)))
}

/** Checks the signature over the token as it came, without any repair. */
function checkSignature(draft: Draft, pool: ResolvedPool, { keysOf }: TokenContext): Check[] {
  const keys = keysOf(pool.name)
  if (draft.signed === undefined || keys === undefined) return []
  const pem = keys.get(String(headerOf(draft)['kid']))
  if (pem === undefined) return [toCheck(refuse('KEY_ABSENT'), draft)]
  const signature = Buffer.from(toParts(draft.signed)[2], 'base64url')
  return [
    holds('key', `one of pool ${pool.name}`),
    isSignedWith(createPublicKey(pem), draft.signed, signature)
      ? holds('signature', 'made with that key')
      : toCheck(refuse('SIGNATURE_MISMATCH'), draft),
  ]
}

/** Lists the checks that are worth a line where they hold. */
function describe(draft: Draft, pool: ResolvedPool | undefined): readonly Check[] {
  const payload = payloadOf(draft)
  const client = payload['token_use'] === 'id' ? 'aud' : 'client_id'
  return [
    holds('form', `3 parts, ${count(draft.text.length, 'character')}`),
    holds('alg', 'RS256'),
    holds('token_use', show(payload['token_use'])),
    holds(client, show(payload[client])),
    holds('exp', `valid for another ${describeTime(Math.max(0, Number(payload['exp']) - draft.now))}`),
    ...describeSignIn(payload, pool, draft.now),
  ]
}

/** Describes when and how the user signed in, for routes that ask for `maxAge`, `acr` or `amr`. */
function describeSignIn(payload: Members, pool: ResolvedPool | undefined, now: number): readonly Check[] {
  const authTime = ownMember(payload, 'auth_time')
  const acr = ownMember(payload, 'acr')
  const amr = ownMember(payload, 'amr')
  return [
    ...(isTime(authTime, now + MIN_FUTURE_TOLERANCE)
      ? [holds('auth_time', `a sign-in ${describeTime(Math.max(0, now - authTime))} ago`)]
      : []),
    ...(typeof acr === 'string' ? [holds('acr', show(acr) + describeLevel(acr, pool))] : []),
    ...(Array.isArray(amr) ? [holds('amr', show(amr))] : []),
  ]
}

function describeLevel(acr: string, pool: ResolvedPool | undefined): string {
  if (pool === undefined) return ''
  const level = pool.acr.indexOf(acr) + 1
  return level > 0
    ? `, level ${level} of pool ${pool.name}`
    : `, no level of pool ${pool.name}: a route that requires a level refuses it; compare the option acr`
}

/** Asks the plugin itself, as a route that takes the tokens of every pool and has no other requirement. */
async function judge(text: string, verifier: Verifier): Promise<Check> {
  const policy = verifier.compilePolicy({ names: undefined, takesTenants: false }, {}, 'doctor')
  try {
    const { tokenUse, pool, principal } = readAuthentication(await verifier.verify(text, policy), policy)
    return holds('plugin', `accepts it: ${tokenUse} token of pool ${pool}, of a ${principal}`)
  } catch (error) {
    if (!(error instanceof CognitoError)) throw error
    const { advice } = OTHER_REMEDY
    return fails('plugin', `a refusal with ${error.statusCode}: ${error.reason}`, 'acceptance', advice)
  }
}
