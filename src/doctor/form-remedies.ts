/**
 * The doctor's remedies for a token whose text or header is refused.
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
  type TokenReasonCode,
  toParts,
  withHeader,
  withParts,
} from './draft.js'

const describeParts = ({ text }: Draft) => count(text.split('.').length, 'part')

/** Describes a damaged part. The signature comes first, because it is too short in a token that was cut off. */
function describeDamage({ text }: Draft): string {
  const { length } = Buffer.from(toParts(text)[2], 'base64url')
  return length < 256 || length > 1024
    ? `a signature of ${count(length, 'byte')}`
    : 'a part that is empty or changed'
}

const describeSpaces = ({ text }: Draft) =>
  BEARER.test(text) ? 'the word Bearer before the token' : 'spaces or line breaks'

function extract(draft: Draft): Draft {
  const text = findToken(draft.text)
  return { ...draft, text, signed: text }
}

const NO_TOKEN: Remedy = {
  check: 'form',
  found: ({ text }) => (text === '' ? 'nothing' : `no token, but ${text}`),
  expected: () => 'a token',
  advice: 'the client sends its request before it has a token: let it sign in first',
}

const DAMAGED: Remedy = {
  check: 'form',
  found: describeDamage,
  expected: () => '3 parts as the issuer wrote them, the last one of 256 to 1,024 bytes',
  advice: 'cut off or changed while it was copied, or not signed by Cognito: copy the whole token again',
  repair: withParts,
}

const besides = (found: Remedy['found'] & {}): Remedy => ({
  check: 'form',
  found,
  expected: () => 'the token alone',
  advice:
    'leave out Bearer, quotes, spaces and line breaks; in a request the header is Authorization: Bearer, one space, the token',
  repair: extract,
})

const FOREIGN_PAYLOAD: Remedy = {
  check: 'form',
  expected: () => 'claims as Cognito writes them',
  advice: 'copy the token again, whole and unchanged; if that does not help, Cognito has not made it',
}

const FOREIGN_HEADER: Remedy = {
  check: 'header',
  expected: () => 'a header as Cognito writes it, with kid and alg',
  advice: 'Cognito makes no such header: get the token from a sign-in at the pool',
  repair: (draft) => {
    const { alg = 'RS256', kid = 'none' } = headerOf(draft)
    return withHeader(draft, { alg, kid })
  },
}

/** The remedies for the form and the header of a token; `docs/doctor.md` lists them. */
export const FORM_REMEDIES = {
  TOKEN_TOO_LONG: {
    check: 'form',
    found: ({ text }) => count(text.length, 'character'),
    expected: ({ maxLength }) => `no more than ${maxLength}`,
    advice: 'put less into the token, such as groups and custom claims, or raise maxTokenLength',
    repair: (draft) => ({ ...draft, maxLength: Number.POSITIVE_INFINITY }),
  },
  TOKEN_ENCRYPTED: {
    check: 'form',
    found: describeParts,
    expected: () => '3 parts',
    advice: 'this is an encrypted token, such as a refresh token: send the access token, or the ID token',
  },
  PART_COUNT_INVALID: {
    check: 'form',
    found: describeParts,
    expected: () => '3 parts with dots between them',
    advice: 'no JSON Web Token, or cut off while it was copied: copy the whole token again',
    repair: withParts,
  },
  WORD_INSTEAD_OF_TOKEN: NO_TOKEN,
  OBJECT_INSTEAD_OF_TOKEN: NO_TOKEN,
  CREDENTIALS_EMPTY: NO_TOKEN,
  PART_MALFORMED: DAMAGED,
  SIGNATURE_LENGTH_INVALID: DAMAGED,
  SCHEME_IN_TOKEN: besides(() => 'the word Bearer before the token'),
  TOKEN_IN_QUOTES: besides(() => 'quotes around the token'),
  SPACE_IN_CREDENTIALS: besides(describeSpaces),
  CREDENTIALS_MALFORMED: besides(() => 'characters that no token has'),
  PAYLOAD_NOT_AN_OBJECT: FOREIGN_PAYLOAD,
  PAYLOAD_HAS_PROTO: FOREIGN_PAYLOAD,
  HEADER_NOT_AN_OBJECT: FOREIGN_HEADER,
  HEADER_TOO_LONG: FOREIGN_HEADER,
  HEADER_HAS_PROTO: FOREIGN_HEADER,
  HEADER_MEMBER_REPEATED: FOREIGN_HEADER,
  HEADER_MEMBER_FORBIDDEN: FOREIGN_HEADER,
  TYP_NOT_JWT: FOREIGN_HEADER,
  ALG_NOT_RS256: {
    check: 'alg',
    found: (draft) => show(ownMember(headerOf(draft), 'alg')),
    expected: () => 'RS256',
    advice: 'Cognito signs with RS256 alone: another issuer has made this token, or a forger',
    repair: (draft) => withHeader(draft, { ...headerOf(draft), alg: 'RS256' }),
  },
  KID_MALFORMED: {
    check: 'kid',
    expected: () => 'the id of a key of the pool',
    advice: 'Cognito names the key of every token: another issuer has made this one',
    repair: (draft) => withHeader(draft, { ...headerOf(draft), kid: 'none' }),
  },
} satisfies Partial<Record<TokenReasonCode, Remedy>>
