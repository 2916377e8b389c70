/**
 * Weakenings of `src/jwt/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'jwt/form',
    tests: ['attacks/table'],
    rows: [
      ['a header of any size', 'Buffer.byteLength(text) > 1024', 'false'],
      ['a signature that is too short', 'signature.length < 256 || ', ''],
      ['a signature that is too long', ' || signature.length > 1024', ''],
      ['bytes that are not UTF-8', 'return isReplaced ? undefined : decoded', 'return decoded'],
      ['a member named __proto__', "if (Object.hasOwn(value, '__proto__'))", 'if (false)'],
      ['a header member twice', 'findRepeatedName(text) !== undefined', 'findRepeatedName === undefined'],
      ['any alg', "alg !== 'RS256'", "typeof alg !== 'string'"],
      ['alg in any case', "alg !== 'RS256'", "String(alg).toUpperCase() !== 'RS256'"],
      ['crit', "'crit', ", ''],
      ['b64, zip and enc', "'b64', 'zip', 'enc', ", ''],
      ['jku', "'jku', ", ''],
      ['jwk', "'jwk', ", ''],
      ['x5u and x5c', "'x5u', 'x5c', ", ''],
      ['cty, epk and p2c', ", 'cty', 'epk', 'p2c'", ''],
      ['a forbidden member that is null', 'if (Object.hasOwn(header, name))', 'if (header[name])'],
      ['any typ', ' && TYP.test(typ)', ''],
      [
        'typ null',
        "if (Object.hasOwn(header, 'typ') && ",
        "if (header['typ'] !== null && header['typ'] !== undefined && ",
      ],
      ['a typ that ends like ours', '/^(?:application', '/(?:application'],
      ['any kid', ' || !KID.test(kid)', ''],
      ['a kid that is no text', "typeof kid !== 'string' || ", ''],
    ],
  },
  {
    file: 'jwt/form',
    tests: ['jwt/form'],
    rows: [
      ['a longer token is read', 'text.length > maxLength', 'false'],
      ['a long part in little room', '? scratch : Buffer.allocUnsafe(segment.length)', '? scratch : scratch'],
      ['base64 for base64url: +', "text.includes('+') || ", ''],
      ['base64 for base64url: /', "text.includes('/') || ", ''],
      ['letters beyond ASCII', ' || Buffer.byteLength(text) !== text.length', ''],
      ['what a decoder skips', ' && length === Math.floor((segment.length * 3) / 4)', ''],
      ['bits that are not used', '.includes(segment.slice(-1))', '.length > 0'],
      ['a payload in any spelling', 'if (!isCanonical(segment, length))', 'if (length === 0)'],
      ['a signature in any spelling', 'if (!isCanonical(parts.signature, signature.length))', 'if (false)'],
      ['the sign for what is not UTF-8 is refused', ' && !isUtf8(room.subarray(0, length))', ''],
    ],
  },
  {
    file: 'jwt/signature',
    tests: ['attacks/table'],
    rows: [
      [
        'the signature is not checked',
        "createVerify('sha256').update(signed, 'latin1').verify(key, signature)",
        'true',
      ],
    ],
  },
  {
    file: 'jwt/signature',
    tests: ['jwt/signature'],
    rows: [
      [
        'the first token alone has to be genuine',
        'isGenuine && (isAgreedUpon || ',
        '(isAgreedUpon || isGenuine && ',
      ],
      [
        'the second verifier is never asked',
        '(isAgreedUpon || isAcceptedBySecondVerifier(text, pem, tolerance))',
        '(isAgreedUpon || isGenuine)',
      ],
      [
        'the second verifier is let go before it agreed',
        "else throw refuse('SIGNATURE_MISMATCH')",
        "else {\n      isAgreedUpon ||= isGenuine\n      throw refuse('SIGNATURE_MISMATCH')\n    }",
      ],
      ['a key of any algorithm', "asymmetricKeyType !== 'rsa' || ", ''],
      ['a private key for a public one', ' || !pem.startsWith(SPKI)', ''],
      [
        'the text of the library’s error gets out',
        'return false\n  }',
        "throw new Error('the library')\n  }",
      ],
      ['the leeway of the library without end', ' * 1000,', ' * 1e9,'],
      ['the library has no leeway', 'Math.max(tolerance, MIN_FUTURE_TOLERANCE) * 1000', '0'],
    ],
  },
  {
    file: 'jwt/times',
    tests: ['jwt/times', 'attacks/table'],
    rows: [
      ['any type of exp', '!isTime(exp, MILLISECONDS_FROM)', 'false'],
      ['exp is not checked', 'exp <= now - tolerance', 'false'],
      ['any type of iat', '!isTime(iat, latest)', "typeof iat === 'number' && iat > latest"],
      ['iat in the future', '!isTime(iat, latest)', '!isTime(iat, MAX_TIME)'],
      ['any time in the future', 'now + Math.max(tolerance, MIN_FUTURE_TOLERANCE)', 'MAX_TIME'],
      ['exp before iat', 'exp <= iat || ', ''],
      ['a lifetime of any length', ' || exp - iat > MAX_LIFETIME', ''],
      ['nbf is not checked', "Object.hasOwn(payload, 'nbf') && ", 'false && '],
      ['nbf null', "Object.hasOwn(payload, 'nbf')", "ownMember(payload, 'nbf') != null"],
      ['a time below zero', 'value >= 0 && ', ''],
      ['a text for a time', "typeof value === 'number' && ", ''],
    ],
  },
  {
    file: 'jwt/form',
    tests: ['attacks/reason-codes'],
    rows: [
      ['a refresh token for one that was cut off', "if (parts === 5) return 'TOKEN_ENCRYPTED'", ''],
      ['a header for a payload', 'parseObject(payloadText, PAYLOAD)', 'parseObject(payloadText, HEADER)'],
    ],
  },
  {
    file: 'jwt/times',
    tests: ['attacks/reason-codes'],
    rows: [
      ['a time in the future for one in milliseconds', 'value >= MILLISECONDS_FROM', 'value < 0'],
      ['the reason of another claim', 'refuse(explain(IAT, iat)', 'refuse(explain(EXP, iat)'],
    ],
  },
]
