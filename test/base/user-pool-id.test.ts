/**
 * User pool ids: the partition that a region belongs to, and what is derived from it.
 * @module
 */
import t from 'tap'
import { deriveIssuers, deriveJwksUrl, parseUserPoolId } from '../../src/base/user-pool-id.js'

t.test('the partition decides the domain', async (t) => {
  const suffixes = {
    'eu-west-1_a': 'amazonaws.com',
    'ap-southeast-4_a': 'amazonaws.com',
    'us-gov-west-1_a': 'amazonaws.com',
    'cn-north-1_a': 'amazonaws.com.cn',
    'eusc-de-east-1_a': 'amazonaws.eu',
    'us-iso-east-1_a': 'c2s.ic.gov',
    'us-isob-east-1_a': 'sc2s.sgov.gov',
    'us-isof-south-1_a': 'csp.hci.ic.gov',
    'eu-isoe-west-1_a': 'cloud.adc-e.uk',
  }
  for (const [id, suffix] of Object.entries(suffixes)) {
    const parsed = parseUserPoolId(id)
    t.equal(parsed?.dnsSuffix, suffix, id)
    const region = id.slice(0, id.indexOf('_'))
    t.strictSame(parsed && deriveIssuers(id, parsed), [
      `https://cognito-idp.${region}.${suffix}/${id}`,
      `https://issuer-cognito-idp.${region}.${suffix}/${id}`,
    ])
  }
  t.equal(deriveJwksUrl('https://x/y'), 'https://x/y/.well-known/jwks.json')
})
