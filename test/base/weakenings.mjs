/**
 * Weakenings of `src/base/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'base/error-word',
    tests: ['revocation/revocation', 'revocation/gate'],
    rows: [
      ["an error's own text", '[code, name].find(isWord) ?? UNKNOWN', 'String((error as Error).message)'],
    ],
  },
  {
    file: 'base/repeated-name',
    tests: ['base/repeated-name'],
    rows: [
      ['one name in two objects', "text === '{' || text === '['", "text === '{'"],
      ['a name with an escape', 'JSON.parse(text))', 'text)'],
    ],
  },
  {
    file: 'base/printable',
    tests: ['base/printable', 'doctor/command'],
    rows: [
      ['control characters', '\\p{Cc}', '\\u0000'],
      ['directions of text', '\\p{Cf}', ''],
      ['separators of lines', '\\p{Zl}\\p{Zp}', ''],
    ],
  },
  {
    file: 'base/nearest-name',
    tests: ['base/nearest-name'],
    rows: [
      ['neighbours that changed places', 'isSwapped ?', 'false ?'],
      ['any name is near', 'faults <= limit)', 'faults <= 99)'],
      ['the first that is near enough', '.sort((a, b) => a.faults - b.faults)', ''],
      ['case counts', 'name.toLowerCase()', 'name'],
    ],
  },
  {
    file: 'base/unknown-option',
    tests: ['plugin/options'],
    rows: [
      ['a name that is known on another level', 'isSomewhere ? (', 'false ? ('],
      ['a pool beside pools', ' ?? findPool(root, name, value)', ''],
    ],
  },
  {
    file: 'base/value-kind',
    tests: ['plugin/options'],
    rows: [
      ['the value in the message', "?? 'text of another form'", '?? text'],
      ['swapped ids', 'parseUserPoolId(text) !== undefined', 'false'],
    ],
  },
  {
    file: 'base/option-schema',
    tests: ['plugin/options'],
    rows: [
      ['undefined in the place of a default', 'value === undefined ? fallback : value', 'value'],
      ['a default in the place of null', 'value === undefined ? fallback : value', 'value ?? fallback'],
      [
        'options that can be changed',
        'Object.freeze(Object.fromEntries(filled)',
        '(Object.fromEntries(filled)',
      ],
      [
        'a misspelt option is a missing one',
        'const mismatch = stranger ?? mismatches[0]',
        'const mismatch = mismatches[0]',
      ],
      ['control characters in the name of an option', 'printable([path', '((text: string) => text)([path'],
      ['the first item of a list is the wrong one', 'Number(item.path[path.length]) + 1', '1'],
    ],
  },
  {
    file: 'base/members',
    tests: ['base/members'],
    rows: [['members of prototypes are read', 'Object.hasOwn(object, name)', 'true']],
  },
  {
    file: 'base/members',
    tests: ['claims/standard-schema'],
    rows: [
      [
        'an instance of a class is an object of members',
        'prototype === null || Object.getPrototypeOf(prototype) === null',
        'prototype !== 0',
      ],
    ],
  },
  {
    file: 'base/members',
    tests: ['guard/guard'],
    rows: [['only the top of the payload is frozen', ' deepFreeze(member)\n', ' void member\n']],
  },
  {
    file: 'base/option-schema',
    tests: ['plugin/options', 'guard/guard'],
    rows: [['a misspelt option', '{ additionalProperties: false, expected }', '{ expected }']],
  },
  {
    file: 'base/redis-options',
    tests: ['keys/redis-store', 'revocation/redis'],
    rows: [['a prefix that spreads the keys', "'^[\\\\w.:/-]+$'", "'.'"]],
  },
  {
    file: 'base/option-schema',
    tests: ['claims/reader', 'guard/arguments'],
    rows: [
      ['undefined for an option that narrows', 'Reflect.get(options, name) === undefined', 'false'],
      ['undefined for an argument', 'given.at(-1) === undefined', 'false'],
    ],
  },
  {
    file: 'base/promises',
    tests: ['claims/standard-schema', 'claims/reader'],
    rows: [
      ['a rejection inside of a value', '      ignoreRejection(part)\n', ''],
      ['only the first level of a value', 'parts.add(inner)', 'part === value && parts.add(inner)'],
      ['promises inside of lists', 'Array.isArray(part) || ', ''],
    ],
  },
  {
    file: 'base/promises',
    tests: ['guard/application-functions'],
    rows: [
      [
        'only promises of Node are waited for',
        'return isPromised(value) ?',
        'return value instanceof Promise ?',
      ],
    ],
  },
  {
    file: 'base/errors',
    tests: ['base/errors', 'guard/guard', 'http/nest'],
    rows: [
      [
        'NestJS makes 500 of a refusal',
        '  get status(): number {\n    return this.statusCode',
        '  get status(): number {\n    return 500',
      ],
      ['NestJS hides the message of a refusal', 'return this.statusCode !== 500', 'return false'],
      [
        'a log without the code of a reason',
        'this.reasonCode = details.reasonCode',
        'this.reasonCode = undefined',
      ],
      ['the reason is told to the client', 'this.message = refusal.message', 'this.message = details.reason'],
    ],
  },
  {
    file: 'base/private-url',
    tests: ['pool/key-urls', 'pool/options'],
    rows: [
      ['http from any host', ' && isLoopback(url.hostname)', ''],
      ['http from a host that begins like loopback', '\\[::1\\])$/', '\\[::1\\])/'],
      ['insecureHttp in production', "insecureHttp && env['NODE_ENV'] === 'production'", 'false'],
      [
        'insecureHttp is for any protocol',
        "new URL(value).protocol === 'http:' ? new URL(value) : undefined",
        'new URL(value)',
      ],
      ['no warning of another host', "protocol === 'http:' && !isLoopback(hostname) ? host", 'false ? host'],
      ['a warning of this host', ' && !isLoopback(hostname) ? host', ' ? host'],
    ],
  },
  {
    file: 'base/user-pool-id',
    tests: ['pool/options'],
    rows: [['a user pool id with a path', '_[A-Za-z0-9]+$/', '_[A-Za-z0-9]+/']],
  },
  {
    file: 'base/schema',
    tests: ['verify/token-cache'],
    rows: [
      ['one reading of a date', " || schema['type'] === 'Date'", ''],
      ['one reading of a format', " || 'format' in schema", ''],
      ['one reading of a kind', ' || isOwnKind(schema)', ''],
    ],
  },
  {
    file: 'base/name-list',
    tests: ['base/name-list'],
    rows: [
      ['a list that can be changed', 'Object.freeze(list)', 'list'],
      ['a has that JSON and comparisons see', '{ value: has }', '{ value: has, enumerable: true }'],
      ['repeated names', '[...set]', '[...names]'],
    ],
  },
  {
    file: 'base/clock',
    tests: ['revocation/redis-replica'],
    rows: [
      ['a process that was suspended', 'ahead = Math.max(ahead, readTime() - now)', 'ahead = 0'],
      ['a clock that is put back', 'ahead = Math.max(ahead, readTime() - now)', 'ahead = readTime() - now'],
    ],
  },
  {
    file: 'base/redis-client',
    tests: ['base/redis-client', 'revocation/redis-replica', 'revocation/redis'],
    rows: [
      [
        'the path of another option',
        'throw notKnown(path)\n  if (isIoredis',
        "throw notKnown('client')\n  if (isIoredis",
      ],
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
        '{ ...redisOptions, ...NO_DEADLINES }',
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
    file: 'base/challenge',
    tests: ['base/errors'],
    rows: [['a value breaks out of the challenge', 'CHALLENGE_VALUE = /^', 'CHALLENGE_VALUE = /']],
  },
  {
    file: 'base/error-table',
    tests: ['base/errors'],
    rows: [['a word in braces stays in the log', 'text += isWord ? details[part] : part', 'text += part']],
  },
  {
    file: 'base/reasons',
    tests: ['attacks/reason-codes', 'attacks/reasons'],
    rows: [
      ['other words for a reason', 'iat is missing', 'iat is absent'],
      ['a reason under another code', 'CREDENTIALS_EMPTY: malformed(', 'CREDENTIALS_EMPTY: invalid('],
    ],
  },
  {
    file: 'base/members',
    tests: ['attacks/table'],
    rows: [['null for an object', 'value !== null && ', '']],
  },
  {
    file: 'base/option-schema',
    tests: ['guard/arguments'],
    rows: [
      [
        'an inherited undefined is no value',
        'name in options && Reflect',
        'Object.hasOwn(options, name) && Reflect',
      ],
    ],
  },
  {
    file: 'base/answer-headers',
    tests: ['http/error-handler'],
    rows: [
      ['a refusal may be cached', "    'cache-control': 'no-store',\n", ''],
      ['no challenge', '(challenge !== undefined &&', '(challenge === null &&'],
      ['503 without Retry-After', '(retryAfter !== undefined &&', '(retryAfter === null &&'],
      [
        'the answer of a wrapped error with a status of its own',
        ' && cause.statusCode === (statusCode ?? status)',
        '',
      ],
    ],
  },
  {
    file: 'base/errors',
    tests: ['http/error-handler'],
    rows: [['the last plugin gives the realm', 'error.#realm ??= realm', 'error.#realm = realm']],
  },
  {
    file: 'base/clock',
    tests: ['base/clock', 'testing/fake-time'],
    rows: [
      ['a time of day that is kept', 'timeOfDay = (): number => Date.now()', 'timeOfDay = Date.now'],
      [
        'a deadline that a test freezes',
        'const timer = setTakenTimeout(action, ms).unref()',
        'const timer = setTimeout(action, ms).unref()',
      ],
      [
        'a time of day that a test does not move',
        'const timer = setTimeout(action, ms)\n',
        'const timer = setTakenTimeout(action, ms)\n',
      ],
      ['a timer keeps the process', '    Object(timer).unref?.()\n', ''],
      ['an answer is waited for in held time', '  setTakenImmediate(action)', '  setImmediate(action)'],
    ],
  },
]
