/**
 * Weakenings of `src/tenants/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'tenants/options',
    tests: ['tenants/options'],
    rows: [
      ['a tenants.load of any kind', "typeof options.load !== 'function'", 'options.load === undefined'],
      ['one URL of keys for all tenants', "?.includes('{userPoolId}') === false", "?.includes('{') === 8"],
      [
        'a URL of the keys of tenants that nobody has tried',
        '  locateKeys(EXAMPLE, issuersOf(EXAMPLE), env)\n',
        '',
      ],
    ],
  },
  {
    file: 'tenants/row',
    tests: ['tenants/row'],
    rows: [
      ['a tenant without clients', 'clients.length > 0 && ', ''],
      ['a client that a tenant has twice', ' && new Set(clients).size === clients.length', ''],
      ['a client of any form', '&& CLIENT_ID.test(value)', ''],
      ['a tenant of any name', ' && TENANT_NAME.test(value)', ''],
      ['a user pool id of any form', ' && parseUserPoolId(value) !== undefined', ''],
      ['a row that throws', '    // A getter threw.\n    return NO_ROW', "    throw new Error('row')"],
      [
        'a client that is replaced is the same row',
        '    one.appClientId.every((client) => other.appClientId.includes(client))',
        '    true',
      ],
      [
        'a client that is added is the same row',
        '    one.appClientId.length === other.appClientId.length &&\n',
        '',
      ],
      ['another pool is the same row', '    one.userPoolId === other.userPoolId &&\n', ''],
    ],
  },
  {
    file: 'tenants/rows',
    tests: ['tenants/rows', 'tenants/list'],
    rows: [
      ['a list without end', 'rows.length >= MAX_ROWS', 'rows.length >= 2 * MAX_ROWS'],
      ['a list that hangs', 'end(`no list within', 'void (`no list within'],
      ['rows that come too late are asked for', '      deadline.abort()\n', ''],
      ['a deadline that stays', '      callOff()\n', ''],
      ['a text is a list', "typeof value === 'object' && value !== null &&", 'Object(value) !== value ||'],
      ['rows of a list are awaited', 'if (!isAsync(source)) for', 'if (false) for'],
      [
        'a long list is read in one piece',
        'rows.length % SLICE === 0 ? nextTurn()',
        'rows.length < 0 ? nextTurn()',
      ],
      ['a long list is handled in one piece', 'if (count % slice === 0)', 'if (count < 0)'],
    ],
  },
  {
    file: 'tenants/disputes',
    tests: ['tenants/disputes', 'tenants/list'],
    rows: [
      ['a pool that two tenants claim', '&& !mine.has(place)', '&& false'],
      ['a name that two rows have', 'if (isDisputed(names.get(row.name)) &&', 'if (false &&'],
      ['the last row of a name wins', '(held === undefined || !isSameRow(held, row))', 'held === undefined'],
      [
        'who holds it loses it',
        'isDisputed(places.get(place)) && !mine.has(place)',
        'isDisputed(places.get(place))',
      ],
      ['a registered pool is for a tenant', 'if (holders.isRegistered(row.userPoolId))', 'if (false)'],
      [
        'tenants share a pool without a claim',
        'return mayShare ? appClientId.map',
        'return mayShare || true ? appClientId.map',
      ],
      ['one client that is left is enough', '.some(isLost)', '.every(isLost)'],
    ],
  },
  {
    file: 'tenants/directory',
    tests: ['tenants/directory', 'expiry/tenants'],
    rows: [
      ['any client of a pool is a tenant', 'toPlace(pool.id, clientId)', "toPlace(pool.id, 'web')"],
      [
        'a pool is found by another issuer with its id',
        'pool?.hasIssuer(issuer) === true',
        'pool !== undefined',
      ],
      [
        'a tenant that changed goes on',
        'former !== undefined && isSameRow(former.row, row)',
        'former !== undefined',
      ],
      [
        'a tenant that did not change is another one',
        'const tenant = isKept ? former',
        'const tenant = isKept && false ? former',
      ],
      [
        'a tenant of another list is in force',
        '.get(tenant.name) === tenant',
        '.get(tenant.name) !== undefined',
      ],
      ['keys of pools that are gone stay', 'if (!this.#tenants.pools.has(id)) pool.close()', 'pool.id'],
      [
        'keys that are still needed are closed',
        'if (!this.#tenants.pools.has(id)) pool.close()',
        'pool.close()',
      ],
      ['keys are not kept over a new list', 'this.#tenants.pools.get(id) ?? new', 'new'],
      ['a watch is not called', '(onLeft) => onLeft()', '() => {}'],
      ['a watch of every tenant is called', 'if (!this.#isListed(tenant)) left', 'left'],
      ['many watches are called in one piece', ', WATCHES_AT_A_STRETCH)', ')'],
      ['a watch that was ended meanwhile is called', 'yield* set', 'yield* [...set]'],
      ['a watch that was ended ends another', ' && this.#watchers.get(tenant) === callbacks', ''],
      [
        'fetches go on when the application is closed',
        'for (const pool of this.#tenants.pools.values()) pool.close()',
        '',
      ],
      ['any text is an issuer of a tenant', '.includes(issuer)', '.length > 0'],
    ],
  },
  {
    file: 'tenants/user-pool',
    tests: ['tenants/directory', 'tenants/list'],
    rows: [
      ['keys in use are let go', 'if (!this.#isUsed) this.close()', 'this.close()'],
      ['keys without a use are kept', '    this.#isUsed = false\n', ''],
    ],
  },
  {
    file: 'tenants/schedule',
    tests: ['tenants/schedule', 'tenants/list'],
    rows: [
      ['each unknown token starts a reading', '(this.#pending === undefined && !isDue)', 'false'],
      [
        'any number of requests waits for the list',
        'if (this.#waiting >= MAX_WAITING && !isKnown)',
        'if (false)',
      ],
      ['requests that waited are counted for ever', '    this.#waiting -= 1\n', ''],
      ['a list is trusted for ever', 'hasJustFailed && age <= staleIfErrorMs', 'true'],
      ['staleIfError does not count', '&& age <= staleIfErrorMs', ''],
      ['an old list is trusted without being read', 'return hasJustFailed &&', 'return'],
      ['the list is not read again', 'if (isInUse) this', 'if (false) this'],
      [
        'the list is read on after a boot that failed',
        'const isInUse = !this.#isClosed && this.#askedAt !== undefined',
        'const isInUse = !this.#isClosed',
      ],
      ['the list is read on after the end', 'const isInUse = !this.#isClosed && ', 'const isInUse = '],
      ['a reload is content with a reading under way', '    await this.#pending\n    if', '    if'],
      ['no back-off', 'unknownIntervalMs * 2 ** (this.#failures - 1)', 'unknownIntervalMs'],
      ['a back-off without end', 'Math.min(refreshAfterMs, pause)', 'pause'],
      [
        'a failure goes on for ever',
        'this.#failures = isRead ? 0 : this.#failures + 1',
        'this.#failures += isRead ? 0 : 1',
      ],
      [
        'two timers',
        '  #begin(): Promise<boolean> {\n    this.#callOff()\n',
        '  #begin(): Promise<boolean> {\n',
      ],
    ],
  },
  {
    file: 'tenants/tenants',
    tests: ['tenants/list'],
    rows: [
      [
        'a tenant is found in a list that is not trusted',
        'find: (issuer, clientId) => (schedule.isTrusted() ?',
        'find: (issuer, clientId) => (true ?',
      ],
      [
        'a search in a list that is not trusted',
        'const tenant = schedule.isTrusted() ?',
        'const tenant = true ?',
      ],
      ['any issuer causes a reading', 'if (!mayBeIssuer(issuer))', 'if (issuer === null)'],
      [
        'an application starts without tenants',
        'if (await schedule.start()) return\n',
        'if ((await schedule.start()) || true) return\n',
      ],
      [
        "the text of a driver's error",
        'error instanceof LoadFailure ? error.message',
        'error instanceof Error ? error.message',
      ],
      ['unused keys stay', '    await directory.letGoUnusedKeys()\n', ''],
      ['a registered id is for a tenant', 'return ids.has(userPoolId) || hasIssuer', 'return hasIssuer'],
      ['registered keys are for a tenant', '(urls.size > 0 && hasKeys())', 'false'],
      [
        'a crowd is told that there is no tenant',
        "if (isCrowded) return refuse('TENANT_LOOKUP_POSTPONED', context)\n",
        '',
      ],
      [
        'a list that failed is told as an unknown tenant',
        'schedule.failure !== undefined || !schedule.isTrusted()',
        'false',
      ],
    ],
  },
  {
    file: 'tenants/tenants',
    tests: ['tenants/tenants'],
    rows: [
      [
        'a registered issuer is for a tenant',
        'ids.has(userPoolId) || hasIssuer ||',
        'ids.has(userPoolId) ||',
      ],
    ],
  },
  {
    file: 'tenants/connection',
    tests: ['tenants/tenants'],
    rows: [['keys are fetched after the end of the application', '    closing.abort()\n', '']],
  },
  {
    file: 'tenants/log',
    tests: ['tenants/log', 'tenants/list'],
    rows: [
      ['a failure of the list is logged each time', 'if (!isFailing) logger', 'logger'],
      ['rows are logged with each reading', 'if (now !== known && skipped', 'if (skipped'],
      ['another fault of a row is silent', 'counts.get(fault) ?? 0)\n', 'counts.size)\n'],
      ['the log has every row', 'skipped.slice(0, MAX_NAMED)', 'skipped'],
      ['an empty list is silent', 'if (hadTenants && size === 0)', 'if (false)'],
    ],
  },
  {
    file: 'tenants/tenant',
    tests: ['tenants/directory'],
    rows: [
      ['a tenant is always in force', 'return this.#context.isCurrent(this)', 'return true'],
      ['keys that only remembered tokens need are let go', '    this.userPool.markUsed()\n', ''],
    ],
  },
  {
    file: 'tenants/directory',
    tests: ['attacks/tenants'],
    rows: [['a client that cannot become a text', "typeof clientId !== 'string'", 'clientId === undefined']],
  },
  {
    file: 'tenants/spread-map',
    tests: ['tenants/spread-map'],
    rows: [
      [
        'a value is kept in another part',
        'this.#parts[partOf(key)]?.set(key, value)',
        'this.#parts[0]?.set(key, value)',
      ],
    ],
  },
  {
    file: 'tenants/row',
    tests: ['tenants/row'],
    rows: [
      ['a promise among the rows ends the process', '    ignoreRejection(row)\n', ''],
      ['any number of clients is copied', 'Array.isArray(value) && value.length > MAX_CLIENTS', 'false'],
      ['a row with a fault has nothing', '...(name !== undefined && { name }),', ''],
    ],
  },
  {
    file: 'tenants/disputes',
    tests: ['tenants/disputes'],
    rows: [
      [
        'a row with a fault claims nothing',
        'if (row.name !== undefined)',
        'if (row.fault !== undefined) return\n    if (row.name !== undefined)',
      ],
    ],
  },
  {
    file: 'tenants/schedule',
    tests: ['tenants/schedule'],
    rows: [
      ['strangers crowd a known tenant out', ' && !isKnown', ''],
      [
        'a reading that throws is the last one',
        "() => this.#end(begunAt, 'it threw')",
        '() => new Promise(() => {})',
      ],
    ],
  },
  {
    file: 'tenants/directory',
    tests: ['tenants/list'],
    rows: [['rows of another kind are no tenants', 'rows.length > 0 && rows.every(isNoRow)', 'false']],
  },
  {
    file: 'tenants/rows',
    tests: ['tenants/rows'],
    rows: [
      ['an array is not copied', 'return source.slice()', 'return source'],
      ['a reading outlives the application', "closing.addEventListener('abort', endEarly)", ''],
    ],
  },
  {
    file: 'tenants/tenants',
    tests: ['tenants/list'],
    rows: [
      ['a slow list is never trusted', 'Math.max(refreshAfter, timeout + READING_MARGIN)', 'refreshAfter'],
    ],
  },
]
