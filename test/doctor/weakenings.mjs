/**
 * Weakenings of `src/doctor/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'doctor/report',
    tests: ['doctor/command'],
    rows: [['a line break of a file begins a line', 'lines.map(printable)', 'lines']],
  },
  {
    file: 'doctor/command',
    tests: ['doctor/command'],
    rows: [
      ['a token in a wrong place comes back', "text.replace(/eyJ[\\w.-]{17,}/g, '[a token]')", 'text'],
      ['a failed check is a success', 'report.ok ? 0 : 1', '0'],
      ['an empty token is none', "if (text === '')", 'if (false)'],
      ['pools of two places', 'sources.length > 1', 'false'],
      ['an option twice', 'twice !== undefined', 'false'],
      ['an argument that nobody reads', "rest.some((argument) => argument !== '-')", 'false'],
      ['progress in a pipe', 'stderr.isTTY && ', ''],
      ['control characters are printed', 'paint(printableLines(', 'paint(((shown) => shown)('],
      ['no --client for every client', 'if (clients.length === 0)', 'if (false)'],
    ],
  },
  {
    file: 'doctor/check',
    tests: ['doctor/token', 'doctor/token-faults'],
    rows: [
      ['a token moves the cursor', 'short.replace(/[^\\x20-\\x7e]/g, ', 'short.replace(/[^]{999}/g, '],
      ['a claim of any length is shown', 'text.length > MAX_SHOWN', 'false'],
    ],
  },
  {
    file: 'doctor/index',
    tests: ['doctor/pool'],
    rows: [['a good token makes up for a pool that fails', 'areHealthy && report.ok', 'report.ok']],
  },
  {
    file: 'doctor/token',
    tests: ['doctor/token-faults', 'doctor/token'],
    rows: [
      [
        'the doctor does not look at the signature',
        'isSignedWith(createPublicKey(pem), draft.signed, signature)',
        'true',
      ],
      ['the doctor stops at the first fault', 'findRemedy(reasonCode).repair?.(current)', 'undefined'],
      ['the doctor takes both kinds of token', 'isKind ? refusalOf', 'false ? refusalOf'],
      ['the doctor takes claims of any type', 'refusalOf(readAuthentication, token, both),', 'undefined,'],
      ['the doctor knows better than the plugin', 'judge(text, ', 'judge(form.draft.text, '],
    ],
  },
  {
    file: 'doctor/pool',
    tests: ['doctor/pool'],
    rows: [
      ['403 is normal for issuers that were configured', ' && hasCognitoIssuers(pool)\n', '\n'],
      ['403 from both issuers is normal', ' && good.length > 0 && ', ' && '],
      ['a pool without a usable key', 'usable > 0 ?', 'published > 0 ?'],
      ['clocks that are any time apart', 'difference <= limit', 'difference >= 0'],
      ['a certificate is the network’s fault', "CERTIFICATE_CODE.test(errorCode ?? '')", 'false'],
      ['a file is the network’s fault', "if (failure === 'file') return", 'if (false) return'],
    ],
  },
  {
    file: 'doctor/pool',
    tests: ['keys/inline'],
    rows: [
      [
        'a token without the keys of the options',
        'pool.jwks === undefined ? collectKeys',
        'true ? collectKeys',
      ],
    ],
  },
  {
    file: 'doctor/key-set',
    tests: ['doctor/pool'],
    rows: [
      ['a cached answer tells the time of now', ' / 1000 - age)', ' / 1000)'],
      ['every failure is no key set', 'if (failure !== undefined) return { ...seen, failure, keys: [] }', ''],
      ['the doctor does not say why', '...(code !== undefined && { errorCode: code }),', ''],
    ],
  },
]
