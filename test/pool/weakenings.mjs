/**
 * Weakenings of `src/pool/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'pool/client-id',
    tests: ['doctor/pool', 'plugin/plugin'],
    rows: [
      ['a secret for a client id', '{1,40}$/', '{1,400}$/'],
      ['the clients of an emulator', 'hasCognitoIssuers(pool) && !', '!'],
    ],
  },
  {
    file: 'pool/pools-apart',
    tests: ['pool/options'],
    rows: [
      ['two pools of one id', '({ userPoolId }) => [userPoolId]', '() => []'],
      ['two pools of one issuer', '({ issuers }) => issuers,', '() => [],'],
      ['two pools of one key set', '({ jwksUrls }) => jwksUrls.values()', '() => []'],
    ],
  },
  {
    file: 'pool/pools-apart',
    tests: ['keys/inline'],
    rows: [
      ['two pools of one inline key', '[...(jwks?.values() ?? [])].map', '[...[]].map'],
      [
        'two pools of one inline key under two ids',
        '[...(jwks?.values() ?? [])].map(({ pem }) => pem)',
        '[...(jwks?.keys() ?? [])]',
      ],
    ],
  },
  {
    file: 'pool/accepted-tokens',
    tests: ['pool/options', 'plugin/options', 'tenants/options'],
    rows: [['an audience that no accepted token has', "!tokenUses.has('access')", 'false']],
  },
  {
    file: 'pool/pool',
    tests: ['pool/options', 'pool/key-urls', 'plugin/options'],
    rows: [
      [
        'no appClientId for every client',
        'expected: CLIENT_EXPECTED,\n',
        "expected: CLIENT_EXPECTED, [Symbol.for('TypeBox.Optional')]: 'Optional',\n",
      ],
      ['an app client that is undefined', 'Type.Null()]', 'Type.Null(), Type.Undefined()]'],
      ['undefined for an option that narrows a pool', 'assertDefined(given, ', 'void (given, '],
      ['a region that is not the pool’s', 'region !== undefined && region !== parsed.region', 'false'],
      ['a domain that is a prefix', "url.hostname.includes('.')", 'true'],
      ['a domain with a path', 'isHost && url.href === ', 'isHost && url.origin && '],
      [
        'both kinds of token by default',
        "withDefault(tokenUseOption, 'access')",
        "withDefault(tokenUseOption, ['access', 'id'])",
      ],
      ['plain http of a pool in production', '  assertInsecureHttp(options.insecureHttp, path, env)\n', ''],
    ],
  },
  {
    file: 'pool/pool',
    tests: ['keys/inline'],
    rows: [
      ['a private key in the options', "readEntries(jwks)?.some((entry) => 'd' in entry)", 'false'],
      ['options without a usable key', 'keys === undefined || keys.size === 0', 'keys === undefined'],
      ['keys and a URL', 'if (jwksUrl !== undefined) throw', 'if (false) throw'],
      ['keys that are undefined', "'claims', 'jwks'], path", "'claims'], path"],
    ],
  },
  {
    file: 'pool/jwks-url',
    tests: ['pool/options', 'pool/key-urls', 'plugin/options'],
    rows: [
      ['plain http without being asked', 'parseUrl(value, insecureHttp)', 'parseUrl(value, true)'],
      [
        'an empty variable is a URL',
        "env['AWS_COGNITO_KEYS_URL'] || undefined",
        "env['AWS_COGNITO_KEYS_URL']",
      ],
    ],
  },
  {
    file: 'pool/jwks-url',
    tests: ['keys/file'],
    rows: [
      ['a file URL that is relative', "value.startsWith('file:/') && ", ''],
      ['a file URL with a query', " && url.search === ''", ''],
      ['a file of another machine', '    fileURLToPath(url)\n', ''],
      ['a file URL with placeholders', ' || /[{}]/.test(value)', ''],
    ],
  },
]
