/**
 * Weakenings of `src/verify/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'verify/required-names',
    tests: ['plugin/at-boot', 'guard/sign-in'],
    rows: [
      [
        'names of { anyOf } that are kept by reference',
        'const names = [...required.anyOf]',
        'const names = required.anyOf',
      ],
    ],
  },
  {
    file: 'verify/cognito-claims',
    tests: ['attacks/table'],
    rows: [
      ['any sub', "!isText(ownMember(payload, 'sub'))", 'false'],
      ['an empty text for a text', " && value !== ''", ''],
      ['any type of scope', "!isScope(ownMember(payload, 'scope'))", 'false'],
      ['any type of groups', "!isGroups(ownMember(payload, 'cognito:groups'))", 'false'],
      ['a list of anything for groups', " && value.every((group) => typeof group === 'string')", ''],
      ['a token bound to a key', "if (Object.hasOwn(payload, 'cnf'))", 'if (false)'],
      ['cnf null', "if (Object.hasOwn(payload, 'cnf'))", "if (payload['cnf'])"],
      ['any client_id', 'clientIds !== null && !clientIds.has(clientId)', 'false'],
      [
        'aud stands for client_id',
        "const clientId = ownMember(payload, 'client_id')",
        "const clientId = ownMember(payload, 'client_id') ?? ownMember(payload, 'aud')",
      ],
    ],
  },
  {
    file: 'verify/cognito-claims',
    tests: ['claims/standard-claims', 'claims/coercion', 'claims/reader'],
    rows: [['an ID token has a scope', "tokenUse === 'access' && !isScope", '!isScope']],
  },
  {
    file: 'verify/cognito-claims',
    tests: [
      'guard/requirement',
      'guard/arguments',
      'guard/guard',
      'guard/hooks',
      'guard/several-guards',
      'guard/application-functions',
    ],
    rows: [
      ['no client_id where any is accepted', '!isText(clientId)', 'false'],
      ['audience is not checked', 'audiences === null || ', 'audiences !== undefined || '],
      ['any aud of an ID token', 'return clientIds !== null && !clientIds.has(audience) ?', 'return false ?'],
      ['scopes of an ID token count', 'const scope = isAccess ?', 'const scope = payload ?'],
      ['scope is split at any space', "scope.split(' ')", 'scope.split(/[\\s,]+/)'],
    ],
  },
  {
    file: 'verify/cognito-claims',
    tests: ['verify/cognito-claims'],
    rows: [
      ['a user for a machine', ' && username === undefined', ''],
      ['any access token without a user for a machine', 'subject === clientId && ', ''],
      ['an ID token for a machine', 'principal: isAccess && ', 'principal: '],
      [
        'a list for the aud of an ID token',
        "const audience = ownMember(payload, 'aud')",
        "const audience = [ownMember(payload, 'aud')].flat()[0]",
      ],
      [
        'client_id stands for aud',
        "const audience = ownMember(payload, 'aud')",
        "const audience = ownMember(payload, 'aud') ?? ownMember(payload, 'client_id')",
      ],
    ],
  },
  {
    file: 'verify/issuing-pool',
    tests: ['attacks/table'],
    rows: [
      ['any issuer', 'byIssuer.get(issuer)', '(byIssuer.get(issuer) ?? [...byIssuer.values()][0])'],
      [
        'issuers compared without case',
        'byIssuer.get(issuer)',
        '[...byIssuer].find(([own]) => String(own).toLowerCase() === String(issuer).toLowerCase())?.[1]',
      ],
    ],
  },
  {
    file: 'verify/token-verification',
    tests: ['attacks/table'],
    rows: [
      [
        'the policy is held against a token after its key',
        'assertAccepted(pool, checkCognitoClaims(payload, pool), policy)',
        'checkCognitoClaims(payload, pool)',
      ],
      ['times are not checked', 'checkTimes(payload,', 'void (payload,'],
      ['a tolerance of milliseconds', 'tolerance: clockTolerance }', 'tolerance: clockTolerance * 1000 }'],
      ['a key is found but not used', 'checkSignature(text, token.signature)\n', 'void text\n'],
    ],
  },
  {
    file: 'verify/authentication-reader',
    tests: [
      'guard/several-guards',
      'guard/requirement',
      'guard/arguments',
      'guard/guard',
      'guard/hooks',
      'guard/application-functions',
      'claims/standard-schema',
    ],
    rows: [
      [
        'a second guard trusts the first one’s pools',
        '= assertAccepted(token.pool, token.tokenUse, policy)',
        '= policy.pools.get(token.pool.name) ?? [...policy.pools.values()][0]',
      ],
      ['the claim schema is not checked', 'if (misfits) throw', 'if (misfits === null) throw'],
      ['a schema that cannot work', 'if (fault) throw', 'if (fault === null) throw'],
      ['claims of an earlier token are kept', 'earlier?.token === token.text ?', 'earlier ?'],
      ['claims of an earlier schema are kept', 'omit(known, reader.names[token.tokenUse])', 'known'],
    ],
  },
  {
    file: 'verify/token-verification',
    tests: ['attacks/isolation'],
    rows: [
      [
        'the held keys of all pools are one set',
        'chosen.keys.held(token.kid)',
        '[...((globalThis as any).rings ??= new Set()).add(chosen.keys)].map((keys: any) => keys.held(token.kid)).find(Boolean)',
      ],
    ],
  },
  {
    file: 'verify/token-verification',
    tests: [
      'guard/guard',
      'guard/requirement',
      'guard/arguments',
      'guard/hooks',
      'guard/several-guards',
      'guard/application-functions',
    ],
    rows: [['a payload that can be changed', 'deepFreeze(payload)', 'payload']],
  },
  {
    file: 'verify/authentication-reader',
    tests: [
      'guard/guard',
      'guard/requirement',
      'guard/arguments',
      'guard/hooks',
      'guard/several-guards',
      'guard/application-functions',
    ],
    rows: [
      [
        'the token is enumerable',
        'this.#token = token',
        "this.#token = token\n    Object.defineProperty(this, 'token', { value: token, enumerable: true })",
      ],
      ['who sent a request can be changed', 'Object.freeze(sealed)', 'void sealed'],
      ['claims can be changed', 'Object.freeze(claims)', 'claims'],
    ],
  },
  {
    file: 'verify/token-requirement',
    tests: [
      'guard/requirement',
      'guard/arguments',
      'guard/guard',
      'guard/hooks',
      'guard/several-guards',
      'guard/application-functions',
    ],
    rows: [
      ['prohibited groups are not looked at', '!noneOf.some(', 'true || noneOf.some('],
      ['a user in some prohibited groups passes', '!noneOf.some(', '!noneOf.every('],
      ['allOf beside other conditions is not looked at', '[compileNames(allOf), ...', '[...'],
      ['anyOf beside other conditions is not looked at', 'anyOf.length > 0 ?', 'anyOf.length < 0 ?'],
      ['scopes are not asked for', 'scopes === undefined', 'scopes !== null'],
      ['groups are not asked for', 'groups === undefined', 'groups !== null'],
      [
        'scopes compared without case',
        'isMetBy(scopes)',
        'isMetBy({ has: (name) => scopes.some((own) => own.toLowerCase() === name) })',
      ],
      [
        'groups compared without case',
        'isMetBy(groups)',
        'isMetBy({ has: (name) => groups.some((own) => own.toLowerCase() === name) })',
      ],
    ],
  },
  {
    file: 'verify/sign-in',
    tests: ['guard/requirement', 'guard/sign-in', 'guard/arguments'],
    rows: [
      ['acr is not asked for', 'if (acr !== undefined) ', 'if (acr === null) '],
      ['amr is not asked for', 'if (amr !== undefined) ', 'if (amr === null) '],
      ['maxAge is not asked for', 'if (maxAge !== undefined) ', 'if (maxAge === null) '],
      ['maxAge without auth_time', 'isTime(authTime, ', 'authTime === undefined || isTime(authTime, '],
      ['iat stands for auth_time', "'auth_time')", "'auth_time') ?? payload['iat']"],
      ['a sign-in in the future', 'seconds + MIN_FUTURE_TOLERANCE', 'Number.POSITIVE_INFINITY'],
      ['a tolerance of milliseconds on maxAge', 'maxAge + tolerance', 'maxAge + tolerance * 1000'],
      [
        'a token without acr',
        "if (acr === undefined) return refuse('ACR_MISSING', { pool, challenge })",
        'if (acr === undefined) return undefined',
      ],
      ['an unknown level', ": refuse('ACR_UNKNOWN', { pool, challenge })", ': undefined'],
      ['any level of the pool', 'accepted.some((one) => one === acr)', 'levels.some((one) => one === acr)'],
      ['levels below the required one', 'required.atLeast - 1', 'required.atLeast - 2'],
      [
        'a level without case',
        'accepted.some((one) => one === acr)',
        'accepted.some((one) => one === String(acr).toLowerCase())',
      ],
      [
        'a token without amr',
        "if (amr === undefined) return refuse('AMR_MISSING', { pool, challenge })",
        'if (amr === undefined) return undefined',
      ],
      ['a machine that names methods', "principal === 'machine' ?", "principal === 'nobody' ?"],
      ['a pool without levels', '?? NO_LEVELS', '?? { levels: [], accepted: [ownMember(payload, "acr")] }'],
      ['the lowest level is asked for first', 'return accepted.reverse()', 'return accepted'],
      ['a challenge without max_age', '{ max_age: String(maxAge) }', '{}'],
      [
        'the age is told first',
        'rules.push(requireRecentSignIn(maxAge, clock))',
        'rules.unshift(requireRecentSignIn(maxAge, clock))',
      ],
    ],
  },
  {
    file: 'verify/token-requirement',
    tests: ['guard/sign-in'],
    rows: [
      [
        'the sign-in is looked at before scopes and groups',
        '.filter((rule) => rule !== undefined)',
        '.filter((rule) => rule !== undefined).reverse()',
      ],
    ],
  },
  {
    file: 'verify/token-policy',
    tests: ['guard/sign-in', 'guard/arguments'],
    rows: [
      ['a level that no pool has', 'assertKnownLevels(requirement.acr, all, path)', ''],
      ['a pool that has no such level', 'acr !== undefined && !canHold', 'acr === null && !canHold'],
    ],
  },
  {
    file: 'verify/required-names',
    tests: ['guard/requirement', 'guard/arguments', 'plugin/at-boot'],
    rows: [
      ['one of all names is enough', 'names.every(', 'names.some('],
      ['all of any names', 'names.some(', 'names.every('],
      ['no condition is enough', 'minProperties: 1, ', ''],
      ['a condition that is undefined vanishes', 'assertDefined(required, CONDITIONS, at)', ''],
      ['all of the groups that are prohibited', 'allOf.some(isProhibited) || ', ''],
      ['any of the groups that are prohibited', ' || (anyOf.length > 0 && anyOf.every(isProhibited))', ''],
      ['prohibited groups that change after the boot', 'noneOf: [...noneOf]', 'noneOf'],
    ],
  },
  {
    file: 'verify/token-requirement',
    tests: ['plugin/cognito'],
    rows: [
      [
        'verify takes a requirement that is undefined',
        'assertDefined(requirement, Object',
        'void (requirement, Object',
      ],
    ],
  },
  {
    file: 'verify/token-policy',
    tests: [
      'guard/requirement',
      'guard/arguments',
      'guard/application-functions',
      'guard/guard',
      'guard/hooks',
      'guard/several-guards',
    ],
    rows: [
      ['any token_use', 'if (expected?.tokenUses.has(tokenUse))', 'if (expected)'],
      [
        'any pool',
        'policy.pools.get(pool.name) :',
        '(policy.pools.get(pool.name) ?? [...policy.pools.values()][0]) :',
      ],
      ['a guard of a pool that is not there', ' && chosen.length === names.length', ''],
      [
        'a function names a pool that is not there',
        'if (pool === undefined) return',
        'if (pool === undefined) continue //',
      ],
      ['a function names no pool', 'chosen.size > 0 ?', 'chosen ?'],
      ['the route’s tokenUse is ignored', 'uses ?? tokenUses', 'tokenUses'],
      ['the route’s claims are ignored', 'ownReader ?? claimsReader', 'claimsReader'],
    ],
  },
  {
    file: 'verify/diagnostics',
    tests: ['verify/diagnostics'],
    rows: [
      ['a refusal counts as accepted', 'if (error !== undefined) refuse(message, error)', ''],
      ['nobody hears of a refusal', 'rejection.publish(message)', ''],
      ['a channel tells what was proved', 'observation.end()\n', 'observation.end()\n      return result\n'],
      ['rejections cannot be watched alone', ' || rejection.hasSubscribers', ''],
    ],
  },
  {
    file: 'verify/token-cache',
    tests: ['verify/token-cache'],
    rows: [
      ['what has the same hash is the same', ' || !isSame(found, input, start)', ''],
      [
        'a token in another header value is another one',
        'return known.text === input.slice(start)',
        'return false',
      ],
      ['a header value is its token', 'return known.text.length === input.length - start', 'return true'],
      ['any number of tokens', 'this.#young.size >= this.#maxSize', 'this.#young.size >= 1e9'],
      ['texts of any length', 'if (this.#length + length > this.#maxLength) this.#rotate()', ''],
      ['a text of any length', 'if (length > this.#maxLength) return', ''],
      ['hits are not counted', '    this.#admission.hit()\n', ''],
      ['a generation begins with the length of the last', '    this.#length = 0\n', ''],
      ['the used ones are forgotten, too', 'if (young === undefined) this.set(found)', ''],
    ],
  },
  {
    file: 'verify/cache-admission',
    tests: ['verify/cache-admission'],
    rows: [
      ['every token is remembered', ' || !this.#isStrict', ' || true'],
      ['no token is let in at its second use', 'isSeenAgain || ', ''],
      ['once strict, always strict', 'this.#isStrict = ', 'this.#isStrict ||= '],
      ['hits do not count', '    this.#hits += 1\n  }', '  }'],
      [
        'it knows fewer tokens than a larger cache holds',
        'Math.max(capacity, FEWEST_PLACES)',
        'FEWEST_PLACES',
      ],
      ['a small cache knows no more tokens than it holds', 'Math.max(capacity, FEWEST_PLACES)', 'capacity'],
      ['nothing that came is forgotten', 'this.#hashes[index] = hash', 'this.#hashes[index] ||= hash'],
      ['a larger cache is judged later', 'this.#misses > JUDGED_AFTER', 'this.#misses > this.#hashes.length'],
      ['hits alone are not judged', ' || this.#hits > JUDGED_AFTER', ''],
      ['it is strict too early', 'HITS_PER_NEW_TOKEN = 1 / 8', 'HITS_PER_NEW_TOKEN = 1 / 7.5'],
      ['it is strict too late', 'HITS_PER_NEW_TOKEN = 1 / 8', 'HITS_PER_NEW_TOKEN = 1 / 8.5'],
      ['a judgement counts what came before the last', '    this.#misses = 0\n', ''],
      ['a judgement counts the hits of before the last', '    this.#hits = 0\n', ''],
    ],
  },
  {
    file: 'verify/token-verification',
    tests: ['verify/token-cache'],
    rows: [
      ['a remembered token never expires', ' && now < validUntil', ''],
      ['a clock that is set back', 'now >= validFrom && ', ''],
      ['a whole header is remembered', 'isKept ? detach(input) : input,', 'input,'],
      ['a remembered token outlives its key', ' && keys.held(kid) === checkSignature', ''],
      [
        'a remembered token outlives the material of its key',
        'keys.held(kid) === checkSignature',
        'keys.held(kid)',
      ],
      ['every token is remembered at its first use', 'cache?.admits(text) === true', 'cache !== undefined'],
      ['a token is remembered without end', 'expires, now() / 1000 + ttl', 'expires'],
      [
        'tokens are remembered before their signature is checked',
        '    checkSignature(text, token.signature)\n    parser.learn(token)\n',
        '',
      ],
    ],
  },
  {
    file: 'verify/authentication-reader',
    tests: ['verify/token-cache'],
    rows: [
      ['one reading for every schema', 'lastReading?.reader === reader', 'lastReading'],
      ['one reading for a second guard', 'earlier === null && lastReading', 'lastReading'],
      ['one reading for every policy', 'token.lastReading?.policy === policy', 'token.lastReading'],
      ['a policy is asked once for all guards', 'earlier === null && token.', 'token.'],
      ['one reading of what can be changed', 'if (!reader.isRepeatable)', 'if (false)'],
      ['claims that can be changed', 'deepFreeze(claims)', 'claims'],
    ],
  },
  {
    file: 'verify/cognito-claims',
    tests: ['attacks/reason-codes'],
    rows: [['the reason of another claim', "return 'SUB_MISSING'", "return 'CLIENT_ID_MISSING'"]],
  },
  {
    file: 'verify/token-policy',
    tests: ['attacks/reason-codes'],
    rows: [
      [
        'another pool is another kind',
        "isAcceptedPool ? KIND_NOT_ACCEPTED[tokenUse] : 'POOL_NOT_ACCEPTED'",
        'KIND_NOT_ACCEPTED[tokenUse]',
      ],
    ],
  },
  {
    file: 'verify/diagnostics',
    tests: ['verify/diagnostics'],
    rows: [
      [
        'a metric without the code of a reason',
        '  if (reasonCode !== undefined) message.reasonCode = reasonCode\n',
        '',
      ],
    ],
  },
  {
    file: 'verify/token-policy',
    tests: ['attacks/tenant-boundaries', 'attacks/tenants'],
    rows: [
      [
        'who names no tenant names every one',
        'accepted?.name === tenant ||',
        '(accepted !== undefined && accepted.name === undefined) || accepted?.name === tenant ||',
      ],
      [
        'the name of a tenant is not compared',
        'accepted?.name === tenant || accepted?.name === EVERY_TENANT ?',
        'accepted !== undefined ?',
      ],
      [
        'names of tenants without case',
        'accepted?.name === tenant ||',
        "String(accepted?.name ?? '').toLowerCase() === tenant.toLowerCase() ||",
      ],
      ['a name that stands for every tenant', "Symbol('every tenant')", "'every' as never"],
    ],
  },
  {
    file: 'verify/authentication-reader',
    tests: ['attacks/tenants'],
    rows: [
      [
        'a remembered token of a tenant passes each guard',
        'assertAccepted(token.pool, token.tokenUse, policy)',
        '(token.lastReading ? [policy.tenants?.terms, ...policy.pools.values()].find(Boolean) as any : assertAccepted(token.pool, token.tokenUse, policy))',
      ],
    ],
  },
  {
    file: 'verify/issuing-pool',
    tests: ['attacks/tenant-boundaries'],
    rows: [
      ['a guard without tenants reads their list', ' || policy.tenants?.name === undefined', ''],
      ['a token of no tenant causes a reading', '    checkCognitoClaims(payload, tenants.anyTenant)\n', ''],
      [
        'an expired token causes a reading',
        '    checkTimes(payload, now() / 1000, tolerance, tenants.anyTenant.name)\n',
        '',
      ],
    ],
  },
  {
    file: 'verify/token-verification',
    tests: ['attacks/tenant-boundaries', 'attacks/tenant-removal'],
    rows: [
      ['the claim of a tenant is not looked at', '  membership?.assertClaim(payload)\n', ''],
      [
        'a remembered token outlives its tenant',
        'isInTime && membership?.isCurrent() !== false &&',
        'isInTime &&',
      ],
      [
        'a tenant leaves while a key is fetched',
        'if (chosen.membership?.isCurrent() !== false)',
        'if (chosen)',
      ],
    ],
  },
]
