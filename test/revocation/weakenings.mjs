/**
 * Weakenings of `src/revocation/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'revocation/mark',
    tests: ['revocation/revocation'],
    rows: [
      ['a mark of now alone', 'revocation.notBefore ?? latestIssue', 'revocation.notBefore ?? now'],
      [
        'a mark that knows no clockTolerance',
        'Math.max(tolerance, MIN_FUTURE_TOLERANCE)',
        'MIN_FUTURE_TOLERANCE',
      ],
    ],
  },
  {
    file: 'revocation/gate',
    tests: ['revocation/revocation', 'revocation/gate'],
    rows: [
      ['a store that fails lets everybody pass', 'if (!isAllowed) throw refusal', 'void refusal'],
      ['a revoked token passes', 'if (!isRevoked) return', 'return'],
      ['an answer of any type', "if (typeof answer !== 'boolean')", 'if (answer === undefined)'],
      ['a store that hangs', 'afterReading(() => reject(', 'void (() => reject('],
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
        "throw refuse('REVOCATION_NOT_STORED', { pool, retryAfter: 1 }, { word: toWord(error) })",
        'void error',
      ],
      [
        'a failure that is logged with each request',
        'if (!this.#isFailing) this.#onChange(reason)',
        'this.#onChange(reason)',
      ],
    ],
  },
  {
    file: 'revocation/breaker',
    tests: ['revocation/gate'],
    rows: [
      ['all ask at once after the break', 'this.#retryAt = now + this.#timeout', 'void this.#timeout'],
      ['a break of no length', '+ OPEN_MS', '+ 0'],
    ],
  },
  {
    file: 'revocation/store',
    tests: ['revocation/revocation', 'revocation/gate'],
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
    tests: ['revocation/gate'],
    rows: [
      ['more marks than max', 'this.#entries.size >= this.#max', 'this.#entries.size > this.#max + 1'],
      ['a mark whose life was prolonged', 'if (entry && slotOf(entry) < current)', 'if (entry)'],
      ['a mark that expires in this minute', 'if (slot >= current) continue', 'if (slot > current) continue'],
      ['marks are kept for ever', 'this.#sweep(now)', 'void now'],
    ],
  },
  {
    file: 'revocation/redis',
    tests: ['revocation/redis-replica', 'base/redis-client', 'revocation/redis'],
    rows: [
      ['a copy is asked that is not current', 'replica.isCurrent() ? ', 'true ? '],
      ['a mark of its own comes late', '      replica.add(mark)\n', ''],
      [
        'a mark counts that Redis does not have',
        '      await store.revoke(mark)\n      replica.add(mark)\n',
        '      replica.add(mark)\n      await store.revoke(mark)\n',
      ],
      ['a prefix that vanishes', "['prefix', 'replica'], 'redis", "['replica'], 'redis"],
      ['any answer confirms a mark', 'assertAdded(await send', 'void (await send'],
    ],
  },
  {
    file: 'revocation/redis-marks',
    tests: ['revocation/redis'],
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
    tests: ['revocation/redis-replica'],
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
    tests: ['revocation/redis-replica'],
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
      ["one application ends another one's copy", '      if (users > 0) return\n', ''],
      ['marks stay in memory for ever', 'timeOfDay() / 1000', '0'],
    ],
  },
  {
    file: 'revocation/mark',
    tests: ['revocation/revocation', 'revocation/gate'],
    rows: [
      ['a not-before in milliseconds', 'notBefore > now + MAX_TOLERANCE', 'notBefore > now * 10_000'],
      ['an exp in milliseconds', 'Math.min(exp, latest)', 'exp'],
      [
        'a mark ends with its token, give or take nothing',
        'Math.ceil(Math.min(exp, latest)) + MAX_TOLERANCE',
        'Math.ceil(Math.min(exp, latest))',
      ],
      ['anything for a revocation', 'assertOptions(schema, ', 'void (schema, '],
    ],
  },
  {
    file: 'revocation/listeners',
    tests: ['expiry/revocation'],
    rows: [
      [
        'a mark of old tokens ends new ones',
        'if (concerns({ notBefore }, token.issuedAt)) onRevoked()',
        'onRevoked()',
      ],
      ['a token that is watched for ever', '      others?.delete(watched)\n', ''],
      ['a store that tells nobody', 'listener.tell({ key, notBefore })', 'void listener'],
    ],
  },
  {
    file: 'revocation/gate',
    tests: ['expiry/revocation'],
    rows: [
      [
        'a mark of the own process is not heard',
        '    this.#watched.hear(mark)\n  }\n\n  /**',
        '  }\n\n  /**',
      ],
      [
        'a store is listened to for each token',
        'this.#endHearing ??= this.#hear()',
        'this.#endHearing = this.#hear()',
      ],
      ['a store is listened to for ever', '      this.#endHearing?.()\n', ''],
      [
        'a watch that cannot be ended',
        "if (typeof end === 'function') return () => end()",
        'return end as () => void',
      ],
    ],
  },
  {
    file: 'revocation/memory',
    tests: ['expiry/revocation'],
    rows: [['a store in memory tells nobody', '      listeners.tell(mark)\n', '']],
  },
  {
    file: 'revocation/redis-replica',
    tests: ['revocation/redis-replica'],
    rows: [['a copy tells nobody', '    marks.tell(mark)\n', '']],
  },
]
