/**
 * When a token is valid: the leeway on each of its times.
 * @module
 */
import t from 'tap'
import { checkTimes } from '../../src/jwt/times.js'

t.test('the leeway on the times', async (t) => {
  const at = (claims: object, tolerance: number) => () =>
    checkTimes({ iat: 1000, exp: 2000, ...claims }, 1500, tolerance, 'eu')
  t.throws(at({ exp: 1500 }, 0), { code: 'COGNITO_ERR_TOKEN_EXPIRED', pool: 'eu' })
  t.doesNotThrow(at({ exp: 1501 }, 0))
  t.doesNotThrow(at({ exp: 1496 }, 5))
  t.throws(at({ exp: 1495 }, 5), { code: 'COGNITO_ERR_TOKEN_EXPIRED' })
  t.doesNotThrow(at({ iat: 1560 }, 0), 'iat gets at least 60 seconds')
  t.throws(at({ iat: 1561 }, 0), { code: 'COGNITO_ERR_TOKEN_INVALID' })
  t.doesNotThrow(at({ iat: 1800 }, 300))
  t.throws(at({ nbf: 1561 }, 5), { code: 'COGNITO_ERR_TOKEN_INVALID' })
  t.doesNotThrow(at({ nbf: 1560 }, 5))
})
