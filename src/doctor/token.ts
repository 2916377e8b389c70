/**
 * Why a token is refused: everything about it at once, by the checks of the plugin, and then the plugin's own answer.
 * @module
 */
import { createPublicKey } from 'node:crypto'
import { CognitoError } from '../base/errors.js'
import { type Members, ownMember } from '../base/members.js'
import type { TokenUse } from '../claims/standard-claims.js'
import { createTokenParser } from '../jwt/form.js'
import { isSignedWith } from '../jwt/signature.js'
import { checkTimes } from '../jwt/times.js'
import type { ResolvedOptions } from '../options.js'
import type { ResolvedPool } from '../pool/pool.js'
import { readAuthentication } from '../verify/authentication-reader.js'
import { checkCognitoClaims } from '../verify/cognito-token.js'
import { assertAccepted } from '../verify/token-policy.js'
import type { Verifier } from '../verify/verifier.js'
import { areOk, type Check, count, describeTime, fails, holds, show } from './check.js'
import { CLAIM_REMEDIES } from './claim-remedies.js'
import {
  type Draft,
  headerOf,
  type PoolIdentity,
  payloadOf,
  type Remedy,
  toParts,
  withClaims,
} from './draft.js'
import { FORM_REMEDIES } from './form-remedies.js'

/** What was found out about a token. What could not be looked at has no check. */
export interface TokenReport {
  /** Whether all checks hold. */
  readonly ok: boolean
  /** Name of the pool that it was held against; `null` where nothing tells which one is meant. */
  readonly pool: string | null
  readonly checks: readonly Check[]
}

/** What a token is held against. */
export interface TokenContext {
  readonly options: ResolvedOptions
  readonly verifier: Verifier
  /** The usable keys of a pool in PEM, by their ids; `undefined` where they cannot be had. */
  readonly keysOf: (pool: string) => ReadonlyMap<string, string> | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** In the order in which a person reads about them. */
const ORDER =
  'form header alg kid iss token_use sub client_id aud scope cognito:groups cnf exp iat nbf claims key signature plugin'.split(
    ' ',
  )

const NO_POOL: PoolIdentity = { name: '', clientIds: null, audiences: null }

/** Looks at one token. It is not sent anywhere, and no piece of it is in the report. */
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
  /** Those that failed. */
  readonly checks: readonly Check[]
  readonly draft: Draft
  /** Whether nothing is left to be refused. */
  readonly isWhole: boolean
}

/** Thinks away what is refused, one thing after the other, until nothing is refused any more or nothing more can be said. */
function repairAll(draft: Draft, check: (draft: Draft) => void): Repaired {
  const checks: Check[] = []
  const seen = new Set<string>()
  let current = draft
  for (;;) {
    const reason = reasonOf(check, current)
    if (reason === undefined) return { checks, draft: current, isWhole: true }
    const remedy = findRemedy(reason)
    const repaired = seen.has(reason) ? undefined : remedy.repair?.(current)
    if (!seen.has(reason)) checks.push(toCheck(reason, current))
    if (repaired === undefined) return { checks, draft: current, isWhole: false }
    seen.add(reason)
    current = repaired
  }
}

/** Why something is refused; `undefined` where it is not. */
function reasonOf<A extends unknown[]>(check: (...given: A) => unknown, ...given: A): string | undefined {
  try {
    check(...given)
    return undefined
  } catch (error) {
    if (error instanceof CognitoError) return error.reason
    throw error
  }
}

/** What there is to say of a reason; of an unknown one as little as the last row says. */
export function findRemedy(reason: string): Remedy {
  const all = [...FORM_REMEDIES, ...CLAIM_REMEDIES]
  return all.find(({ reasons }) => reasons.some((start) => reason.startsWith(start))) as Remedy
}

function toCheck(reason: string, draft: Draft): Check {
  const { check, found = () => reason, expected, advice } = findRemedy(reason)
  return fails(check, found(draft), expected(draft), advice)
}

const ownerOf = (issuer: unknown, pools: readonly ResolvedPool[]) =>
  pools.find(({ issuers }) => issuers.has(issuer as string))

/** The pool that a token means: by its issuer; else by whatever else it says, so that there is more to tell. */
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

/** Everything that can be said of a token whose form is right, or has been put right. */
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
  return [...checks, ...describe(form.draft).filter(({ name }) => !names.has(name))]
}

function checkIssuer(draft: Draft): Check {
  const issuer = ownMember(payloadOf(draft), 'iss')
  const owner = ownerOf(issuer, draft.pools)
  return owner === undefined
    ? toCheck('the issuer is of no registered pool', draft)
    : holds('iss', `${show(issuer)}, of pool ${owner.name}`)
}

/** What depends on the pool's own options: the kinds of token it takes, and its claims. */
function checkPool(draft: Draft, pool: ResolvedPool, isKind: boolean, { verifier }: TokenContext): Check[] {
  const payload = payloadOf(draft)
  const tokenUse = payload['token_use'] as TokenUse
  const empty = { isRepeated: false, lastReading: undefined, revocable: undefined }
  const token = { text: '', payload, pool, tokenUse, ...empty }
  const own = verifier.compilePolicy([pool.name], {}, 'doctor')
  const both = verifier.compilePolicy([pool.name], { tokenUse: ['access', 'id'] }, 'doctor')
  const reasons = [
    isKind ? reasonOf(assertAccepted, pool.name, tokenUse, own.pools) : undefined,
    reasonOf(readAuthentication, token, both),
  ]
  return reasons.flatMap((reason) => (reason === undefined ? [] : toCheck(reason, draft)))
}

/** The signature is of the token as it came: what was repaired has nothing to do with it. */
function checkSignature(draft: Draft, pool: ResolvedPool, { keysOf }: TokenContext): Check[] {
  const keys = keysOf(pool.name)
  if (draft.signed === undefined || keys === undefined) return []
  const pem = keys.get(String(headerOf(draft)['kid']))
  if (pem === undefined) {
    return [toCheck('the key that the token names is not among the published ones', draft)]
  }
  const signature = Buffer.from(toParts(draft.signed)[2], 'base64url')
  return [
    holds('key', `one of pool ${pool.name}`),
    isSignedWith(createPublicKey(pem), draft.signed, signature)
      ? holds('signature', 'made with that key')
      : toCheck('the signature is not of the key that the token names', draft),
  ]
}

/** What is worth a line where it holds. */
function describe(draft: Draft): readonly Check[] {
  const payload = payloadOf(draft)
  const client = payload['token_use'] === 'id' ? 'aud' : 'client_id'
  return [
    holds('form', `3 parts, ${count(draft.text.length, 'character')}`),
    holds('alg', 'RS256'),
    holds('token_use', show(payload['token_use'])),
    holds(client, show(payload[client])),
    holds('exp', `valid for another ${describeTime(Math.max(0, Number(payload['exp']) - draft.now))}`),
  ]
}

/** What the plugin itself answers, on a route that takes every pool's tokens and asks for nothing else. */
async function judge(text: string, verifier: Verifier): Promise<Check> {
  const policy = verifier.compilePolicy(undefined, {}, 'doctor')
  try {
    const { tokenUse, pool, principal } = readAuthentication(await verifier.verify(text, policy), policy)
    return holds('plugin', `accepts it: ${tokenUse} token of pool ${pool}, of a ${principal}`)
  } catch (error) {
    if (!(error instanceof CognitoError)) throw error
    const { advice } = findRemedy('')
    return fails('plugin', `a refusal with ${error.statusCode}: ${error.reason}`, 'acceptance', advice)
  }
}
