/**
 * Derives the region, the two issuers and the URL of the keys from a user pool id.
 * @module
 */

/** The parts of a user pool id. */
export interface UserPoolIdParts {
  /** AWS region, such as `eu-west-1`. */
  readonly region: string
  /** Domain of the region's AWS partition, such as `amazonaws.com`. */
  readonly dnsSuffix: string
}

// A user pool id is a region, an underscore and letters or digits; at most 55 characters (AWS, API_UserPoolType).
const USER_POOL_ID = /^([a-z]+(?:-[a-z]+)+-\d{1,2})_[A-Za-z0-9]+$/
const MAX_LENGTH = 55

// At most one prefix fits a region. Regions of the commercial and the GovCloud partition have none of them.
const DNS_SUFFIX: readonly (readonly [prefix: string, suffix: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
]

/**
 * Parses a user pool id.
 *
 * @param userPoolId - the id as the AWS console shows it
 * @returns `undefined` when the text is no user pool id
 * @example parseUserPoolId('eu-west-1_AbCdEf123')?.region // 'eu-west-1'
 */
export function parseUserPoolId(userPoolId: string): UserPoolIdParts | undefined {
  const region = userPoolId.length <= MAX_LENGTH ? USER_POOL_ID.exec(userPoolId)?.[1] : undefined
  if (region === undefined) return undefined
  const partition = DNS_SUFFIX.find(([prefix]) => region.startsWith(prefix))
  return { region, dnsSuffix: partition?.[1] ?? 'amazonaws.com' }
}

/**
 * Returns both issuers that a pool can have: ORIGINAL, then UPDATED.
 *
 * @see https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_IssuerConfigurationType.html
 * @example deriveIssuers('eu-west-1_AbCdEf123', { region: 'eu-west-1', dnsSuffix: 'amazonaws.com' })[0]
 * // 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123'
 */
export function deriveIssuers(
  userPoolId: string,
  { region, dnsSuffix }: UserPoolIdParts,
): readonly [string, string] {
  return [
    `https://cognito-idp.${region}.${dnsSuffix}/${userPoolId}`,
    `https://issuer-cognito-idp.${region}.${dnsSuffix}/${userPoolId}`,
  ]
}

/**
 * Returns the URL where an issuer publishes its keys (RFC 7517 §5).
 *
 * @example deriveJwksUrl('http://127.0.0.1:9229/local_1') // 'http://127.0.0.1:9229/local_1/.well-known/jwks.json'
 */
export function deriveJwksUrl(issuer: string): string {
  return `${issuer}/.well-known/jwks.json`
}
