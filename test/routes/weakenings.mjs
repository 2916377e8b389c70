/**
 * Weakenings of `src/routes/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'routes/auth-branches',
    tests: ['routes/auth-branches'],
    rows: [
      ['a branch that refused keeps its identity', 'if (error || (continues', 'if ((continues'],
      ['a guard after the refusal proves', '(continues && attempt.hasFailed)', 'false'],
      ['a branch takes away what was proved before it', 'before: request.cognito,', 'before: null,'],
      ['a refusal by throwing', '    return refuse(error)\n', '    throw error\n'],
      ['a refusal by a promise', 'outcome.then(() => conclude(undefined), refuse)', 'outcome'],
      ['a refusal by the callback', '        conclude(error)\n        done', '        done'],
      [
        'an inner list of which one is enough',
        "if (relation === 'and') return",
        "if (relation === 'never') return",
      ],
    ],
  },
  {
    file: 'routes/guard-placement',
    tests: ['routes/guard-placement'],
    rows: [
      ['a guard under any hook of a route', 'for (const { options } of routes) assertRoute(options)', ''],
      [
        'a guard by addHook anywhere',
        'assertPlaced(hook, name, GUARD_HOOKS, `addHook',
        'assertPlaced(undefined, name, GUARD_HOOKS, `addHook',
      ],
      ['a list of hooks unseen', 'const parts = [hook].flat(2)', 'const parts = [hook]'],
      ['a guard that was not made', 'if (factory !== undefined) {', 'if (factory === null) {'],
      ['@fastify/auth registered before unseen', "replaceMethod(app, 'auth', watchParts(present))", 'void 0'],
      [
        '@fastify/auth registered later unseen',
        "name === 'auth' && isFunction(value) ? watchParts(value) : value",
        'value',
      ],
      ['the parts of a list within a list unseen', 'parts.flat().some(hasGuard)', 'parts.some(hasGuard)'],
      [
        'a handler for what is not found unseen',
        'assertPlaced(guard, hook, GUARDING_NOT_FOUND,',
        'assertPlaced(undefined, hook, GUARDING_NOT_FOUND,',
      ],
    ],
  },
  {
    file: 'routes/route-guards',
    tests: ['routes/openapi', 'routes/audit', 'routes/openapi-schemes'],
    rows: [
      [
        'a scope forgets the guard of its parent',
        'if (scope === null) return []',
        'if (scope !== null) return protectors.get(scope) ?? []',
      ],
      [
        'a protected scope is forgotten',
        'if (alternatives !== undefined) protectors',
        'if (alternatives === null) protectors',
      ],
      ['hooks as they were at first', '{ options, url:', '{ options: { ...options }, url:'],
      ['hooks after the guard', 'Math.max(first, 0)', 'hooks.length'],
      [
        'a protected scope has hooks before its guard',
        ' || findProtectors(added.scope).length > 0) return []',
        ') return []',
      ],
      ['a protected handler that another scope gets to', "scope.prefix !== '' && ", ''],
      ['a protected handler for what is not found', 'isProtected || own', 'own'],
      [
        'the hooks of a handler for what is not found',
        'own.some((hook) => readAlternatives(hook) !== undefined)',
        'own.length > 0',
      ],
    ],
  },
  {
    file: 'routes/audit',
    tests: ['routes/audit'],
    rows: [
      ['an open route starts', "if (mode === 'error')", "if (mode !== 'error')"],
      ['any config exempts a route', 'own.cognito === false', 'true'],
      ['config that inherits exempts a route', "Object.hasOwn(own, 'cognito')", "'cognito' in own"],
      ['an open handler for what is not found', '...listOpenHandlers(handlers)', ''],
      ['a guarded handler for what is not found', ' && !isNotFoundGuarded(scope, options)', ''],
      ['a hook before the guard', 'if (late.length > 0)', 'if (late.length > 9)'],
      ['an open HEAD is left out', "!(method === 'HEAD' && gets.has(toPath(route)))", "method !== 'HEAD'"],
      ['routes of before are overlooked', 'isRoot(app) ? listEarlier(app) : []', '[]'],
      ['an open route in a list of one', 'if (open.length > 0) report', 'if (open.length > 1) report'],
    ],
  },
  {
    file: 'routes/openapi',
    tests: ['routes/openapi', 'routes/openapi-schemes'],
    rows: [
      [
        'a route that never opens looks open',
        'if (entries.length === 0) return',
        'if (all.length === 0) return',
      ],
      ['a static document', "mode === 'static'", "mode === ''"],
      ['a document of Swagger 2.0', 'swagger !== undefined', 'swagger === assertOpenapi'],
      ['a route’s own security is replaced', 'schema.security ?? toSecurity', 'toSecurity'],
      [
        'a route’s own answers are replaced',
        '{ ...own, ...Object.fromEntries(added) }',
        'createAnswers(isSelective, takesTenants)',
      ],
      [
        'the application’s transform is left out',
        'const result = own(input)',
        'const result: ReturnType<Transform> = own && {}',
      ],
    ],
  },
  {
    file: 'routes/openapi-schemes',
    tests: ['routes/openapi-schemes', 'routes/openapi', 'routes/tenants'],
    rows: [
      ['tenants take the scheme of a pool', "? toFreeName('tenants', pools)", "? 'tenants'"],
      [
        'tenants without their option',
        'if (tenants === undefined) return subjects',
        'if (tenants === undefined) tenants = { tokenUses: new Set() }',
      ],
      ['a scheme whose name no document may have', 'pool === ANY_TENANT ? ', "pool === '' ? "],
      ['the access token where the ID token is taken', "!tokenUses.includes('access')", 'false'],
      ['one scheme for all kinds of a pool', 'isSame(tokenUses, subject.tokenUses)) return', 'true) return'],
      ['a scheme of the application is passed over', 'Object.hasOwn(own, name) || ', ''],
      ['a scheme takes the name of a pool', 'while (pools.has(name))', 'while (false)'],
      [
        'an ID token looks as if it had scopes',
        'scopes.length > 0 ? tokenUses',
        'scopes.length < 0 ? tokenUses',
      ],
    ],
  },
  {
    file: 'routes/resource',
    tests: ['routes/resource', 'routes/tenants'],
    rows: [
      ['a member without values', '...(servers.length > 0 && {', '...(servers && {'],
      ['a resource with credentials', ' && !url.username && !url.password', ''],
      ['a resource with a query', '!/[?#]/.test(value)', 'true'],
      ['a path that Fastify reads as a pattern', ' && !/[*:()%]/.test(url.pathname)', ''],
      ['metadata below a prefix', "if (app.prefix !== '')", 'if (false)'],
      ['metadata behind a guard', 'findGuards(options).length === 0', 'true'],
      ['a URL that no client would compare as equal', '(url.href === value || ', '(url.href !== null || '],
    ],
  },
]
