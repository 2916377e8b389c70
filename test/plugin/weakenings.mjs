/**
 * Weakenings of the files beside the wings, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'cognito',
    tests: ['plugin/cognito'],
    rows: [['a protected scope is open', "scope.addHook('onRequest', guard)", 'void guard']],
  },
  {
    file: 'index',
    tests: ['plugin/plugin', 'guard/token-sources'],
    rows: [
      [
        'instances share what they verified',
        "Symbol('fastify-cognito.steps",
        "Symbol.for('fastify-cognito.steps",
      ],
      ['cookies that nobody parses', 'assertCookies(app, options)', ''],
      ['a second registration that Fastify refuses', '  assertFirst(app)\n', ''],
      ['the decorator of another plugin', ' || factoryNameOf(app.authRequired) === undefined', ''],
    ],
  },
  {
    file: 'options',
    tests: ['plugin/options'],
    rows: [
      [
        'a default pool beside tenants',
        'if (hasTenants && option === undefined) return undefined',
        'if (hasTenants) return option',
      ],
      ['a default pool that is not there', 'if (names.includes(name)) return name', 'if (name) return name'],
      ['a tolerance of any length', 'seconds(0, MAX_TOLERANCE)', 'seconds(0, 1e9)'],
      ['a token of any length', 'integer(512, 65_536,', 'integer(0, 1e9,'],
      ['anything for a token source', ' || !sources.every(isSource)', ''],
      ['an audit that vanishes', "'revocation', 'routes']", "'revocation']"],
    ],
  },
  {
    file: 'boot-warnings',
    tests: ['plugin/plugin'],
    rows: [
      ['no warning of plain keys', 'warnOfPlainKeys(log, pool)', ''],
      ['no warning of a secret for a client id', 'warnOfOddClients(log, pool)', ''],
    ],
  },
  {
    file: 'index',
    tests: ['plugin/lifecycle'],
    rows: [
      [
        'an application outlives its close',
        "app.addHook('onClose', async () => verifier.close())",
        "process.once('exit', verifier.close)",
      ],
    ],
  },
  {
    file: 'boot-warnings',
    tests: ['pool/key-urls'],
    rows: [['a warning of the first URL alone', 'plain.flatMap', 'plain.slice(0, 1).flatMap']],
  },
  {
    file: 'prefetch',
    tests: ['plugin/prefetch'],
    rows: [
      ['an unreachable pool does not stop the boot', 'refuse(await prefetch())', 'void (await prefetch())'],
      ['a pool with keys of the store stops the boot', "status.state === 'down'", "status.state !== 'ok'"],
      ['an unreachable pool is not enough', 'if (isOneEnough && first !== undefined) return\n', ''],
      ['nothing is asked in the background', '() => void prefetch()', '() => {}'],
      ['all pools at once', 'const PARALLEL_POOLS = 8', 'const PARALLEL_POOLS = 1000'],
      ['a timer keeps a closed application', 'async () => callOff?.()', 'async () => {}'],
    ],
  },
  {
    file: 'options',
    tests: ['revocation/revocation'],
    rows: [['a revocation that vanishes', "'revocation', 'routes']", "'routes']"]],
  },
]
