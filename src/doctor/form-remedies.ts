/**
 * What is wrong with the text of a token or with its header, and what to change.
 * @module
 */

import { ownMember } from '../base/members.js'
import { count, show } from './check.js'
import {
  BEARER,
  type Draft,
  findToken,
  headerOf,
  type Remedy,
  toParts,
  withHeader,
  withParts,
} from './draft.js'

const describeParts = ({ text }: Draft) => count(text.split('.').length, 'part')

/** A token that was cut off has, as a rule, also a last letter that nobody would write. */
function describeDamage({ text }: Draft): string {
  const { length } = Buffer.from(toParts(text)[2], 'base64url')
  return length < 256 || length > 1024
    ? `a signature of ${count(length, 'byte')}`
    : 'a part that is empty or changed'
}

const BESIDES: readonly (readonly [form: RegExp, found: string])[] = [
  [BEARER, 'the word Bearer before the token'],
  [/^["'`]/, 'quotes around the token'],
  [/\s/, 'spaces or line breaks'],
  [/(?:)/, 'characters that no token has'],
]

const describeBesides = ({ text }: Draft) => BESIDES.find(([form]) => form.test(text))?.[1] as string

function extract(draft: Draft): Draft {
  const text = findToken(draft.text)
  return { ...draft, text, signed: text }
}

/** What is said of a token's form; `docs/doctor.md` has it all. */
export const FORM_REMEDIES: readonly Remedy[] = [
  {
    reasons: ['the token is longer than maxTokenLength'],
    check: 'form',
    found: ({ text }) => count(text.length, 'character'),
    expected: ({ maxLength }) => `no more than ${maxLength}`,
    advice: 'put less into the token, such as groups and custom claims, or raise maxTokenLength',
    repair: (draft) => ({ ...draft, maxLength: Number.POSITIVE_INFINITY }),
  },
  {
    reasons: ['the token has 5 parts'],
    check: 'form',
    found: describeParts,
    expected: () => '3 parts',
    advice: 'this is an encrypted token, such as a refresh token: send the access token, or the ID token',
  },
  {
    reasons: ['the token does not have 3 parts'],
    check: 'form',
    found: describeParts,
    expected: () => '3 parts with dots between them',
    advice: 'no JSON Web Token, or cut off while it was copied: copy the whole token again',
    repair: withParts,
  },
  {
    reasons: ['a word such as undefined or null stands in place of the token', 'the credentials are empty'],
    check: 'form',
    found: ({ text }) => (text === '' ? 'nothing' : `no token, but ${text}`),
    expected: () => 'a token',
    advice: 'the client sends its request before it has a token: let it sign in first',
  },
  {
    reasons: [
      'a part of the token is empty or not canonical base64url',
      'the signature is not 256 to 1,024 bytes long',
    ],
    check: 'form',
    found: describeDamage,
    expected: () => '3 parts as the issuer wrote them, the last one of 256 to 1,024 bytes',
    advice: 'cut off or changed while it was copied, or not signed by Cognito: copy the whole token again',
    repair: withParts,
  },
  {
    reasons: [
      'the scheme Bearer stands before the token',
      'the token is in quotes',
      'there is a space or a line break in the credentials',
      'the credentials are not one bearer token',
    ],
    check: 'form',
    found: describeBesides,
    expected: () => 'the token alone',
    advice:
      'leave out Bearer, quotes, spaces and line breaks; in a request the header is Authorization: Bearer, one space, the token',
    repair: extract,
  },
  {
    reasons: ['the payload is not a JSON object', 'the payload has a member named'],
    check: 'form',
    expected: () => 'claims as Cognito writes them',
    advice: 'copy the token again, whole and unchanged; if that does not help, Cognito has not made it',
  },
  {
    reasons: [
      'the header is not a JSON object',
      'the header is longer than 1,024 bytes',
      'the header has a member named',
      'the header repeats a member',
      'the header has the member',
      'the type of the token is not JWT',
    ],
    check: 'header',
    expected: () => 'a header as Cognito writes it, with kid and alg',
    advice: 'Cognito makes no such header: get the token from a sign-in at the pool',
    repair: (draft) => {
      const { alg = 'RS256', kid = 'none' } = headerOf(draft)
      return withHeader(draft, { alg, kid })
    },
  },
  {
    reasons: ['the algorithm is not RS256'],
    check: 'alg',
    found: (draft) => show(ownMember(headerOf(draft), 'alg')),
    expected: () => 'RS256',
    advice: 'Cognito signs with RS256 alone: another issuer has made this token, or a forger',
    repair: (draft) => withHeader(draft, { ...headerOf(draft), alg: 'RS256' }),
  },
  {
    reasons: ['the key id is missing or malformed'],
    check: 'kid',
    expected: () => 'the id of a key of the pool',
    advice: 'Cognito names the key of every token: another issuer has made this one',
    repair: (draft) => withHeader(draft, { ...headerOf(draft), kid: 'none' }),
  },
]
