/**
 * Weakenings of `src/user-routes/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'user-routes/sign-out',
    tests: ['user-routes/sign-out'],
    rows: [
      ['a sign-out without leeway', 'now() / 1000 + scope.cognito.clockTolerance', 'now() / 1000'],
      ['a sign-out of a minute', 'scope.cognito.clockTolerance', '60'],
    ],
  },
  {
    file: 'user-routes/attributes',
    tests: ['user-routes/attributes'],
    rows: [
      ['attributes that are kept by reference', 'return copySchema(option)', 'return option'],
      ['an address as an object', "wire === 'address' && types.has('object')", 'false'],
      ['a date beside other types', "types.has('Date') && types.size > 1 && ", 'false && '],
      ['an attribute with a default is required', " && !Object.hasOwn(schema, 'default')", ''],
      ['a default is no attribute', '        ...attributes.flatMap(listDefault),\n', ''],
      [
        'what counts of all attributes is dropped',
        '...(minProperties !== undefined && { minProperties }),',
        '',
      ],
    ],
  },
  {
    file: 'user-routes/body',
    tests: ['user-routes/attributes'],
    rows: [
      [
        'an inherited member in a body',
        'withoutPrototype(JSON.parse(text.toString()))',
        'JSON.parse(text.toString())',
      ],
    ],
  },
  {
    file: 'user-routes/sign-up',
    tests: ['user-routes/attributes'],
    rows: [['no attributes where some have to be', '!compileSchema(attributes.schema).check({})', 'false']],
  },
  {
    file: 'user-routes/route',
    tests: ['http/error-handler'],
    rows: [
      [
        'a status that stays where the call fails',
        'const answer = await handle(',
        'reply.code(status)\n      const answer = await handle(',
      ],
    ],
  },
  {
    file: 'user-routes/secret-hash',
    tests: ['user-routes/errors'],
    rows: [['a secret hash without the user', '.update(username + clientId)', '.update(clientId)']],
  },
  {
    file: 'user-routes/exceptions',
    tests: ['user-routes/errors'],
    rows: [
      [
        'a wrong secret is a wrong password',
        "reasonCode === 'NOT_AUTHORIZED' && /secret/i.test(message)",
        'false',
      ],
      ['a flow that is not allowed is a bad request', '/flow not enabled/i.test(message)', 'false'],
      ['any message of Cognito', 'SHOWN.has(exception) && meaning === usual', 'exception'],
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
    tests: ['user-routes/logs'],
    rows: [['what Cognito says is logged', 'reason: fill(parts, { operation })', 'reason: String(message)']],
  },
  {
    file: 'user-routes/exceptions',
    tests: [
      'user-routes/routes',
      'user-routes/sign-in',
      'user-routes/sign-up',
      'user-routes/me',
      'user-routes/sign-out',
    ],
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
    file: 'user-routes/reasons',
    tests: ['user-routes/routes'],
    rows: [
      [
        'a sign-in tells of unknown users',
        "answered('CREDENTIALS_INVALID', 'UserNotFound')",
        "answered('NOT_CONFIRMED', 'UserNotFound')",
      ],
      [
        'a reason of the routes under another code',
        "ANSWER_EMPTY: failed('Cognito answered",
        "ANSWER_EMPTY: malformed('Cognito answered",
      ],
      [
        'an expired code tells of known users',
        "answered('CODE_INVALID', 'ExpiredCode')",
        "answered('REQUEST_INVALID', 'ExpiredCode')",
      ],
    ],
  },
  {
    file: 'user-routes/sign-in',
    tests: ['user-routes/reasons'],
    rows: [['a reason of another fault', "fail('ANSWER_EMPTY'", "fail('CHALLENGE_IN_FORM'"]],
  },
  {
    file: 'user-routes/sign-up',
    tests: [
      'user-routes/routes',
      'user-routes/sign-up',
      'user-routes/sign-in',
      'user-routes/me',
      'user-routes/sign-out',
    ],
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
    tests: [
      'user-routes/routes',
      'user-routes/sign-up',
      'user-routes/sign-in',
      'user-routes/me',
      'user-routes/sign-out',
    ],
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
    tests: [
      'user-routes/me',
      'user-routes/routes',
      'user-routes/sign-up',
      'user-routes/sign-in',
      'user-routes/sign-out',
    ],
    rows: [
      ['a machine has an account', "principal === 'user'", 'principal !== undefined'],
      ['an ID token signs out', "tokenUse: 'access',", "tokenUse: ['access', 'id'],"],
      ['a sign-out asks for the claims of the pool', '    claims: Type.Object({}),\n', ''],
      ['a sign-out asks for the user', '    loadUser: () => true,\n', ''],
    ],
  },
  {
    file: 'user-routes/route',
    tests: ['user-routes/options'],
    rows: [['the audit lists open account routes', ' && { config: OPEN }', ' && { config: {} }']],
  },
  {
    file: 'user-routes/sign-in',
    tests: [
      'user-routes/sign-in',
      'user-routes/sign-up',
      'user-routes/me',
      'user-routes/sign-out',
      'user-routes/routes',
    ],
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
    tests: [
      'user-routes/sign-out',
      'user-routes/routes',
      'user-routes/sign-up',
      'user-routes/sign-in',
      'user-routes/me',
    ],
    rows: [
      ['anybody signs out', '    guard: guardAccount(scope, accounts),\n', ''],
      ['a sign-out without effect', '      assertEffect(given)\n', ''],
      ['a sign-in is not marked', '...(signIn === undefined ? [] : [signIn]), ', ''],
      [
        'everywhere marks no user',
        'everywhere || signIn === undefined ? [user]',
        'signIn === undefined ? [user]',
      ],
      ['the mark of a user is too early', 'Math.max(until, Math.floor(iat))', 'until'],
      ['everywhere is not said to Cognito', '...(everywhere ? [', '...(everywhere && !everywhere ? ['],
      ['a failed sign-out is answered as a success', 'throw outcome.reason', 'continue'],
      ['any failure of a revocation is ignored', ' && error.exception === exception', ''],
    ],
  },
  {
    file: 'user-routes/sign-out',
    tests: ['user-routes/sign-out'],
    rows: [
      ['everywhere without the scope for it', 'if (given.everywhere === true) assertScope(token)', ''],
      ['a sign-out marks nothing', 'if (!cognito.canRevoke) return', 'if (cognito.canRevoke) return'],
      ['a revoked token cannot sign out everywhere again', ".catch(ignore('NotAuthorized'))", ''],
      [
        'marks before Cognito',
        '      await revokeAtCognito(accounts, token, given)\n',
        '      await setMarks(scope, accounts, listMarks(token, false, 0))\n      await revokeAtCognito(accounts, token, given)\n',
      ],
    ],
  },
  {
    file: 'user-routes/me',
    tests: [
      'user-routes/routes',
      'user-routes/me',
      'user-routes/sign-up',
      'user-routes/sign-in',
      'user-routes/sign-out',
    ],
    rows: [
      ['anybody is somebody', '    guard: guardMe(scope, accounts),\n', ''],
      ['Cognito is asked with any token', 'isFresh(request) ? fresh(', 'isFresh === undefined ? fresh('],
    ],
  },
  {
    file: 'user-routes/attributes',
    tests: [
      'user-routes/sign-up',
      'user-routes/options',
      'user-routes/sign-in',
      'user-routes/me',
      'user-routes/sign-out',
      'user-routes/routes',
    ],
    rows: [
      ['attributes beside the list', 'additionalProperties: false,', ''],
      ['any attribute is for users', 'WRITABLE.includes(wire) || /^custom:[^\\s:]+$/.test(wire)', 'wire'],
      [
        'text that cannot be read back',
        'if (text !== undefined && compiled.decode(read(text)) !== undefined) return',
        'if (text !== undefined && compiled) return',
      ],
    ],
  },
  {
    file: 'user-routes/body',
    tests: [
      'user-routes/errors',
      'user-routes/sign-in',
      'user-routes/sign-up',
      'user-routes/me',
      'user-routes/sign-out',
      'user-routes/routes',
    ],
    rows: [
      ['names of the body in an error', "listKnown(path, schema).join('.')", "path.join('.')"],
      [
        'text of the body in an error',
        "} catch {\n      // The parser's message is left out, because it repeats the text.\n      done(fail('BODY_NOT_JSON', withPlace('no JSON')))",
        '} catch (error) {\n      done(error as Error)',
      ],
      ['bodies of other media types', '  scope.removeAllContentTypeParsers()\n', ''],
    ],
  },
  {
    file: 'user-routes/body',
    tests: ['user-routes/bodies'],
    rows: [
      ['a limit that ignores the schema', 'schema === undefined ? 0 : sizeOf(schema)', '200_000'],
      ['a limit that leaves no room for escapes', 'const MAX_UNIT = 6', 'const MAX_UNIT = 1'],
      [
        'a member of any size',
        'Math.min(name.length + sizeOf(property), MAX_MEMBER)',
        'name.length + sizeOf(property)',
      ],
    ],
  },
  {
    file: 'user-routes/route',
    tests: ['user-routes/bodies'],
    rows: [['a body of any length', 'bodyLimit: bodyLimitOf(route.body)', 'bodyLimit: 1_048_576']],
  },
  {
    file: 'user-routes/form',
    tests: [
      'user-routes/sign-in',
      'user-routes/sign-up',
      'user-routes/me',
      'user-routes/sign-out',
      'user-routes/routes',
    ],
    rows: [
      ['a parameter of a form twice', 'new Set(names).size < names.length', 'false'],
      ['any grant type', "grantType !== 'password'", 'false'],
      ['a description that RFC 6749 does not allow', ".replace(NO_DESCRIPTION, ' ')", ''],
    ],
  },
  {
    file: 'user-routes/index',
    tests: ['user-routes/errors'],
    rows: [
      ['an answer with tokens is stored', "void reply.header('cache-control', 'no-store')", 'void reply'],
    ],
  },
  {
    file: 'user-routes/errors',
    tests: ['user-routes/errors', 'http/error-handler'],
    rows: [
      ['401 without a challenge', "this.statusCode === 401 ? 'Bearer' : undefined", 'undefined'],
      ['an error that carries no answer', 'markAnswerable(UserRouteError.prototype)', ''],
    ],
  },
  {
    file: 'user-routes/index',
    tests: ['user-routes/options'],
    rows: [['no warning of passwords over plain http', '  warnOfPlainEndpoint(scope, options)\n', '']],
  },
  {
    file: 'user-routes/sdk',
    tests: ['user-routes/errors'],
    rows: [
      ['a throttled call is tried again', 'maxAttempts: 1', 'maxAttempts: 3'],
      ['a call without end', 'const DEADLINE_MS = 2500', 'const DEADLINE_MS = 25_000'],
      ['a client that waits without end', 'await untilAborted(answer, deadline)', 'await answer'],
    ],
  },
  {
    file: 'user-routes/options',
    tests: ['user-routes/options'],
    rows: [
      ['account routes of a tenant are not explained', "pool?.startsWith('tenant:')", 'false'],
      ['an endpoint that anybody can read', 'parseUrl(endpoint, insecureHttp) === undefined', 'false'],
      ['a variable that anybody can read', ' || parseUrl(url, insecureHttp) !== undefined', ' || url'],
      [
        'passwords over plain http in production',
        "  assertInsecureHttp(insecureHttp, 'user-routes', env)\n",
        '',
      ],
      ['an app client of somebody else', '(appClientId === null || appClientId.includes(chosen))', 'chosen'],
      [
        'an option vanishes',
        "  assertDefined(given, Object.keys(userRoutesSchema.properties), 'user-routes')\n",
        '',
      ],
      ['a route comes back', "  assertDefined(routes, [name], 'user-routes.routes')\n", ''],
      ['the hooks of a route vanish', "  assertDefined(option, ['path', 'hooks'], at)\n", ''],
    ],
  },
  {
    file: 'user-routes/hooks',
    tests: ['user-routes/options'],
    rows: [['hooks before the guard', '[guard, ...hooks]', '[...hooks, guard]']],
  },
]
