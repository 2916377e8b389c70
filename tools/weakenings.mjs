/**
 * The weakenings of `npm run weaken`: what no longer holds, the text that made it hold, what stands there instead. The
 * tests named are those that should catch them.
 *
 * Left out, because nobody could tell the difference: `algorithms` of `@fastify/jwt` behind the check of `alg`, the check
 * of a schema before its `Decode`, which checks too, the check of `token_use` in `cognito-token` before that of the plan,
 * an empty or non-object part, which is refused for the members that it lacks, and a fourth part, which no spelling of a
 * signature has.
 */

/** @typedef {readonly [name: string, find: string, replace: string]} Row */

/** @type {readonly { file: string, tests: readonly string[], rows: readonly Row[] }[]} */
export const groups = [
  {
    file: 'jwt',
    tests: ['attacks'],
    rows: [
      ['a header of any size', 'Buffer.byteLength(text) > 1024', 'false'],
      ['a signature that is too short', 'signature.length < 256 || ', ''],
      ['a signature that is too long', ' || signature.length > 1024', ''],
      ['bytes that are not UTF-8', 'return isReplaced ? undefined : decoded', 'return decoded'],
      ['null for an object', 'value === null || ', ''],
      ['a member named __proto__', "if (Object.hasOwn(value, '__proto__'))", 'if (false)'],
      [
        'a header member twice',
        'countMembers(text) !== Object.keys(header).length',
        'countMembers === undefined',
      ],
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
    file: 'jwt',
    tests: ['jwt'],
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
    file: 'signature',
    tests: ['attacks'],
    rows: [
      [
        'the signature is not checked',
        "createVerify('sha256').update(signed, 'latin1').verify(key, signature)",
        'true',
      ],
    ],
  },
  {
    file: 'signature',
    tests: ['signature'],
    rows: [
      [
        'the first token alone has to be genuine',
        'isGenuine && (isAgreedUpon || ',
        '(isAgreedUpon || isGenuine && ',
      ],
      ['one verifier is enough', 'isAgreedUpon || accepts(text)', 'isAgreedUpon || accepts'],
      [
        'the text of the library’s error gets out',
        'return false\n    }',
        "throw new Error('the library')\n    }",
      ],
      ['the leeway of the library without end', ' * 1000,', ' * 1e9,'],
      ['the library has no leeway', 'Math.max(tolerance, MIN_FUTURE_TOLERANCE) * 1000', '0'],
    ],
  },
  {
    file: 'members',
    tests: ['members'],
    rows: [['members of prototypes are read', 'Object.hasOwn(object, name)', 'true']],
  },
  {
    file: 'cognito-token',
    tests: ['attacks'],
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
    file: 'cognito-token',
    tests: ['guard'],
    rows: [
      ['no client_id where any is accepted', '!isText(clientId)', 'false'],
      ['audience is not checked', 'audiences === null || ', 'audiences !== undefined || '],
      ['any aud of an ID token', 'return clientIds !== null && !clientIds.has(audience) ?', 'return false ?'],
      ['scopes of an ID token count', 'const scope = isAccess ?', 'const scope = payload ?'],
      ['scope is split at any space', "scope.split(' ')", 'scope.split(/[\\s,]+/)'],
    ],
  },
  {
    file: 'cognito-token',
    tests: ['cognito-token'],
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
    file: 'token-verifier',
    tests: ['attacks'],
    rows: [
      ['any issuer', 'byIssuer.get(issuer)', 'byIssuer.get(issuer) ?? [...byIssuer.values()][0]'],
      [
        'issuers compared without case',
        'byIssuer.get(issuer)',
        '[...byIssuer].find(([own]) => String(own).toLowerCase() === String(issuer).toLowerCase())?.[1]',
      ],
      [
        'the plan is held against a token after its key',
        'assertPlanned(pool.name, checkCognitoClaims(token.payload, pool), pools)',
        'checkCognitoClaims(token.payload, pool)',
      ],
      ['times are not checked', 'checkTimes(token.payload,', 'void (token.payload,'],
      ['a tolerance of milliseconds', ' / 1000, clockTolerance', ' / 1000, clockTolerance * 1000'],
      ['a key is found but not used', 'checkSignature(text, token.signature)\n', 'void text\n'],
    ],
  },
  {
    file: 'authenticator',
    tests: ['guard'],
    rows: [
      [
        'a second guard trusts the first one’s pools',
        '= assertPlanned(token.pool.name, token.tokenUse, plan.pools)',
        '= plan.pools.get(token.pool.name) ?? [...plan.pools.values()][0]',
      ],
      ['the claim schema is not checked', 'if (misfits) {', 'if (misfits === null) {'],
      ['claims of an earlier token are kept', 'earlier?.token === token.text ?', 'earlier ?'],
      ['claims of an earlier schema are kept', 'omit(known, reader.names)', 'known'],
      ['requirements are not checked', 'plan.authorize(authentication)', 'void plan'],
    ],
  },
  {
    file: 'token-verifier',
    tests: ['isolation'],
    rows: [
      [
        'the held keys of all pools are one set',
        'keys.held(token.kid)',
        '[...byIssuer.values()].map((other) => other.keys.held(token.kid)).find(Boolean)',
      ],
    ],
  },
  {
    file: 'token-verifier',
    tests: ['guard'],
    rows: [['a payload that can be changed', 'deepFreeze(payload)', 'payload']],
  },
  {
    file: 'members',
    tests: ['guard'],
    rows: [['only the top of the payload is frozen', ' deepFreeze(member)\n', ' void member\n']],
  },
  {
    file: 'authentication',
    tests: ['guard'],
    rows: [
      [
        'the token is enumerable',
        'this.#token = token',
        "this.#token = token\n    Object.defineProperty(this, 'token', { value: token, enumerable: true })",
      ],
      ['who sent a request can be changed', 'Object.freeze(this)', 'void this'],
      ['claims can be changed', 'Object.freeze(claims)', 'claims'],
    ],
  },
  {
    file: 'authorization',
    tests: ['guard'],
    rows: [
      ['one of all names is enough', 'list.every(', 'list.some('],
      ['all of any names', 'list.some(', 'list.every('],
      ['scopes are not asked for', 'scopes !== undefined', 'scopes === null'],
      ['groups are not asked for', 'groups !== undefined', 'groups === null'],
      ['maxAge is not asked for', 'maxAge !== undefined', 'maxAge === null'],
      [
        'scopes compared without case',
        'isMetBy(scopes)',
        'isMetBy(new Set([...scopes].map((name) => name.toLowerCase())))',
      ],
      [
        'groups compared without case',
        'isMetBy(groups)',
        'isMetBy(new Set([...groups].map((name) => name.toLowerCase())))',
      ],
      ['maxAge without auth_time', 'if (isTime(authTime', 'if (authTime === undefined || isTime(authTime'],
      ['iat stands for auth_time', "'auth_time')", "'auth_time') ?? payload['iat']"],
      ['a sign-in in the future', 'now + MIN_FUTURE_TOLERANCE', 'Number.POSITIVE_INFINITY'],
      ['a tolerance of milliseconds on maxAge', 'maxAge + tolerance', 'maxAge + tolerance * 1000'],
      ['a misspelt requirement', "additionalProperties: false,\n  expected: 'an", "expected: 'an"],
    ],
  },
  {
    file: 'authorization',
    tests: ['cognito'],
    rows: [
      [
        'verify takes a requirement that is undefined',
        'assertDefined(requirement, Object',
        'void (requirement, Object',
      ],
    ],
  },
  {
    file: 'plan',
    tests: ['guard'],
    rows: [
      ['any token_use', 'if (expected?.tokenUses.has(tokenUse))', 'if (expected)'],
      [
        'any pool',
        'const expected = pools.get(name)',
        'const expected = pools.get(name) ?? [...pools.values()][0]',
      ],
      ['a guard of a pool that is not there', ' && chosen.length === names.length', ''],
      [
        'a function names a pool that is not there',
        'if (pool === undefined) return',
        'if (pool === undefined) continue //',
      ],
      ['a function names no pool', 'chosen.size > 0 ?', 'chosen ?'],
      ['the route’s tokenUse is ignored', 'uses ?? pool', 'pool'],
      ['the route’s claims are ignored', 'ownReader ?? claimsReader', 'claimsReader'],
    ],
  },
  {
    file: 'guard',
    tests: ['guard'],
    rows: [
      ['what check answers is truthy', 'isPermitted === true', 'isPermitted'],
      ['check is not asked', 'if (check === undefined) return', 'if (check !== null) return'],
      [
        'request.cognito is set before check decides',
        'return chain(check(',
        'set(request, authentication)\n    return chain(check(',
      ],
      [
        'a falsy value thrown is success',
        "if (typeof error === 'object' && error !== null)",
        'if (error !== toError)',
      ],
      ['a bad token passes', 'done(toError(error))\n    return', 'done(undefined)\n    return'],
      ['a token without a key passes', '(error) => done(toError(error)),', '() => done(),'],
      ['an optional guard lets another scheme pass', 'token === undefined && isOptional', 'isOptional'],
      [
        'a required guard lets an anonymous request pass',
        'token === undefined && isOptional',
        'token === undefined',
      ],
      ['an empty token is none', 'if (!token) {', "if (!token || toText(token) === '') {"],
      ['the memo is not of this token', 'seen.text === toText(token)', 'seen'],
      ['a guard takes undefined', 'assertGiven(given, name)', 'void given'],
      [
        'null for the default pool',
        'selector === undefined ? context.defaultPool : selector',
        'selector ?? context.defaultPool',
      ],
    ],
  },
  {
    file: 'guard-mark',
    tests: ['openapi'],
    rows: [
      ['one of two guards is enough', 'b.pool === a.pool', 'b.pool !== b'],
      [
        'a hook composed of what is no guard',
        '  throw new TypeError(\n    ',
        '  return []\n  new TypeError(\n    ',
      ],
      ['a hook composed of nothing', 'if (ways.length === 0) {', 'if (guards === hook) {'],
      ['an optional guard looks required', 'isOptional ? [ANONYMOUS, ...ways] : ways', 'ways'],
      ['any of the scopes looks like all', 'isAnyOf(required) ? toList', 'isAnyOf([]) ? toList'],
    ],
  },
  {
    file: 'route-guards',
    tests: ['openapi', 'route-audit'],
    rows: [
      [
        'a scope forgets the guard of its parent',
        'if (scope === null) return []',
        'if (scope !== null) return protectors.get(scope) ?? []',
      ],
      [
        'a protected scope is forgotten',
        'if (ways !== undefined) protectors',
        'if (ways === HOOKS) protectors',
      ],
      ['hooks as they were at first', '{ options, scope: this }', '{ options: { ...options }, scope: this }'],
    ],
  },
  {
    file: 'route-audit',
    tests: ['route-audit'],
    rows: [
      ['an open route starts', "if (mode === 'error')", "if (mode !== 'error')"],
      [
        'any config exempts a route',
        'options.config?.cognito !== false',
        "!('cognito' in (options.config ?? {}))",
      ],
      ['an open HEAD is left out', "!(method === 'HEAD' && gets.has(toPath(route)))", "method !== 'HEAD'"],
      ['routes of before are overlooked', 'isRoot(app) ? listEarlier(app) : []', '[]'],
      ['an open route in a list of one', 'if (open.length > 0) report', 'if (open.length > 1) report'],
    ],
  },
  {
    file: 'openapi',
    tests: ['openapi'],
    rows: [
      [
        'a route that never opens looks open',
        'if (ways.length === 0) return',
        'if (all.length === 0) return',
      ],
      ['a static document', "mode === 'static'", "mode === ''"],
      ['a document of Swagger 2.0', 'swagger !== undefined', 'swagger === assertOpenapi'],
      ['a route’s own security is replaced', 'schema.security ?? toSecurity', 'toSecurity'],
      [
        'a route’s own answers are replaced',
        '{ ...own, ...Object.fromEntries(added) }',
        'createAnswers(isSelective)',
      ],
      [
        'the application’s transform is left out',
        'const result = own(input)',
        'const result: ReturnType<Transform> = own && {}',
      ],
      ['the access token where the ID token is taken', "!tokenUses.has('access')", 'false'],
    ],
  },
  {
    file: 'requirement',
    tests: ['guard'],
    rows: [
      ['a requirement that is undefined', 'assertDefined(requirement, ', 'void (requirement, '],
      ['a requirement of any form', 'assertOptions(schema, requirement', 'void (schema, requirement'],
    ],
  },
  {
    file: 'plan-chooser',
    tests: ['guard'],
    rows: [['an unknown pool stands for all', 'if (plan) return plan', 'return plan ?? all']],
  },
  {
    file: 'cognito',
    tests: ['cognito'],
    rows: [
      ['verify takes undefined', "assertGiven(given, 'verify')", 'void given'],
      ['verify takes any requirement', "assertRequirement(requirement, 'verify')", 'void requirement'],
      ['a plan of one pool serves another', 'const key = JSON.stringify(names)', "const key = ''"],
      ['a protected scope is open', "scope.addHook('onRequest', guard as never)", 'void guard'],
    ],
  },
  {
    file: 'claims',
    tests: ['claims', 'guard'],
    rows: [
      ['what a type guard answers is truthy', 'answer === true', 'Boolean(answer)'],
      ['a type guard that throws has accepted', 'return false', 'return true'],
      ['claims that do not fit', 'schema.decode(values)', 'values'],
      ['a schema in place of the standard claims', 'return standard\n    const', 'void standard\n    const'],
      [
        'a type guard in place of the standard claims',
        'return standard\n    return',
        'void standard\n    return',
      ],
      ['a type guard’s payload hides the claims', '{ ...payload, ...standard.claims }', '{ ...payload }'],
      ['every claim is converted', 'field.isWrittenAsString ?', 'field ?'],
      ['claims of prototypes are read', '!Object.hasOwn(payload, field.wire)', '!(field.wire in payload)'],
      ['another claim for a standard one', 'field.name !== field.wire && isStandard(field.name)', 'false'],
      ['one claim for two properties', 'if (twin)', 'if (false)'],
    ],
  },
  {
    file: 'coercion',
    tests: ['claims'],
    rows: [
      ['numbers by Number()', 'grammar.test(text) ? Number(text) : Number.NaN', 'Number(text)'],
      ['numbers that lose digits', 'Number.isInteger(number) ? Number.isSafeInteger(number) : ', ''],
      ['yes is true', "text === 'true' ?", "text === 'true' || text === 'yes' ?"],
      ['anything but true is false', "text === 'false' ? false : text", 'false'],
      ['any JSON for a list', 'isExpected(value) ? value : text', 'value'],
      ['any date that Date takes', 'DATE.test(text) ? new Date(text)', 'text ? new Date(text)'],
      ['30 February', 'isCalendarDay && ', ''],
    ],
  },
  {
    file: 'schema',
    tests: ['claims', 'guard'],
    rows: [
      ['undefined for an option that narrows', 'Reflect.get(options, name) === undefined', 'false'],
      ['undefined for an argument', 'given.at(-1) === undefined', 'false'],
    ],
  },
  {
    file: 'times',
    tests: ['times', 'attacks'],
    rows: [
      ['any type of exp', '!isTime(exp, MAX_TIME)', 'false'],
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
    file: 'token-source',
    tests: ['attacks'],
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
    file: 'token-source',
    tests: ['token-source'],
    rows: [
      ['a plain header of any scheme', '    value.startsWith(start) &&\n', ''],
      ['a plain header with more spaces', '    value.charCodeAt(start.length) > SPACE &&\n', ''],
      ['a plain header with spaces behind it', ' &&\n    value.charCodeAt(value.length - 1) > SPACE', ''],
      ['another scheme in a list is none', 'if (credentials === null) found = null', ''],
      ['an empty token in a list is none', "if (typeof credentials === 'string')", 'if (credentials)'],
      [
        'a header and a query string at once',
        "if (typeof findInHeaders(request) === 'string' && ",
        'if (false && ',
      ],
      ['two query parameters', 'const value = query[name]', 'const value = [query[name]].flat()[0]'],
      ['two subprotocols', 'if (tokens.length > 1)', 'if (false)'],
      [
        'cookies that are not parsed are none',
        'if (!cookies)',
        'if (!cookies) return undefined\n    if (!cookies)',
      ],
      [
        'an odd answer of a source is none',
        'ignoreRejection(value)',
        'ignoreRejection(value)\n  return undefined',
      ],
      ['a name of any form', '!HTTP_TOKEN.test(value)', 'false'],
    ],
  },
  {
    file: 'promises',
    tests: ['guard'],
    rows: [
      [
        'only promises of Node are waited for',
        'return isPromised(value) ?',
        'return value instanceof Promise ?',
      ],
    ],
  },
  {
    file: 'index',
    tests: ['guard', 'plugin'],
    rows: [
      ['the status is left to the error handler', 'reply.code(statusCode)', 'void statusCode'],
      ['no challenge', 'if (challenge)', 'if (false)'],
      ['a refusal may be cached', "reply.header('cache-control', 'no-store')", ''],
      ['503 without Retry-After', 'if (retryAfter !== undefined)', 'if (false)'],
    ],
  },
  {
    file: 'index',
    tests: ['plugin', 'token-source'],
    rows: [
      [
        'instances share what they verified',
        "Symbol('fastify-cognito.verified",
        "Symbol.for('fastify-cognito.verified",
      ],
      ['cookies that nobody parses', 'assertCookies(app, options)', ''],
      ['no warning of plain keys', 'warnOfPlainKeys(app, options)', ''],
    ],
  },
  {
    file: 'errors',
    tests: ['errors', 'guard'],
    rows: [
      ['the reason is told to the client', 'this.message = refusal.message', 'this.message = details.reason'],
      ['a value breaks out of the challenge', 'CHALLENGE_VALUE = /^', 'CHALLENGE_VALUE = /'],
    ],
  },
  {
    file: 'command',
    tests: ['command'],
    rows: [
      ['a token in a wrong place comes back', "text.replace(/eyJ[\\w.-]{17,}/g, '[a token]')", 'text'],
      ['a failed check is a success', 'report.ok ? 0 : 1', '0'],
      ['an empty token is none', "if (text === '')", 'if (false)'],
      ['pools of two places', 'sources.length > 1', 'false'],
      ['an option twice', 'twice !== undefined', 'false'],
      ['an argument that nobody reads', "rest.some((argument) => argument !== '-')", 'false'],
      ['progress in a pipe', 'stderr.isTTY && ', ''],
      ['no --client for every client', 'if (clients.length === 0)', 'if (false)'],
    ],
  },
  {
    file: 'doctor-check',
    tests: ['doctor-token'],
    rows: [
      ['a token moves the cursor', 'short.replace(/[^\\x20-\\x7e]/g, ', 'short.replace(/[^]{999}/g, '],
      ['a claim of any length is shown', 'text.length > MAX_SHOWN', 'false'],
    ],
  },
  {
    file: 'doctor',
    tests: ['doctor-pool'],
    rows: [['a good token makes up for a pool that fails', 'areHealthy && report.ok', 'report.ok']],
  },
  {
    file: 'doctor-token',
    tests: ['doctor-token'],
    rows: [
      [
        'the doctor does not look at the signature',
        'isSignedWith(createPublicKey(pem), draft.signed, signature)',
        'true',
      ],
      ['the doctor stops at the first fault', 'remedy.mend?.(current)', 'undefined'],
      ['the doctor takes both kinds of token', 'isKind ? reasonOf', 'false ? reasonOf'],
      ['the doctor takes claims of any type', 'reasonOf(recognize, token, both),', 'undefined,'],
      ['the doctor knows better than the plugin', 'judge(text, ', 'judge(form.draft.text, '],
    ],
  },
  {
    file: 'doctor-pool',
    tests: ['doctor-pool'],
    rows: [
      ['403 is normal for issuers that were configured', ' && hasCognitoIssuers(pool)\n', '\n'],
      ['403 from both issuers is normal', ' && good.length > 0 && ', ' && '],
      ['a pool without a usable key', 'usable > 0 ?', 'published > 0 ?'],
      ['clocks that are any time apart', 'difference <= limit', 'difference >= 0'],
    ],
  },
  {
    file: 'doctor-check',
    tests: ['doctor-pool', 'doctor-token'],
    rows: [['a secret for a client id', '{1,40}$/', '{1,400}$/']],
  },
  {
    file: 'doctor-key-set',
    tests: ['doctor-pool'],
    rows: [
      ['the doctor follows redirects', "redirect: 'manual'", "redirect: 'follow'"],
      ['a cached answer tells the time of now', ' / 1000 - age)', ' / 1000)'],
      ['a refusal with a key set', 'if (!response.ok)', 'if (false)'],
    ],
  },
  {
    file: 'options',
    tests: ['options'],
    rows: [
      ['a default pool that is not there', 'if (!pools.has(defaultPool))', 'if (false)'],
      ['a tolerance of any length', 'number(0, 300,', 'number(0, 1e9,'],
      ['a token of any length', 'integer(512, 16_384,', 'integer(0, 1e9,'],
      [
        'a misspelt option',
        "{ additionalProperties: false, expected: 'an object of options'",
        "{ expected: ''",
      ],
      ['anything for a token source', ' || !sources.every(isSource)', ''],
      ['an audit that vanishes', "'revocation', 'routes']", "'revocation']"],
    ],
  },
  {
    file: 'pools-apart',
    tests: ['options'],
    rows: [
      ['two pools of one id', '({ userPoolId }) => [userPoolId]', '() => []'],
      ['two pools of one issuer', '({ issuers }) => issuers.keys()', '() => []'],
      ['two pools of one key set', '({ issuers }) => issuers.values()', '() => []'],
    ],
  },
  {
    file: 'pool',
    tests: ['options'],
    rows: [
      [
        'no appClientId for every client',
        '{ expected: CLIENT_EXPECTED },',
        "{ expected: CLIENT_EXPECTED, [Symbol.for('TypeBox.Optional')]: 'Optional' },",
      ],
      ['an app client that is undefined', 'Type.Null()]', 'Type.Null(), Type.Undefined()]'],
      ['a misspelt option of a pool', "{ additionalProperties: false, expected: 'the", "{ expected: 'the"],
      ['undefined for an option that narrows a pool', 'assertDefined(options, ', 'void (options, '],
      ['audience where nothing can have it', "!tokenUses.has('access')", 'false'],
      ['a region that is not the pool’s', 'region !== undefined && region !== parsed.region', 'false'],
      ['a domain that is a prefix', "url.hostname.includes('.')", 'true'],
      ['a domain with a path', 'isHost && url.href === ', 'isHost && url.origin && '],
      [
        'both kinds of token by default',
        "options.tokenUse ?? 'access'",
        "options.tokenUse ?? ['access', 'id']",
      ],
    ],
  },
  {
    file: 'private-url',
    tests: ['options'],
    rows: [
      ['http from any host', ' && isLoopback(url.hostname)', ''],
      ['http from a host that begins like loopback', '\\[::1\\])$/', '\\[::1\\])/'],
    ],
  },
  {
    file: 'user-pool-id',
    tests: ['options'],
    rows: [['a user pool id with a path', '_[A-Za-z0-9]+$/', '_[A-Za-z0-9]+/']],
  },
  {
    file: 'jwk',
    tests: ['jwk'],
    rows: [
      ['a key with a short modulus', 'modulusLength >= MIN_MODULUS_BITS && ', ''],
      ['a key with a huge modulus', ' && modulusLength <= MAX_MODULUS_BITS', ''],
      ['a key with a small exponent', 'publicExponent >= MIN_EXPONENT && ', ''],
      ['a key with an even exponent', ' && publicExponent % 2n === 1n', ''],
      ['a key of any type', "kty === 'RSA' &&\n", ''],
      ['a key for encryption', "(use === undefined || use === 'sig') &&\n", ''],
      ['a key of another algorithm', "(alg === undefined || alg === 'RS256') &&\n", ''],
      ['a key that may not verify', " && operations.includes('verify')", ''],
      ['a private key', 'd === undefined', 'true'],
      ['a key of another id', " || jwk['kid'] !== kid", ''],
    ],
  },
  {
    file: 'guard',
    tests: ['load-user'],
    rows: [['loadUser is not asked', 'if (loadUser === undefined) return', 'if (loadUser !== null) return']],
  },
  {
    file: 'load-user',
    tests: ['load-user'],
    rows: [
      ['null is a user', 'user === null || ', ''],
      ['undefined is a user', 'user === undefined || ', ''],
      ['false is a user', ' || user === false', ''],
      ['the user of another token', ' && loaded.token === token', ''],
      ['the user of another function', 'loaded?.load === load && loaded.token', 'loaded?.token'],
      ['a user is loaded again', 'users.set(request, { load, token, user })', ''],
    ],
  },
  {
    file: 'diagnostics',
    tests: ['diagnostics'],
    rows: [
      ['a refusal counts as accepted', 'if (error !== undefined) refuse(message, error)', ''],
      ['nobody hears of a refusal', 'rejection.publish(message)', ''],
      ['a channel tells what was proved', 'observation.end()\n', 'observation.end()\n      return result\n'],
      ['rejections cannot be watched alone', ' || rejection.hasSubscribers', ''],
    ],
  },
  {
    file: 'resource',
    tests: ['resource'],
    rows: [
      ['a resource with credentials', ' && !url.username && !url.password', ''],
      ['a resource with a query', '!/[?#]/.test(value)', 'true'],
      ['a path that Fastify reads as a pattern', ' && !/[*:()%]/.test(url.pathname)', ''],
      ['metadata below a prefix', "if (app.prefix !== '')", 'if (false)'],
      ['metadata behind a guard', 'findGuards(route).length === 0', 'true'],
      ['a URL that no client would compare as equal', '(url.href === value || ', '(url.href !== null || '],
    ],
  },
  {
    file: 'key-ring',
    tests: ['key-ring'],
    rows: [
      ['a key is never re-checked', 'time <= entry.refreshAt', 'entry.key'],
      ['an old key serves a process that idled', 'if (hasIdled && ', 'if (false && '],
      ['an absent key is kept', 'before?.endpoint === endpoint', 'false'],
      ['every endpoint takes keys away', 'before?.endpoint === endpoint', 'true'],
      [
        'a key with an unusable successor is kept',
        'before?.endpoint === endpoint',
        'pem === undefined && before?.endpoint === endpoint',
      ],
      ['a key is trusted for ever', 'now() - entry.confirmedAt <= staleIfErrorMs', 'now'],
      ['a replaced key stays', 'before?.pem === pem ?', 'before ?'],
      ['a request waits without end', 'after(maxWaitMs, ', 'after(1e6, '],
      ['a definite answer is not final', "if (lookup.outcome !== 'failed')", 'if (false)'],
    ],
  },
  {
    file: 'key-ring',
    tests: ['model'],
    rows: [
      ['a busy process asks before it uses a key', '> 2 * refreshAfterMs', '> refreshAfterMs'],
      ['an outage makes every request wait', ' && !this.#isKnownToFail(entry.endpoint)', ''],
      ['a failure of long ago counts', ' && now() - lastFailure.at <= 2 * refreshAfterMs', ''],
      ['keys are re-checked early', 'const JITTER = 0.1', 'const JITTER = 0.9'],
      ['only one of two URLs is asked', 'of [first, ...this', 'of [first] ?? [...this'],
    ],
  },
  {
    file: 'key-ring',
    tests: ['cognito'],
    rows: [
      ['a refresh asks nobody', 'return (await Promise.all(lookups)).every', 'return [].every'],
      [
        'a refresh asks for one key',
        'const lookups = [...this.#keys].map',
        'const lookups = [...this.#keys].slice(0, 1).map',
      ],
    ],
  },
  {
    file: 'prefetch',
    tests: ['prefetch'],
    rows: [
      ['an unreachable pool does not stop the boot', 'refuse(await ask())', 'refuse([])'],
      ['a pool that does not answer is no warning', 'warn(app, unreachable)', 'unreachable'],
      ['all pools at once', 'const PROBES = 8', 'const PROBES = 1000'],
      ['a timer keeps a closed application', 'async () => callOff()', 'async () => {}'],
    ],
  },
  {
    file: 'close-on-expiry',
    tests: ['close-on-expiry'],
    rows: [
      ['a socket outlives its token', 'if (left <= 0) this.#close()', 'if (left <= 0) return'],
      ['a token of next month ends at once', 'Math.min(left, LOOK_MS)', 'left % 2 ** 31'],
      ['a clock that is set is not noticed', 'const LOOK_MS = 60_000', 'const LOOK_MS = 2 ** 31 - 1'],
      ['a peer that does not close stays', ', () => socket.terminate?.())', ', () => {})'],
      ['a socket that is closing is kept open by a token', 'if (socket.readyState >= CLOSING) return', ''],
      [
        'the end of an earlier token counts',
        '    this.#callOff()\n    this.#callOff =',
        '    this.#callOff =',
      ],
      [
        'a timer outlives its socket',
        "addEventListener('close', () => this.#callOff())",
        "addEventListener('close', () => {})",
      ],
      ['every token listens to its socket', 'watches.get(socket) ?? ', ''],
      ['a token without an end', "typeof exp === 'number' && Number.isFinite(exp)", "exp !== ''"],
      [
        'a missing authentication passes for nobody',
        'if (authentication === null) return',
        'if (!authentication) return',
      ],
      ['a socket that tells nothing of its end', "typeof socket.addEventListener === 'function' &&", ''],
      [
        'a timer keeps the process',
        'after: monotonicClock.after }',
        'after: (ms, action) => { const timer = setTimeout(action, ms); return () => clearTimeout(timer) } }',
      ],
    ],
  },
  {
    file: 'token-cache',
    tests: ['token-cache'],
    rows: [
      ['what has the same print is the same', ' || !isSame(found, carrier, start)', ''],
      [
        'a token in another carrier is another one',
        'return known.text === carrier.slice(start)',
        'return false',
      ],
      ['a carrier is its token', 'return known.text.length === carrier.length - start', 'return true'],
      ['any number of tokens', 'this.#young.size >= this.#maxSize', 'this.#young.size >= 1e9'],
      ['texts of any length', 'if (this.#length + length > this.#maxLength) this.#turn()', ''],
      ['a text of any length', 'if (length > this.#maxLength) return', ''],
      ['hits are not counted', '    this.#doorkeeper.hit()\n', ''],
      ['a generation begins with the length of the last', '    this.#length = 0\n', ''],
      ['the used ones are forgotten, too', 'if (young === undefined) this.set(found)', ''],
    ],
  },
  {
    file: 'doorkeeper',
    tests: ['doorkeeper'],
    rows: [
      ['every token is remembered', ' || !this.#isStrict', ' || true'],
      ['no token is let in at its second sight', 'comesAgain || ', ''],
      ['once strict, always strict', 'this.#isStrict = ', 'this.#isStrict ||= '],
      ['hits do not count', '    this.#hits += 1\n  }', '  }'],
      [
        'it knows fewer tokens than a larger cache holds',
        'Math.max(capacity, FEWEST_PLACES)',
        'FEWEST_PLACES',
      ],
      ['a small cache knows no more tokens than it holds', 'Math.max(capacity, FEWEST_PLACES)', 'capacity'],
      ['nothing that came is forgotten', 'this.#prints[at] = print', 'this.#prints[at] ||= print'],
      ['a larger cache is judged later', 'this.#misses > JUDGED_AFTER', 'this.#misses > this.#prints.length'],
      ['hits alone are not judged', ' || this.#hits > JUDGED_AFTER', ''],
      ['it is strict too early', 'HITS_PER_NEW_TOKEN = 1 / 8', 'HITS_PER_NEW_TOKEN = 1 / 7.5'],
      ['it is strict too late', 'HITS_PER_NEW_TOKEN = 1 / 8', 'HITS_PER_NEW_TOKEN = 1 / 8.5'],
      ['a judgement counts what came before the last', '    this.#misses = 0\n', ''],
      ['a judgement counts the hits of before the last', '    this.#hits = 0\n', ''],
    ],
  },
  {
    file: 'token-verifier',
    tests: ['token-cache'],
    rows: [
      ['a remembered token never expires', ' && now < validUntil', ''],
      ['a clock that is set back', 'now >= validFrom && ', ''],
      ['a whole header is remembered', 'isKept ? detach(carrier) : carrier,', 'carrier,'],
      ['a remembered token outlives its key', ' && keys.held(kid) === checkSignature', ''],
      [
        'a remembered token outlives the material of its key',
        'keys.held(kid) === checkSignature',
        'keys.held(kid)',
      ],
      ['every token is remembered at its first sight', 'cache?.admits(text) === true', 'cache !== undefined'],
      ['a token is remembered without end', 'expires, now() / 1000 + ttl', 'expires'],
      [
        'tokens are remembered before their signature is checked',
        '    checkSignature(text, token.signature)\n    parser.learn(token)\n',
        '',
      ],
    ],
  },
  {
    file: 'authenticator',
    tests: ['token-cache'],
    rows: [
      ['one reading for every schema', 'lastReading?.reader === reader', 'lastReading'],
      ['one reading for a second guard', 'earlier === null && lastReading', 'lastReading'],
      ['one reading for every plan', 'token.lastReading?.plan === plan', 'token.lastReading'],
      ['a plan is asked once for all guards', 'earlier === null && token.', 'token.'],
      ['one reading of what can be changed', 'if (!reader.isRepeatable)', 'if (false)'],
      ['claims that can be changed', 'deepFreeze(claims)', 'claims'],
    ],
  },
  {
    file: 'schema',
    tests: ['token-cache'],
    rows: [
      ['one reading of a date', " || schema['type'] === 'Date'", ''],
      ['one reading of a format', " || 'format' in schema", ''],
      ['one reading of a kind', ' || TypeRegistry.Has(schema[Kind])', ''],
    ],
  },
  {
    file: 'frozen-set',
    tests: ['frozen-set'],
    rows: [
      [
        'a set that can be changed',
        'class FrozenSet implements Iterable<string> {\n  readonly #names: ReadonlySet<string>\n\n  constructor(names: readonly string[]) {',
        'class FrozenSet extends Set<string> {\n  readonly #names: ReadonlySet<string>\n\n  constructor(names: readonly string[]) {\n    super(names)',
      ],
    ],
  },
  {
    file: 'pool-keys',
    tests: ['guard'],
    rows: [
      ['a refusal for want of keys without Retry-After', '{ reason, pool, retryAfter }', '{ reason, pool }'],
    ],
  },
  {
    file: 'jwks-endpoint',
    tests: ['jwks-endpoint'],
    rows: [
      ['absent keys are not remembered', 'absences.has(kid)', 'absences === null'],
      ['absent keys are remembered without end', 'absent.size > MAX_ABSENT', 'false'],
      ['no back-off', 'if (retryAfterMs > 0)', 'if (retryAfterMs < 0)'],
      ['each request is a lookup', 'underWay.set(kid, lookup)', 'underWay.size'],
    ],
  },
  {
    file: 'jwks-endpoint',
    tests: ['prefetch'],
    rows: [
      [
        'a close counts as a failure',
        '    // A fetch that was ended from here says nothing of the endpoint.\n    if (this.#closing.signal.aborted)',
        '    if (false)',
      ],
      [
        'a closed endpoint is asked',
        'Promise<Lookup>): Promise<Lookup> {\n    if (this.#closing.signal.aborted) return STILL_FAILING\n',
        'Promise<Lookup>): Promise<Lookup> {\n',
      ],
    ],
  },
  {
    file: 'jwks-endpoint',
    tests: ['model'],
    rows: [
      ['many lookups a back-off step', 'this.#underWay.size > 0 ? STILL_FAILING : ', ''],
      ['a back-off that does not grow', 'failures += 1', 'failures = 1'],
      ['an absent key is absent for ever', 'now() < (absent.get(kid)?.until ?? 0)', 'absent.has(kid)'],
      ['nobody is told of a key', 'this.#announce(kid, pem)', ''],
      ['an old failure counts', 'if (this.#backOff.hasAnsweredSince(askedAt)) return STILL_FAILING', ''],
      ['a success does not end the back-off', '      failures = 0\n      until = 0\n', ''],
    ],
  },
  {
    file: 'jwks-fetch',
    tests: ['jwks-endpoint'],
    rows: [
      ['redirects are followed', "redirect: 'error'", "redirect: 'follow'"],
      ['no deadline', ', timeoutMs).unref()', ', 1e6).unref()'],
      ['no second attempt', 'if (!answer.isTransient) return answer', 'if (answer) return answer'],
    ],
  },
  {
    file: 'fetch-limits',
    tests: ['fetch-limits', 'jwks-endpoint'],
    rows: [
      ['a body of any size', 'if (bytes > maxBytes) stop()', ''],
      ['each piece of a body for itself', 'bytes += ', 'bytes = '],
      ['the connection stays open', 'end = abort as typeof end', ''],
      ['the connection stays open, with a newer undici', '.abort(reason)', '.abort'],
      ['only the signal ends a fetch', "'undici.globalDispatcher.1'", "'undici.globalDispatcher.0'"],
    ],
  },
  {
    file: 'lookup-queue',
    tests: ['model'],
    rows: [
      ['any number of lookups at once', 'inFlight < MAX_IN_FLIGHT && budget.take()', 'budget.take()'],
      ['a failure leaves requests waiting', 'waiting.answerAll(answer)\n', ''],
    ],
  },
  {
    file: 'lookup-queue',
    tests: ['jwks-endpoint', 'flood'],
    rows: [
      ['no budget', 'if (slots === 0) return false', ''],
      ['a budget that grows without end', 'Math.min(lookupBurst, slots + earned)', 'slots + earned'],
      ['a request waits for a slot without end', 'after(maxWaitMs, () =>', 'after(1e6, () =>'],
      ['any number of requests wait', 'guests >= MAX_WAITING', 'false'],
      ['any number of contenders', 'counts.size >= MAX_CONTENDERS', 'false'],
      ['the first of the contenders wins', 'if (count > votes)', 'if (votes === 0)'],
    ],
  },
  {
    file: 'revocation/gate',
    tests: ['revocation', 'revocation-gate'],
    rows: [
      ['a store that fails lets everybody pass', 'if (isAllowed) return\n', 'return\n'],
      ['a revoked token passes', 'if (!isRevoked) return', 'return'],
      ['an answer of any type', "if (typeof answer !== 'boolean')", 'if (answer === undefined)'],
      ['a store that hangs', 'setImmediate(reject, new', 'void (new'],
      ['a store is asked for ever', '      this.#breaker.failed()\n', ''],
      [
        'a store is never asked again',
        '    this.#breaker.succeeded()\n    return this.#conclude',
        '    return this.#conclude',
      ],
      [
        'an answer at once ends no break',
        '    this.#breaker.succeeded()\n    return isRevoked',
        '    return isRevoked',
      ],
      ['what a store knows is not believed', 'if (known !== undefined)', 'if (known === null)'],
      [
        'a mark that was not taken',
        "throw new CognitoError('COGNITO_ERR_REVOCATION_UNAVAILABLE', { reason, pool, retryAfter: 1 })",
        'void reason',
      ],
      [
        'a failure that is logged with each request',
        'if (!this.#isFailing) this.#onChange(reason)',
        'this.#onChange(reason)',
      ],
      [
        "an error's own text",
        "[code, name, 'it threw'].find((word) => typeof word === 'string' && WORD.test(word)) as string",
        'String((error as Error).message)',
      ],
    ],
  },
  {
    file: 'options',
    tests: ['revocation'],
    rows: [['a revocation that vanishes', "'revocation', 'routes']", "'routes']"]],
  },
  {
    file: 'revocation/breaker',
    tests: ['revocation-gate'],
    rows: [
      ['all ask at once after the break', 'this.#closedFrom = now + this.#patience', 'void this.#patience'],
      ['a break of no length', '+ OPEN_MS', '+ 0'],
    ],
  },
  {
    file: 'revocation/store',
    tests: ['revocation', 'revocation-gate'],
    rows: [
      [
        'a token of the very second',
        'Math.floor(issuedAt) <= mark.notBefore',
        'Math.floor(issuedAt) < mark.notBefore',
      ],
      ['seconds in parts', 'Math.floor(issuedAt) <= mark.notBefore', 'issuedAt <= mark.notBefore'],
      ['marks of other pools', 'userPoolId.replace(', 'userPoolId.slice(0, 0).replace('],
      ['ids with a colon', '.replace(/[%:]/g, encodeURIComponent)', ''],
      ['users are not asked about', "    toKey(userPoolId, 'sub', subject),\n", ''],
      ['clients are not asked about', "    toKey(userPoolId, 'client_id', clientId),\n", ''],
      ['pools are not asked about', "    toKey(userPoolId, 'pool', ''),\n", ''],
      ['a token of its own is not asked about', 'if (jti !== undefined)', 'if (jti === null)'],
      ['a sign-in is not asked about', 'if (originJti !== undefined)', 'if (originJti === null)'],
      ['a not-before goes back', 'Math.max(one.notBefore, notBefore)', 'notBefore'],
      ['a mark becomes shorter', 'Math.max(one.expiresAt, expiresAt)', 'Math.min(one.expiresAt, expiresAt)'],
    ],
  },
  {
    file: 'revocation/mark-table',
    tests: ['revocation-gate'],
    rows: [
      ['more marks than max', 'this.#entries.size >= this.#max', 'this.#entries.size > this.#max + 1'],
      ['a mark whose life was prolonged', 'if (entry && slotOf(entry) < current)', 'if (entry)'],
      ['a mark that expires in this minute', 'if (slot >= current) continue', 'if (slot > current) continue'],
      ['marks are kept for ever', 'this.#sweep(now)', 'void now'],
    ],
  },
  {
    file: 'revocation/redis',
    tests: ['redis-replica', 'redis-client', 'redis-revocation'],
    rows: [
      ['a copy is asked that is not current', 'replica.isCurrent() ? ', 'true ? '],
      ['a mark of its own comes late', '      replica.add(mark)\n', ''],
      [
        'a mark counts that Redis does not have',
        '      await store.revoke(mark)\n      replica.add(mark)\n',
        '      replica.add(mark)\n      await store.revoke(mark)\n',
      ],
      ['a prefix that vanishes', "['prefix', 'replica'], 'redis", "['replica'], 'redis"],
      ['a prefix that spreads the keys', "'^[\\\\w.:/-]+$'", "'.'"],
      ['any answer confirms a mark', 'assertAdded(await send', 'void (await send'],
    ],
  },
  {
    file: 'revocation/redis-client',
    tests: ['redis-client', 'redis-replica', 'redis-revocation'],
    rows: [
      ['what cannot be duplicated', '!COMMON.every((name) => has(client, name))', 'client === null'],
      ["an error of the copy's connection ends the process", "      own.on('error', () => undefined)\n", ''],
      ["the claims of a token in the client's error", 'throw toFailure(command, error)', 'throw error'],
      [
        'a deadline for what waits for news',
        'lazyConnect: true, commandTimeout: undefined,',
        'lazyConnect: true,',
      ],
      [
        'a deadline for what waits for news, in a cluster',
        '{ ...redisOptions, ...UNHURRIED }',
        '{ ...redisOptions }',
      ],
      ['connections that stay', '.then(disconnect, disconnect)', ''],
      [
        'a connection is ended before it is there',
        'Promise.race([isReached, connected])',
        'Promise.resolve()',
      ],
      ['a connection comes back by itself', '...socket, reconnectStrategy: false,', '...socket,'],
    ],
  },
  {
    file: 'revocation/redis-marks',
    tests: ['redis-revocation'],
    rows: [
      ['a not-before goes back', 'math.max(notBefore, formerNotBefore)', 'notBefore'],
      ['a mark becomes shorter', 'math.max(expiresAt, formerExpiresAt)', 'expiresAt'],
      ['marks stay for ever', ", 'EXAT', string.format('%.0f', expiresAt + MARGIN))", ')'],
      ["a mark lives by Redis's clock alone", 'local MARGIN = 300', 'local MARGIN = 0'],
      ['what is alive is cut', 'if not expiry or expiry + MARGIN > now then break end', ''],
      ['the stream grows without end', "redis.call('XTRIM', KEYS[2], 'MINID', first)", ''],
      ['a mark of every token is the oldest', 'notBefore ?? EVERY_ONE', 'notBefore ?? 0'],
      ['any text is a mark', '/^(\\d{1,16}):(\\d{1,16})$/', '/(\\d*):?(\\d*)/'],
      ['any text with a mark in it', '/^(\\d{1,16}):(\\d{1,16})$/', '/(\\d{1,16}):(\\d{1,16})/'],
      [
        'times that cannot be read again',
        'Number.isSafeInteger(seconds) && seconds >= 0',
        'seconds !== undefined',
      ],
      ['keys of all slots', '}}:`', '}:`'],
    ],
  },
  {
    file: 'revocation/redis-stream',
    tests: ['redis-replica'],
    rows: [
      [
        'another stream is taken for the same',
        "from !== '-' && entries[0]?.id !== from",
        'from === undefined',
      ],
      ['a copy is complete after its first page', 'if (entries.length < PAGE) return', 'if (entries) return'],
      [
        'a dead connection is waited for',
        'this.#clock.after(ms, interrupt)',
        'this.#clock.after(1e6, interrupt)',
      ],
      ['its end waits for Redis', '    this.#interrupt?.()\n', ''],
      ['what cannot be read is passed over', '      this.#reader.onUnreadable()\n', ''],
      ['connections that are not ended', '      this.#connection?.end()\n', ''],
    ],
  },
  {
    file: 'revocation/redis-replica',
    tests: ['redis-replica'],
    rows: [
      [
        'a copy of any age',
        'clock.now() - completeAt <= MAX_AGE_MS',
        'completeAt > Number.NEGATIVE_INFINITY',
      ],
      [
        'a copy that is not complete',
        'let completeAt = Number.NEGATIVE_INFINITY',
        'let completeAt = clock.now()',
      ],
      ['a copy that nobody keeps up to date', 'follower !== undefined && ', ''],
      ['a process that was suspended', 'ahead = Math.max(ahead, timeOfDay() - now)', 'ahead = 0'],
      ['a clock that is put back', 'ahead = Math.max(ahead, timeOfDay() - now)', 'ahead = timeOfDay() - now'],
      ["one application ends another one's copy", '      if (users > 0) return\n', ''],
      ['marks stay in memory for ever', 'timeOfDay() / 1000', '0'],
    ],
  },
  {
    file: 'revocation/mark',
    tests: ['revocation', 'revocation-gate'],
    rows: [
      ['a not-before in milliseconds', 'notBefore > now + MAX_TOLERANCE', 'notBefore > now * 10_000'],
      ['an exp in milliseconds', 'Math.min(exp, latest)', 'exp'],
      [
        'a mark ends with its token, give or take nothing',
        'Math.ceil(Math.min(exp, latest)) + MAX_TOLERANCE',
        'Math.ceil(Math.min(exp, latest))',
      ],
      ['anything for a revocation', 'assertOptions(SCHEMAS[by]', 'void (SCHEMAS[by]'],
    ],
  },
  {
    file: 'guard',
    tests: ['revocation'],
    rows: [
      ['revocation is not looked at', 'if (revocation === undefined || ', 'if (revocation !== undefined || '],
      [
        'a refused token counts as asked about',
        '  return chain(revocation.pass(verified), passed)',
        '  passed()\n  return revocation.pass(verified)',
      ],
      ['each guard asks', ' || request[unrevoked] === verified', ''],
      [
        'scopes before revocation',
        '    const passing = passOnce(context, request, verified)',
        '    authorize(authentication, plan)\n    const passing = passOnce(context, request, verified)',
      ],
    ],
  },
  {
    file: 'cognito',
    tests: ['revocation'],
    rows: [['app.cognito.verify does not ask', '      await gate?.pass(verified)\n', '']],
  },
  {
    file: 'user-routes/secret-hash',
    tests: ['user-routes-errors'],
    rows: [['a secret hash without the user', '.update(username + clientId)', '.update(clientId)']],
  },
  {
    file: 'user-routes/exceptions',
    tests: ['user-routes-errors'],
    rows: [
      [
        'a wrong secret is a wrong password',
        "exception === 'NotAuthorized' && /secret/i.test(message)",
        'false',
      ],
      ['a flow that is not allowed is a bad request', '/flow not enabled/i.test(message)', 'false'],
      ['any message of Cognito', 'SHOWN.has(exception) && meaning === EXCEPTIONS[exception]', 'exception'],
      ['a message of any length', '.slice(0, MAX_MESSAGE)', ''],
      ['a message of several lines', "message.replace(/[\\p{Cc}\\p{Cf}\\u2028\\u2029]+/gu, ' ')", 'message'],
      [
        'any name of an error',
        "/^E[A-Z]{3,20}$|^[A-Za-z]{1,60}$/.test(text) && text !== 'undefined'",
        'text',
      ],
    ],
  },
  {
    file: 'user-routes/exceptions',
    tests: ['user-routes-logs'],
    rows: [
      ['what Cognito says is logged', 'REMEDIES[exception]].filter', 'REMEDIES[exception], message].filter'],
    ],
  },
  {
    file: 'user-routes/exceptions',
    tests: ['user-routes'],
    rows: [
      [
        'a confirmation tells of unknown users',
        "ConfirmSignUp: { NotAuthorized: 'CODE_INVALID', UserNotFound: 'CODE_INVALID' },",
        '',
      ],
      [
        'a reset tells of unknown users',
        "    UserNotFound: 'CODE_INVALID',\n    UserNotConfirmed",
        '    UserNotConfirmed',
      ],
      [
        'a sign-in tells of unknown users',
        "UserNotFound: 'CREDENTIALS_INVALID'",
        "UserNotFound: 'NOT_CONFIRMED'",
      ],
      [
        'an expired code tells of known users',
        "ExpiredCode: 'CODE_INVALID'",
        "ExpiredCode: 'REQUEST_INVALID'",
      ],
      ['an emulator tells of known users', "InitiateAuth: { InvalidPassword: 'CREDENTIALS_INVALID' },", ''],
      [
        'a forgotten password tells of unknown users',
        "  'UserNotFound',\n  'NotAuthorized',",
        "  'NotAuthorized',",
      ],
      [
        'a forgotten password tells of known users',
        "  'LimitExceeded',\n  'CodeDeliveryFailure',",
        "  'CodeDeliveryFailure',",
      ],
    ],
  },
  {
    file: 'user-routes/sign-up',
    tests: ['user-routes'],
    rows: [
      [
        'another code tells of unknown users',
        "answerAlike(call('ResendConfirmationCode', user), log)",
        "call('ResendConfirmationCode', user)",
      ],
      ['an outage is answered as a success', 'if (!tellsOfUser(error)) throw error', ''],
    ],
  },
  {
    file: 'user-routes/password',
    tests: ['user-routes'],
    rows: [
      [
        'a code for a password tells of unknown users',
        "answerAlike(call('ForgotPassword', user), log)",
        "call('ForgotPassword', user)",
      ],
      ['anybody changes a password', '    guard: guardAccount(scope, accounts, ADMIN_SCOPE),\n', ''],
      [
        'any token of a user changes a password',
        'guardAccount(scope, accounts, ADMIN_SCOPE)',
        'guardAccount(scope, accounts)',
      ],
    ],
  },
  {
    file: 'user-routes/route',
    tests: ['user-routes'],
    rows: [
      ['a machine has an account', "principal === 'user'", 'principal !== undefined'],
      ['an ID token signs out', "tokenUse: 'access',", "tokenUse: ['access', 'id'],"],
      ['a sign-out asks for the claims of the pool', '    claims: Type.Object({}),\n', ''],
      ['a sign-out asks for the user', '    loadUser: () => true,\n', ''],
    ],
  },
  {
    file: 'user-routes/route',
    tests: ['user-routes-options'],
    rows: [['the audit lists open account routes', ' && { config: OPEN }', ' && { config: {} }']],
  },
  {
    file: 'user-routes/sign-in',
    tests: ['user-routes'],
    rows: [
      ['a challenge under the name that was typed', "parameters['USER_ID_FOR_SRP'] ?? ", ''],
      [
        'a challenge with the attributes of the user',
        'const { userAttributes: _, ...parameters } =',
        'const parameters: Readonly<Record<string, string>> =',
      ],
      [
        'a form is answered a challenge',
        'isForm(request) && answer.AuthenticationResult === undefined',
        'false',
      ],
      ['every failed refresh is tried the old way', 'if (!isNotOffered(error)) throw error', ''],
      ['a hash over no user name', 'accounts.clientSecret !== undefined && username === undefined', 'false'],
      ['every route reads forms', 'readForms(inner)', 'readForms(scope)'],
    ],
  },
  {
    file: 'user-routes/sign-out',
    tests: ['user-routes'],
    rows: [
      ['anybody signs out', '    guard: guardAccount(scope, accounts),\n', ''],
      ['a sign-out without effect', '      assertEffect(given)\n', ''],
      ['a sign-in is not marked', '...(signIn === undefined ? [] : [signIn]), ', ''],
      [
        'everywhere marks no user',
        'everywhere || signIn === undefined ? [user]',
        'signIn === undefined ? [user]',
      ],
      ['the mark of a user is too early', 'Math.max(now, Math.floor(iat))', 'now'],
      ['everywhere is not said to Cognito', '...(everywhere ? [', '...(everywhere && !everywhere ? ['],
      ['a failed sign-out is answered as a success', 'throw outcome.reason', 'continue'],
      ['any failure of a revocation is ignored', ' && error.exception === exception', ''],
    ],
  },
  {
    file: 'user-routes/sign-out',
    tests: ['sign-out'],
    rows: [
      ['everywhere without the scope for it', 'if (given.everywhere === true) assertScope(token)', ''],
      ['a sign-out marks nothing', 'if (cognito.canRevoke) await', 'if (!cognito.canRevoke) await'],
      ['a revoked token cannot sign out everywhere again', ".catch(ignore('NotAuthorized'))", ''],
      [
        'marks before Cognito',
        '      await revokeAtCognito(accounts, token, given)\n',
        '      await setMarks(scope, listMarks(token, false, 0))\n      await revokeAtCognito(accounts, token, given)\n',
      ],
    ],
  },
  {
    file: 'user-routes/me',
    tests: ['user-routes'],
    rows: [
      ['anybody is somebody', '    guard: guardMe(scope, accounts),\n', ''],
      ['Cognito is asked with any token', 'isFresh(request) ? fresh(', 'isFresh === undefined ? fresh('],
    ],
  },
  {
    file: 'user-routes/attributes',
    tests: ['user-routes', 'user-routes-options'],
    rows: [
      ['attributes beside the list', '{ additionalProperties: false }', '{}'],
      ['any attribute is for users', 'WRITABLE.includes(wire) || /^custom:[^\\s:]+$/.test(wire)', 'wire'],
      [
        'text that cannot be read back',
        'if (compiled.decode(coerce(text, schema)) !== undefined) return',
        'if (compiled) return',
      ],
    ],
  },
  {
    file: 'user-routes/body',
    tests: ['user-routes-errors', 'user-routes'],
    rows: [
      ['names of the body in an error', "listKnown(path, schema).join('.')", "path.join('.')"],
      [
        'text of the body in an error',
        "} catch {\n      // Nothing of the parser's message: it repeats the text.\n      done(malformed('the body is no JSON', 'no JSON'))",
        '} catch (error) {\n      done(error as Error)',
      ],
      ['bodies of other media types', '  scope.removeAllContentTypeParsers()\n', ''],
    ],
  },
  {
    file: 'user-routes/form',
    tests: ['user-routes'],
    rows: [
      ['a parameter of a form twice', 'new Set(names).size < names.length', 'false'],
      ['any grant type', "grantType !== 'password'", 'false'],
      ['a description that RFC 6749 does not allow', ".replace(NO_DESCRIPTION, ' ')", ''],
    ],
  },
  {
    file: 'user-routes/index',
    tests: ['user-routes-errors'],
    rows: [
      ['an answer with tokens is stored', "void reply.header('cache-control', 'no-store')", 'void reply'],
      ['an error with status 200', '  reply.code(statusCode)\n', ''],
      ['throttling without Retry-After', 'if (retryAfter !== undefined)', 'if (false)'],
      ['401 without a challenge', 'if (statusCode === 401)', 'if (false)'],
    ],
  },
  {
    file: 'user-routes/sdk',
    tests: ['user-routes-errors'],
    rows: [
      ['a throttled call is tried again', 'maxAttempts: 1', 'maxAttempts: 3'],
      ['a call without end', 'const DEADLINE_MS = 2500', 'const DEADLINE_MS = 25_000'],
      ['a client that waits without end', 'await untilAborted(answer, deadline)', 'await answer'],
    ],
  },
  {
    file: 'user-routes/options',
    tests: ['user-routes-options'],
    rows: [
      ['an endpoint that anybody can read', 'parsePrivateUrl(endpoint) === undefined', 'false'],
      ['an app client of somebody else', '(appClientId === null || appClientId.includes(chosen))', 'chosen'],
      ['an option vanishes', "  assertDefined(options, userRoutesNames.options, 'user-routes')\n", ''],
      ['a route comes back', "  assertDefined(routes, [name], 'user-routes.routes')\n", ''],
      ['the hooks of a route vanish', "  assertDefined(option, ['path', 'hooks'], at)\n", ''],
      ['hooks before the guard', '[guard, ...hooks]', '[...hooks, guard]'],
    ],
  },
]
