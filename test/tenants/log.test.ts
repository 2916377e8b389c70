/**
 * The log of the list: once for each change, and without a value of a row.
 * @module
 */
import t from 'tap'
import type { SkippedRow } from '../../src/tenants/directory.js'
import { createTenantsLog } from '../../src/tenants/log.js'
import type { RowFault } from '../../src/tenants/row.js'

function setUp() {
  const lines: (readonly [level: string, details: object, message: string])[] = []
  const write = (level: string) => (details: object, message: string) =>
    void lines.push([level, details, message])
  const log = createTenantsLog({ warn: write('warn'), info: write('info') })
  /** The lines since the last call. */
  return { log, take: () => lines.splice(0) }
}

const skip = (...faults: RowFault[]): SkippedRow[] =>
  faults.map((fault, index) => ({ row: index + 1, fault }))

t.test('a failure is logged once, and its end', async (t) => {
  const { log, take } = setUp()
  log.onList([], 3)
  t.strictSame(take(), [])
  log.onFailure('ECONNREFUSED', 31)
  t.match(take(), [['warn', { cause: 'ECONNREFUSED', ageSeconds: 31 }, /staleIfError/]])
  log.onFailure('ECONNREFUSED', 33)
  log.onFailure('ETIMEDOUT', 37)
  t.strictSame(take(), [])
  log.onList([], 3)
  t.match(take(), [['info', { tenants: 3 }, /answers again/]])
  log.onList([], 3)
  t.strictSame(take(), [])
  log.onFailure('ETIMEDOUT', 31)
  t.equal(take().length, 1)
})

t.test('rows that are left out are logged until they change', async (t) => {
  const { log, take } = setUp()
  log.onList(skip('NAME_MALFORMED', 'POOL_SHARED'), 1)
  const rows = [/^row 1: name: expected/, /^row 2: userPoolId: another row/]
  t.match(take(), [['warn', { count: 2, rows }, /left out/]])
  log.onList(
    [
      { row: 7, fault: 'POOL_SHARED' },
      { row: 9, fault: 'NAME_MALFORMED' },
    ],
    1,
  )
  t.strictSame(take(), [], 'the same faults in other places')
  log.onList(skip('NAME_MALFORMED'), 1)
  t.match(take(), [['warn', { count: 1 }]])
  log.onList([], 1)
  t.strictSame(take(), [])
  log.onList(skip('NAME_MALFORMED'), 1)
  t.equal(take().length, 1, 'again, after it was gone')
  log.onList(skip('POOL_SHARED'), 1)
  t.match(take(), [['warn', { count: 1, rows: [/^row 1: userPoolId/] }]], 'another fault')
  log.onList(skip('POOL_SHARED', 'POOL_SHARED'), 1)
  t.match(take(), [['warn', { count: 2 }]], 'another row with the same fault')
})

t.test('ten rows are named, and all are counted', async (t) => {
  const { log, take } = setUp()
  log.onList(skip(...Array.from({ length: 1000 }, () => 'CLIENTS_MALFORMED' as const)), 0)
  const rows = Array.from({ length: 10 }, () => /^row \d+: appClientId/)
  const [line] = take()
  t.match(line, ['warn', { count: 1000, rows }])
  t.notMatch(line, ['warn', { rows: [...rows, /^row/] }])
})

t.test('a list without tenants is logged when it had some before', async (t) => {
  const { log, take } = setUp()
  log.onList([], 0)
  t.strictSame(take(), [], 'a new application has none yet')
  log.onList([], 1)
  log.onList([], 0)
  t.match(take(), [['warn', {}, /no tenant any more/]])
  log.onList([], 0)
  t.strictSame(take(), [])
})
