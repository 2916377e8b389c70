/**
 * The examination of one user pool: its ids, its JWKS URLs, its keys, and the clocks.
 * @module
 */

import { MIN_FUTURE_TOLERANCE } from '../jwt/times.js'
import { type PublishedKeys, readKeySet } from '../keys/key-set.js'
import { jwksUrlsOf } from '../keys/locations.js'
import type { ResolvedOptions } from '../options.js'
import { CLIENT_ID_ADVICE, hasCognitoIssuers, hasOddClient } from '../pool/client-id.js'
import type { ResolvedPool } from '../pool/pool.js'
import { areOk, type Check, describeTime, fails, holds } from './check.js'
import type { askKeySet, KeySetAnswer } from './key-set.js'

/** The result of the examination. */
export interface PoolReport {
  /** Name of the pool in the configuration. */
  readonly name: string
  readonly userPoolId: string
  /** `true` where all checks hold. */
  readonly ok: boolean
  readonly checks: readonly Check[]
}

/** An examined pool. */
export interface ExaminedPool {
  readonly report: PoolReport
  /** The usable keys in PEM, by their ids; `undefined` where no URL of the pool answers. */
  readonly keys: ReadonlyMap<string, string> | undefined
}

/** The instruments of the doctor. */
export interface Instruments {
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly ask: typeof askKeySet
}

/** The advice for each fault of a pool; `docs/doctor.md` lists it. */
export const POOL_ADVICE = {
  ids: CLIENT_ID_ADVICE,
  unreachable: 'look at DNS, firewall and proxy between this machine and the URL',
  unknown: 'no such pool there: compare userPoolId and region with the AWS console, or jwksUrl, or issuer',
  moved: 'redirects are not followed: set jwksUrl to the URL that has the keys',
  troubled: 'the issuer is in trouble: try again in a while',
  certificate:
    'the certificate is not trusted: behind a proxy that opens TLS, give its CA to Node by NODE_EXTRA_CA_CERTS',
  file: 'look at the path, and who may read and write the file: it must not be writable by others',
  foreign: 'this is no JWKS endpoint: compare jwksUrl, or issuer; does a proxy or a login page answer?',
  keys: 'the pool has no key for RS256: is this the JWKS URL of a Cognito pool?',
  clock: 'set the clock of this machine by NTP: good tokens seem expired to it, or issued in the future',
} as const

/** Examines one pool. */
export async function examinePool(
  pool: ResolvedPool,
  { keys: { timeout }, clockTolerance }: Pick<ResolvedOptions, 'keys' | 'clockTolerance'>,
  { ask, now }: Instruments,
): Promise<ExaminedPool> {
  const urls = jwksUrlsOf(pool)
  const answers = await Promise.all(urls.map((url) => ask(url, timeout * 1000, now)))
  const good = answers.filter(({ failure }) => failure === undefined)
  const isUnswitched = (answer: KeySetAnswer) =>
    answer.status === 403 && good.length > 0 && hasCognitoIssuers(pool)
  const keys = pool.jwks === undefined ? collectKeys(good) : toPems(pool.jwks)
  const checks = [
    checkIds(pool),
    ...urls.map((url, index) => checkAnswer(url, answers[index] as KeySetAnswer, isUnswitched, timeout)),
    ...(good.length > 0 ? [checkKeys(good, keys.size)] : []),
    ...(pool.jwks === undefined ? [] : [holds('keys', `${keys.size} usable with RS256, in the option jwks`)]),
    ...checkClock(answers, Math.max(clockTolerance, MIN_FUTURE_TOLERANCE)),
  ]
  const report = { name: pool.name, userPoolId: pool.userPoolId, ok: areOk(checks), checks }
  return { report, keys: keys.size > 0 ? keys : undefined }
}

/** Checks the ids. The configuration has already refused text that can be no id. */
function checkIds(pool: ResolvedPool): Check {
  const { userPoolId, region, clientIds } = pool
  if (hasOddClient(pool)) {
    const expected = 'up to 40 small letters and digits, as Cognito makes them'
    return fails('ids', 'an app client id of another form', expected, POOL_ADVICE.ids)
  }
  const described = clientIds === null ? 'every app client' : `app client ${[...clientIds].join(', ')}`
  return holds('ids', `${userPoolId}${region === undefined ? '' : ` in ${region}`}, ${described}`)
}

function checkAnswer(
  url: string,
  answer: KeySetAnswer,
  isUnswitched: (answer: KeySetAnswer) => boolean,
  timeout: number,
): Check {
  if (answer.failure === undefined) return holds('jwks', `${url} answers in ${answer.ms} ms`)
  // AWS: API_IssuerConfigurationType
  if (isUnswitched(answer)) {
    return holds('jwks', `${url} answers 403, which is normal for the issuer that the pool does not use`)
  }
  const [found, advice] = describeFailure(answer)
  return fails('jwks', `${found} from ${url}`, `a key set within ${timeout} s`, advice)
}

/** Codes of Node's TLS for an untrusted chain, such as `UNABLE_TO_VERIFY_LEAF_SIGNATURE`. */
const CERTIFICATE_CODE = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/

function describeFailure(answer: KeySetAnswer): [string, string] {
  const { failure, status = 0, errorCode, ms } = answer
  const why = errorCode === undefined ? '' : ` (${errorCode})`
  if (failure === 'timeout') return [`no whole answer in ${ms} ms`, POOL_ADVICE.unreachable]
  if (failure === 'file') return [`no file that can be read${why}`, POOL_ADVICE.file]
  if (failure === 'not a key set') return ['something else than a key set', POOL_ADVICE.foreign]
  if (failure === 'status') return [`status ${status}`, POOL_ADVICE[adviceOn(status)]]
  const isCertificate = CERTIFICATE_CODE.test(errorCode ?? '')
  return [`no answer${why}`, isCertificate ? POOL_ADVICE.certificate : POOL_ADVICE.unreachable]
}

function adviceOn(status: number): keyof typeof POOL_ADVICE {
  if (status === 429 || status >= 500) return 'troubled'
  return status < 400 ? 'moved' : 'unknown'
}

const toPems = (keys: PublishedKeys) => new Map([...keys].map(([kid, { pem }]) => [kid, pem]))

/**
 * Collects the usable keys of all answers.
 *
 * @param answers - each of them a key set
 */
const collectKeys = (answers: readonly KeySetAnswer[]): ReadonlyMap<string, string> =>
  new Map(answers.flatMap(({ content }) => [...toPems(readKeySet(content) as PublishedKeys)]))

function checkKeys(answers: readonly KeySetAnswer[], usable: number): Check {
  const published = new Set(answers.flatMap(({ keys }) => keys.map((jwk) => jwk['kid']))).size
  const found = `${published} published, ${usable} usable with RS256`
  return usable > 0 ? holds('keys', found) : fails('keys', found, 'at least one usable key', POOL_ADVICE.keys)
}

/** Compares the clocks. Any answer tells the time, also a refusal. */
function checkClock(answers: readonly KeySetAnswer[], limit: number): Check[] {
  const ahead = answers.map(({ aheadSeconds }) => aheadSeconds).find((seconds) => seconds !== undefined)
  if (ahead === undefined) return []
  const difference = Math.abs(ahead)
  const found =
    difference <= 1
      ? "agrees with the issuer's"
      : `${describeTime(difference)} ${ahead > 0 ? 'ahead of' : 'behind'} the issuer's`
  return [
    difference <= limit
      ? holds('clock', found)
      : fails('clock', found, `no more than ${limit} s apart`, POOL_ADVICE.clock),
  ]
}
