/**
 * The levels of sign-in of a pool: their names, which the claim `acr` has.
 * @module
 */
import { withDefault } from '../base/option-schema.js'
import { Type } from '../base/schema.js'

/** Pattern of the name of a level: 1 to 64 of the characters of a scope (RFC 6749 §3.3). */
export const LEVEL = '^[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,64}$'

const LIST = 'the four names of levels of the pool, different ones, lowest first'
const NAME = 'a name of a level: 1 to 64 characters without spaces, quotes and backslashes'
const levelName = Type.String({ minLength: 1, maxLength: 64, pattern: LEVEL, expected: NAME })

/** Schema of the option `acr`. */
export const levelsOption = withDefault(
  Type.Array(levelName, { minItems: 4, maxItems: 4, uniqueItems: true, expected: LIST }),
  [1, 2, 3, 4].map((level) => `urn:cognito:loa:${level}`),
)
