/**
 * Weakenings of `src/nest/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'nest/routes',
    tests: ['nest/routes', 'nest/refusals'],
    rows: [
      ['a mark puts no hook before its route', 'if (hook !== undefined) putFirst(route, hook)', 'void hook'],
      ['a refusal lets the request pass', 'return done(refuse(reply, error))', 'void refuse(reply, error)'],
      ['a mark that reached no route is fine', 'if (names.length > 0) throw', 'if (names.length > 99) throw'],
      [
        'classes share the handler that they inherit',
        'if (handlers.get(method)?.type === type) return method',
        'if (name !== "") return method',
      ],
      [
        'the configuration of the application is lost',
        '{ ...givenConfig(method), ...declare',
        '{ ...declare',
      ],
      ['a subclass stays declared open', 'return opened || cognito', 'return cognito'],
      ['classes share the copy of a method', 'handlers.get(method)?.type === type', 'handlers.has(method)'],
      ['an open handler is not declared', '? { cognito: false }', '? {}'],
      [
        'the marks of a class are not compiled',
        'for (const { name, mark } of listHandlers(type)) {',
        'for (const { name, mark } of [].concat(listHandlers(type)).slice(0, 0)) {',
      ],
      [
        'a required guard is an optional one',
        "name === 'Cognito' ? authRequired",
        "name !== 'Cognito' ? authRequired",
      ],
    ],
  },
  {
    file: 'nest/guard',
    tests: ['nest/guard'],
    rows: [
      [
        'every request counts as passed',
        'this.#host.passed.get(subjectOf(context)) === mark',
        'subjectOf(context) !== context',
      ],
      [
        'a request that passed one mark passes every mark',
        'passed.get(subjectOf(context)) === mark',
        'passed.has(subjectOf(context))',
      ],
      [
        'a handler without a mark is open',
        'if (mark === undefined)',
        'if (mark === undefined) return true\n    if (mark === undefined)',
      ],
      ['an optional guard refuses', "name === 'Cognito' ? verifyRequest(", "name !== '' ? verifyRequest("],
      [
        'a required guard is an optional one',
        "name === 'Cognito' ? verifyRequest(",
        "name === '' ? verifyRequest(",
      ],
    ],
  },
  {
    file: 'nest/marks',
    tests: ['nest/routes', 'nest/decorators'],
    rows: [
      [
        'the mark of a class replaces that of a method',
        'readMarkOf(handler) ?? readMarkOf(controller)',
        'readMarkOf(controller) ?? readMarkOf(handler)',
      ],
      ['a second mark replaces the first', 'if (other !== undefined)', 'if (other === mark)'],
      [
        'the mark of the class above it counts as its own',
        'const other = ofTarget.get(key) ??',
        'const other =',
      ],
      ['a replaced method has lost its mark', 'readMarkOf(method) === mark)', 'mark !== null)'],
      ['an override counts as a replaced method', 'if (ownerOf(prototype, key) !== owner) continue', ''],
      ['a static method is marked', 'isMarked(method) && !isMarked(target)', 'isMarked(method)'],
    ],
  },
  {
    file: 'nest/context',
    tests: ['nest/guard', 'nest/identity'],
    rows: [
      ['handlers of one call share an identity', '?.get(context.getHandler())', '?.values().next().value'],
      [
        'classes share the identity of a handler that they inherit',
        '?.get(context.getClass())?.get(context.getHandler())',
        '?.get(Object.getPrototypeOf(context.getClass()))?.get(context.getHandler())',
      ],
      [
        'messages of one client share an identity',
        "if (context.getType<string>() !== 'ws')",
        "if (context.getType<string>() !== '')",
      ],
      [
        'a call has the identity of two tokens',
        'if (other !== undefined && other',
        'if (other === identity && other',
      ],
      [
        'a handler without a mark has no identity',
        "if (markOf(context)?.name === 'CognitoOptional') return null",
        'if (attached !== 0) return null',
      ],
    ],
  },
  {
    file: 'nest/placement',
    tests: ['nest/placement'],
    rows: [
      ['a mark on a method of a socket is fine', 'if (UNGUARDED.has(key) &&', "if (key === '' &&"],
      ['a mark on a field is fine', 'return !fields && FIELDS', 'return fields && FIELDS'],
      ['any options of GraphQL guard fields', "enhancers.includes('guards')", 'enhancers.length > 0'],
      ['one GraphQL module counts for all', 'found.every(', 'found.some('],
      ['an application without GraphQL guards fields', 'found.length > 0 && ', ''],
    ],
  },
  {
    file: 'nest/exception',
    tests: ['nest/refusals'],
    rows: [['a defect is a refusal', ' && error.statusCode !== 500', '']],
  },
  {
    file: 'nest/host',
    tests: ['nest/routes', 'nest/module'],
    rows: [
      ['another adapter is taken', "httpAdapter?.getType() === 'fastify'", "httpAdapter?.getType() !== ''"],
    ],
  },
  {
    file: 'nest/decorators',
    tests: ['nest/decorators', 'nest/guard'],
    rows: [
      [
        'a decorator without parentheses is taken',
        'given.length > most || isClass',
        'given.length > most + 9',
      ],
      [
        'a mark adds no guard',
        "given: given as Mark['given'] }, UseGuards(CognitoGuard))",
        "given: given as Mark['given'] })",
      ],
    ],
  },
]
