/**
 * Weakenings of `src/expiry/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'expiry/token-in-use',
    tests: ['expiry/expiry-signal', 'expiry/close-on-expiry', 'expiry/revocation'],
    rows: [
      ['a stream outlives its token', 'if (left <= 0) {', 'if (left <= -1e12) {'],
      ['a token of next month ends at once', 'Math.min(left, LOOK_MS)', 'left % 2 ** 31'],
      ['a clock that is set is not noticed', 'const LOOK_MS = 60_000', 'const LOOK_MS = 2 ** 31 - 1'],
      ['a token without an end', "typeof exp === 'number' && Number.isFinite(exp)", "exp !== ''"],
      ['a timer that nobody waits for any more', '    this.#callOff()\n    for (const', '    for (const'],
      ['a mark is not heard', 'listen((refusal) => this.end(refusal))', 'listen(() => {})'],
      [
        'a store is listened to for ever',
        'for (const endListening of this.#listening.splice(0)) endListening()',
        '',
      ],
      [
        'a store is not asked',
        'const answers = this.#endings.map((ending) => this.#askOne(ending))',
        'const answers: Promise<CognitoError | undefined>[] = []',
      ],
      ['an expired token is listened to', '    if (this.#isReleased) return\n    try', '    try'],
      ['an expired token is asked about', 'if (!this.#isReleased) this.#ask()', 'this.#ask()'],
      [
        'a store that cannot be heard keeps a timer',
        '      this.release()\n      throw error',
        '      throw error',
      ],
      [
        'a failing store keeps every token',
        'if (this.#silentLooks >= MAX_SILENT_LOOKS)',
        'if (this.#silentLooks > 1e9)',
      ],
      ['one failure ends every token', 'const MAX_SILENT_LOOKS = 3', 'const MAX_SILENT_LOOKS = 1'],
      [
        'an answer does not count',
        'silence === undefined ? 0 : this',
        'silence === undefined ? this.#silentLooks : this',
      ],
    ],
  },
  {
    file: 'expiry/expiry-signal',
    tests: ['expiry/expiry-signal'],
    rows: [
      ['a client that leaves is not noticed', 'followed.end(signal.reason)', 'followed.release()'],
      ['a signal keeps every token that it has seen', '() => tokens.delete(followed)', '() => {}'],
      ['every token listens to its signal', 'joined.get(signal) ?? ', ''],
      ['a client that has left', '    if (signal?.aborted) return signal\n', ''],
      ['a missing authentication passes for nobody', 'if (authentication === null)', 'if (!authentication)'],
      ['anything for a signal', 'signal === undefined || isSignal(signal)', 'signal !== 8'],
    ],
  },
  {
    file: 'expiry/close-on-expiry',
    tests: ['expiry/close-on-expiry', 'expiry/streams', 'expiry/revocation'],
    rows: [
      ['a peer that does not close stays', 'clock.after(HANDSHAKE_MS, () => this.#cut())', '() => {}'],
      ['a target that cannot be closed stays', '      this.#callOff()\n      this.#cut()\n', ''],
      [
        'a target that cannot be closed ends the process',
        '    } catch {\n      this.#callOff()',
        '    } catch (error) {\n      queueMicrotask(() => {\n        throw error\n      })\n      this.#callOff()',
      ],
      ['a target that cannot be cut ends the process', '() => this.#cut()', 'this.#target.cut'],
      ['a target that is closing is kept open by a token', 'if (!closable.isOpen()) return', ''],
      ['a stream that is closing is kept open by a token', 'if (this.#isClosing) return\n', ''],
      [
        'the end of an earlier token counts',
        '    this.#callOff()\n    this.#callOff = release',
        '    this.#callOff = release',
      ],
      [
        'a token that cannot be followed ends the earlier one',
        'const { signal, release } = follow()',
        'this.#callOff()\n    const { signal, release } = follow()',
      ],
      ['a timer outlives its target', 'target.onClosed(() => this.#callOff())', 'target.onClosed(() => {})'],
      ['every token listens to its target', 'closings.get(target) ?? ', ''],
      [
        'a missing authentication passes for nobody',
        'if (authentication === null) return',
        'if (!authentication) return',
      ],
    ],
  },
  {
    file: 'expiry/closable',
    tests: ['expiry/close-on-expiry', 'expiry/streams', 'expiry/revocation'],
    rows: [
      [
        'a socket that tells nothing of its end',
        "hasMethods(shape, 'close', 'addEventListener')",
        "hasMethods(shape, 'close')",
      ],
      ['a late write ends the process', "    stream.on('error', () => {})\n", ''],
      ['a stream that goes on', "else if ('push' in stream) stream.push(null)", ''],
      [
        'a response that goes on',
        'stream.writable !== false) stream.end()',
        'stream.writable !== false) void 0',
      ],
      ['a client that does not read stays', '() => void stream.destroy()', '() => {}'],
      [
        'a whole application is closed',
        "hasMethods(shape, 'close', 'onClose') && typeof shape.isConnected === 'boolean'",
        "hasMethods(shape, 'close', 'onClose')",
      ],
      [
        'a revoked token has expired',
        "'COGNITO_ERR_TOKEN_REVOKED' ? REVOKED",
        "'COGNITO_ERR_TOKEN_REVOKED' ? EXPIRED",
      ],
    ],
  },
  {
    file: 'expiry/application',
    tests: ['expiry/revocation'],
    rows: [
      ['the store is not known', 'gate === undefined ? []', 'gate !== undefined ? []'],
      ['a pool of another application', 'pool === undefined || ', ''],
      ['a token that no mark can name', "typeof payload['sub'] !== 'string' || ", ''],
      ['a token of no time', " || typeof payload['iat'] !== 'number'", ''],
    ],
  },
  {
    file: 'expiry/application',
    tests: ['attacks/tenant-removal'],
    rows: [
      [
        'a stream outlives its tenant',
        '[...follow(listed.pool), removalOf(tenants, listed, isListed)]',
        'follow(listed.pool)',
      ],
      ['a tenant that left before is not missed', 'endings: [removed(pool)]', 'endings: []'],
      ['a pool that another tenant has now', 'tenant?.pool.tenant === name ? tenant : undefined', 'tenant'],
    ],
  },
  {
    file: 'expiry/application',
    tests: ['expiry/tenants'],
    rows: [
      [
        'a list that is not trusted keeps every token',
        'if (!membership.isCurrent()) throw',
        'if (false) throw',
      ],
      ['a tenant that has left is not missed at a look', 'if (!isListed()) throw', 'if (false) throw'],
    ],
  },
  {
    file: 'expiry/token-in-use',
    tests: ['expiry/tenants'],
    rows: [
      [
        'one look at a list that is not trusted ends every token',
        "  'COGNITO_ERR_TENANTS_UNAVAILABLE',\n",
        '',
      ],
      [
        'a mark is missed while the list is not trusted',
        '      this.end(error)\n    }\n    return undefined',
        '    }\n    return undefined',
      ],
    ],
  },
]
