/**
 * Weakenings of `src/guard/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'guard/annotations',
    tests: ['routes/guard-placement'],
    rows: [
      [
        'onResponse taken for a hook that guards',
        "'preHandler'] as const",
        "'preHandler', 'onResponse'] as const",
      ],
    ],
  },
  {
    file: 'guard/token-finder',
    tests: ['plugin/at-boot'],
    rows: [
      [
        'a source that is read anew',
        'sources.map((source) => source.read.bind(source))',
        'sources.map((source) => (request) => source.read(request))',
      ],
    ],
  },
  {
    file: 'guard/guard',
    tests: [
      'guard/guard',
      'guard/application-functions',
      'guard/arguments',
      'guard/several-guards',
      'guard/hooks',
    ],
    rows: [
      ['a bad token passes', 'refuseWith(error)\n      return', 'done()\n      return'],
      ['a token without a key passes', 'done), refuseWith)', 'done), () => done())'],
      [
        'a returned refusal passes',
        'instanceof CognitoError) refuseWith(outcome)',
        'instanceof CognitoError) done()',
      ],
      [
        'a request that cannot hold the authentication passes',
        'done(toError(error))\n    return',
        'done()\n    return',
      ],
    ],
  },
  {
    file: 'guard/request-authentication',
    tests: [
      'guard/guard',
      'guard/application-functions',
      'guard/arguments',
      'guard/several-guards',
      'guard/requirement',
      'guard/hooks',
    ],
    rows: [
      [
        'a falsy value thrown is success',
        "if (typeof error === 'object' && error !== null)",
        'if (error !== toError)',
      ],
      ['requirements are not checked', 'policy.authorize(authentication)', 'void policy'],
      ['what check answers is truthy', 'isPermitted === true', 'isPermitted'],
      ['check is not asked', 'if (check === undefined) return', 'if (check !== null) return'],
      ['an optional guard lets another scheme pass', 'token === undefined && isOptional', 'isOptional'],
      [
        'a required guard lets an anonymous request pass',
        'token === undefined && isOptional',
        'token === undefined',
      ],
      ['an empty token is none', 'if (!token) return', "if (!token || tokenTextOf(token) === '') return"],
      ['a guard takes undefined', 'assertGiven(given, name)', 'void given'],
      [
        'null for the default pool',
        'selector === undefined ? assertDefaultPool(context.defaultPool, name) : selector',
        'selector ?? assertDefaultPool(context.defaultPool, name)',
      ],
    ],
  },
  {
    file: 'guard/verify-request',
    tests: ['guard/verify-request', 'attacks/table'],
    rows: [
      ['a returned refusal is an authentication', 'if (outcome instanceof CognitoError) throw outcome', ''],
      ['a falsy value thrown is no error', 'throw toError(error)', 'throw error'],
      ['an authentication replaces that of a guard', 'request.cognito === null && ', ''],
      ['verifyRequest takes undefined', 'assertGiven(rest, name)', 'void rest'],
      ['a refusal without the realm of its plugin', 'throw stampRealm(error, realm)', 'throw error'],
      [
        'the required form passes a request without credentials',
        "name: 'verifyRequest', isOptional: false",
        "name: 'verifyRequest', isOptional: true",
      ],
    ],
  },
  {
    file: 'guard/node-request',
    tests: ['guard/verify-request'],
    rows: [
      [
        'a request of any form',
        "if (!hasMember(given, 'headers') || !hasMember(given, 'rawHeaders'))",
        'if (false)',
      ],
      ['a stand-in for each call', 'standIns.set(raw, standIn)', ''],
    ],
  },
  {
    file: 'guard/compiled-once',
    tests: ['guard/verify-request', 'plugin/cognito', 'guard/tenant-selector'],
    rows: [
      ['a policy of one pool serves another', 'JSON.stringify(names)', "''"],
      ['lists of pools grow without end', 'if (byNames.size > MAX_LISTS) byNames.clear()', ''],
      [
        'a requirement is compiled at each call',
        'known.set(requirement, byObject',
        'void (requirement, byObject',
      ],
      [
        'selectors that look alike are one',
        '[object = NAMES_ALONE, another] = objects',
        '[object, another] = [NAMES_ALONE, objects[1]]',
      ],
      [
        'a list with two selectors is one with the first',
        'if (another !== undefined) return compile(pool, requirement)',
        '',
      ],
      ['a function in a list is the function alone', "key: '' }", "key: '[]' }"],
    ],
  },
  {
    file: 'guard/verify-token',
    tests: ['plugin/cognito'],
    rows: [
      ['verify takes undefined', "assertGiven(given, 'verify')", 'void given'],
      ['verify takes any requirement', "assertRequirement(requirement, 'verify')", 'void requirement'],
    ],
  },
  {
    file: 'guard/verify-token',
    tests: ['revocation/revocation'],
    rows: [['app.cognito.verify does not ask', '      await revocation?.pass(verified)\n', '']],
  },
  {
    file: 'guard/annotations',
    tests: ['routes/openapi', 'routes/openapi-schemes'],
    rows: [
      ['one of two guards is enough', 'b.pool === a.pool', 'b.pool !== b'],
      ['guards of two kinds of token open', 'pool === null || tokenUses.length > 0', 'true'],
      [
        'a hook composed of what is no guard',
        "  throw new TypeError('composed: expected guards as",
        "  return []\n  new TypeError('composed: expected guards as",
      ],
      ['a hook composed of nothing', 'if (alternatives.length === 0) {', 'if (guards === hook) {'],
      [
        'an optional guard looks required',
        'isOptional ? [ANONYMOUS, ...alternatives] : alternatives',
        'alternatives',
      ],
      [
        'any of the scopes looks like all',
        'isConditions(required) ? required.anyOf.map((name) => [name])',
        'isConditions(required) ? [required.anyOf]',
      ],
      ['prohibited groups are not shown', "...describeList(kind, 'none', noneOf),", ''],
      ['levels are not shown', '...describeLevels(accepted), ', ''],
    ],
  },
  {
    file: 'guard/requirement',
    tests: [
      'guard/arguments',
      'guard/requirement',
      'guard/guard',
      'guard/hooks',
      'guard/several-guards',
      'guard/application-functions',
    ],
    rows: [
      ['a requirement that is undefined', 'assertDefined(requirement, ', 'void (requirement, '],
      ['a requirement of any form', 'assertOptions(compiled, requirement', 'void (compiled, requirement'],
    ],
  },
  {
    file: 'guard/pool-selection',
    tests: [
      'guard/application-functions',
      'guard/requirement',
      'guard/arguments',
      'guard/guard',
      'guard/hooks',
      'guard/several-guards',
    ],
    rows: [['an unknown pool stands for all', 'if (policy) return policy', 'return policy ?? all']],
  },
  {
    file: 'guard/token-sources',
    tests: ['attacks/table'],
    rows: [
      ['two Authorization lines', 'if (countLines(request.raw.rawHeaders, field) > 1)', 'if (false)'],
      ['two lines in different case', 'name.toLowerCase() === field', 'name === field'],
      ['any scheme', 'value.slice(0, start).toLowerCase() !== prefix || ', ''],
      ['an empty header is none', "if (value === '') return null", "if (value === '') return undefined"],
      ['another scheme is none', 'charCodeAt(start))) return null', 'charCodeAt(start))) return undefined'],
      [
        'a query string is a source by default',
        'TokenFrom = fromHeader()',
        "TokenFrom = [fromHeader(), fromQuery('access_token')]",
      ],
    ],
  },
  {
    file: 'guard/token-sources',
    tests: ['guard/token-sources'],
    rows: [
      ['a plain header of any scheme', '    value.startsWith(start) &&\n', ''],
      ['a plain header with more spaces', '    value.charCodeAt(start.length) > SPACE &&\n', ''],
      ['a plain header with spaces behind it', ' &&\n    value.charCodeAt(value.length - 1) > SPACE', ''],
      ['two query parameters', 'const value = query[name]', 'const value = [query[name]].flat()[0]'],
      ['two subprotocols', 'if (tokens.length > 1)', 'if (false)'],
      [
        'cookies that are not parsed are none',
        'if (!cookies)',
        'if (!cookies) return undefined\n    if (!cookies)',
      ],
      ['a name of any form', '!HTTP_TOKEN.test(value)', 'false'],
    ],
  },
  {
    file: 'guard/token-finder',
    tests: ['guard/token-sources'],
    rows: [
      ['another scheme in a list is none', 'if (credentials === null) found = null', ''],
      ['an empty token in a list is none', "if (typeof credentials === 'string')", 'if (credentials)'],
      [
        'a header and a query string at once',
        "if (typeof findInHeaders(request) === 'string' && ",
        'if (false && ',
      ],
      [
        'an odd answer of a source is none',
        'ignoreRejection(value)',
        'ignoreRejection(value)\n  return undefined',
      ],
    ],
  },
  {
    file: 'guard/request-authentication',
    tests: ['guard/load-user'],
    rows: [['loadUser is not asked', 'return loadUser === undefined ? ', 'return loadUser !== null ? ']],
  },
  {
    file: 'guard/load-user',
    tests: ['guard/load-user'],
    rows: [
      ['null is a user', 'user !== null && ', ''],
      ['undefined is a user', 'user !== undefined && ', ''],
      ['false is a user', ' && user !== false', ''],
      ['the user of another token', ' && loaded.token === token', ''],
      ['the user of another function', 'loaded?.load === load && loaded.token', 'loaded?.token'],
      ['a user is loaded again', 'users.set(request, { load, token, user })', ''],
    ],
  },
  {
    file: 'guard/load-user',
    tests: ['guard/verify-request'],
    rows: [
      ['a user that failed stays', 'user.catch(() => users.delete(request))', 'user.catch(() => undefined)'],
    ],
  },
  {
    file: 'guard/request-authentication',
    tests: ['revocation/revocation'],
    rows: [
      [
        'scopes before revocation',
        '    const passing = passOnce(context, request, verified)',
        '    policy.authorize(authentication)\n    const passing = passOnce(context, request, verified)',
      ],
    ],
  },
  {
    file: 'guard/refusal-answer',
    tests: ['http/error-handler'],
    rows: [
      ['a redirect that stays a refusal', 'reply.raw.statusCode = statusCode', 'reply.code(statusCode)'],
    ],
  },
  {
    file: 'guard/refusal-answer',
    tests: ['guard/hooks', 'guard/guard', 'plugin/plugin'],
    rows: [
      ['the status is left to the error handler', 'reply.raw.statusCode = statusCode', 'void statusCode'],
      ['no headers', 'reply.headers(headers)', 'void headers'],
    ],
  },
  {
    file: 'guard/refusal-answer',
    tests: ['user-routes/errors'],
    rows: [['an error of an account route with status 200', '    reply.raw.statusCode = statusCode\n', '']],
  },
  {
    file: 'guard/refusal-answer',
    tests: ['http/error-handler'],
    rows: [['any error is answered', 'if (!writeHead(reply, error)) throw error', 'writeHead(reply, error)']],
  },
  {
    file: 'guard/token-finder',
    tests: ['attacks/reason-codes'],
    rows: [
      ['a token without its scheme is another scheme', 'LOOKS_LIKE_TOKEN.test(trim(value))', 'false'],
      [
        'an empty header has another scheme',
        "if (trim(value) === '') return",
        "if (trim(value) === '-') return",
      ],
      ['any credentials are a token without its scheme', 'LOOKS_LIKE_TOKEN.test(trim(value)) ? ', 'value ? '],
    ],
  },
  {
    file: 'guard/once-a-request',
    tests: [
      'guard/guard',
      'guard/application-functions',
      'guard/arguments',
      'guard/several-guards',
      'guard/requirement',
      'guard/hooks',
    ],
    rows: [['the memo is not of this token', 'seen && seen.text === text', 'seen']],
  },
  {
    file: 'guard/once-a-request',
    tests: ['revocation/revocation'],
    rows: [
      [
        'revocation is not looked at',
        'if (revocation === undefined || steps?',
        'if (revocation !== undefined || steps?',
      ],
      [
        'a refused token counts as asked about',
        "lookup = passing instanceof Promise ? passing : 'passed'",
        "lookup = 'passed'",
      ],
      [
        'each guard asks',
        "  if (steps.lookup === 'passed') return\n  if (steps.lookup !== 'due') return steps.lookup\n",
        '',
      ],
    ],
  },
  {
    file: 'guard/once-a-request',
    tests: ['guard/verify-request'],
    rows: [
      [
        'each of several calls verifies a token with a new key',
        'recall(context, request, later.text) ?? ',
        '',
      ],
      ['an expired token passes again', ' && now() / 1000 < seen.validUntil', ''],
      ['calls at the same time ask each', "  if (steps.lookup !== 'due') return steps.lookup\n", ''],
      ['a lookup that failed stays', "steps.lookup = 'due'\n      },", '},'],
    ],
  },
  {
    file: 'guard/tenant-names',
    tests: ['guard/tenant-names'],
    rows: [
      ['a suffix without its dot', '/^(?:\\.[a-z0-9]', '/^(?:\\.?[a-z0-9]'],
      [
        'several labels before the suffix',
        'LABEL = /^[a-z0-9](?:[a-z0-9-]',
        'LABEL = /^[a-z0-9](?:[a-z0-9.-]',
      ],
      ['the case of a host counts', "/^[!-~]*$/.test(host) ? host.toLowerCase() : ''", 'host'],
      [
        'a character that becomes another one',
        "/^[!-~]*$/.test(host) ? host.toLowerCase() : ''",
        'host.toLowerCase()',
      ],
      [
        'a host that goes on after the suffix',
        'host.endsWith(suffix) ? host.slice(0, -suffix.length)',
        'host.includes(suffix) ? host.slice(0, host.indexOf(suffix))',
      ],
      ['a domain that ends alike', 'host.endsWith(suffix)', 'host.endsWith(suffix.slice(1))'],
      ['the whole host for a name', 'host.slice(0, -suffix.length)', "host.split('.', 1)[0]"],
      ['an inherited member for a name', 'Object.hasOwn(Object(members), name)', 'true'],
      ['a list for a name', "return typeof value === 'string' ? value : undefined", 'return value as never'],
      ['a port of node:http', 'colon < 0 ? given : given.slice(0, colon)', 'given'],
      ['any argument for a name', "if (typeof name !== 'string' || name === '')", 'if (name === undefined)'],
    ],
  },
  {
    file: 'guard/tenant-selector',
    tests: ['guard/tenant-selector'],
    rows: [
      ['any text for the name of a tenant', ' && TENANT_NAME.test(choice)', ''],
      [
        'a selector that can be changed',
        'return Object.freeze(Object.defineProperty({}, CHOICE, { value: kept }))',
        'return Object.defineProperty({}, CHOICE, { value: kept })',
      ],
    ],
  },
  {
    file: 'guard/pool-selection',
    tests: ['attacks/tenant-boundaries', 'guard/tenant-selector'],
    rows: [
      [
        'what becomes a text names a tenant',
        "typeof chosen === 'string' ? chosen : undefined",
        'String(chosen)',
      ],
      [
        'what is no name means every tenant',
        "typeof chosen === 'string' ? chosen : undefined",
        "typeof chosen === 'string' ? chosen : (EVERY_TENANT as never)",
      ],
      [
        'what a function of pools returns is sifted',
        'selectPools(all, names as string[])',
        "selectPools(all, names.filter((one) => typeof one === 'string') as string[])",
      ],
      ['a function of pools takes tenants as well', 'takesTenants: false', 'takesTenants: true'],
      ['several selectors in a list', 'if (choices.length > 1)', 'if (choices.length > 2)'],
    ],
  },
  {
    file: 'guard/request-authentication',
    tests: ['guard/tenant-selector'],
    rows: [
      [
        'a guard that names nothing beside tenants',
        'if (pool !== undefined) return pool',
        "if (name !== '') return pool ?? 'staff'",
      ],
    ],
  },
  {
    file: 'guard/verify-token',
    tests: ['guard/tenant-selector'],
    rows: [['a function of a request without a request', '    assertWithoutRequest(tenant)\n', '']],
  },
  {
    file: 'guard/once-a-request',
    tests: ['attacks/tenant-removal'],
    rows: [['a request outlives its tenant', ' && seen.membership?.isCurrent() !== false', '']],
  },
  {
    file: 'guard/request-authentication',
    tests: ['guard/tenant-selector'],
    rows: [['a selector is a requirement', '  assertNoSelector(requirement, name)\n', '']],
  },
]
