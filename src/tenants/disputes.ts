/**
 * Decides who holds what several rows of the list claim: a name, a user pool, or an app client of a user pool.
 * @module
 */
import { type CheckedRow, type FaultyRow, isSameRow, type RowFault } from './row.js'
import { visitInSlices } from './rows.js'
import { SpreadMap } from './spread-map.js'

/** The tenants as they are now, and what is not for tenants at all. */
export interface Holders {
  /** Returns the row of a tenant that is in force. */
  readonly rowOf: (name: string) => CheckedRow | undefined
  /** Tells whether a registered pool has this user pool, its issuer or its keys. */
  readonly isRegistered: (userPoolId: string) => boolean
  /** Whether tenants may share a user pool, each with clients of its own. */
  readonly mayShare: boolean
}

/** The outcome for each row: the row itself where it is accepted, else the code of its fault. */
export type Verdict = CheckedRow | RowFault

/** How many rows claim one thing. */
type Claims = SpreadMap<number>

/**
 * Judges all rows together. What one row alone claims is its own. What several rows claim stays with the tenant that holds it
 * now; where none of them holds it, as at boot, nobody gets it. A row that loses one of its claims is left out as a whole. A row
 * with a fault claims what it has, or its fault would give that to another. The order of the rows does not matter, because a database returns a changed row last.
 */
export async function settleDisputes(
  rows: readonly (CheckedRow | FaultyRow)[],
  holders: Holders,
): Promise<readonly Verdict[]> {
  const names: Claims = new SpreadMap()
  const places: Claims = new SpreadMap()
  await visitInSlices(rows, (row) => {
    if (row.name !== undefined) count(names, row.name)
    for (const place of placesOf(row, holders)) count(places, place)
  })
  const verdicts: Verdict[] = []
  await visitInSlices(rows, (row) => {
    verdicts.push(row.fault !== undefined ? row.fault : (findLoss(row, { names, places }, holders) ?? row))
  })
  return verdicts
}

function count(claims: Claims, thing: string): void {
  claims.set(thing, (claims.get(thing) ?? 0) + 1)
}

/** The places that a row claims: its user pool as a whole, or each of its clients in the pool. */
function placesOf(
  { userPoolId, appClientId = [] }: CheckedRow | FaultyRow,
  { mayShare }: Holders,
): readonly string[] {
  if (userPoolId === undefined) return []
  return mayShare ? appClientId.map((client) => `${userPoolId} ${client}`) : [userPoolId]
}

function findLoss(
  row: CheckedRow,
  { names, places }: { readonly names: Claims; readonly places: Claims },
  holders: Holders,
): RowFault | undefined {
  if (holders.isRegistered(row.userPoolId)) return 'POOL_REGISTERED'
  const held = holders.rowOf(row.name)
  // Rows of one name are told apart by their content.
  if (isDisputed(names.get(row.name)) && (held === undefined || !isSameRow(held, row))) return 'NAME_REPEATED'
  const mine = new Set(held === undefined ? [] : placesOf(held, holders))
  const isLost = (place: string) => isDisputed(places.get(place)) && !mine.has(place)
  if (!placesOf(row, holders).some(isLost)) return undefined
  return holders.mayShare ? 'CLIENT_SHARED' : 'POOL_SHARED'
}

const isDisputed = (claims: number | undefined) => Number(claims) > 1
