/**
 * The rows of the list of tenants: what a row has to be, and what is wrong with one that is left out.
 * @module
 */
import { CLIENT_ID } from '../base/option-schema.js'
import { ignoreRejection, isPromised } from '../base/promises.js'
import { parseUserPoolId } from '../base/user-pool-id.js'
import { TENANT_NAME } from '../pool/tenant-name.js'
import type { TenantRow } from './options.js'

/** A row after its checks: copied, so that nothing changes it later. */
export interface CheckedRow extends TenantRow {
  readonly appClientId: readonly string[]
  readonly fault?: never
}

/** A row that is left out, with its members that have their form: what it claims is disputed all the same. */
export interface FaultyRow extends Partial<Pick<CheckedRow, 'name' | 'userPoolId' | 'appClientId'>> {
  readonly fault: RowFault
}

/** The reasons for leaving a row out, each with words for the log. */
export const FAULTS = {
  NOT_AN_OBJECT: 'expected an object with name, userPoolId and appClientId',
  NAME_MALFORMED: 'name: expected a letter or a digit, then up to 127 letters, digits, _ . or -',
  USER_POOL_ID_MALFORMED: "userPoolId: expected a user pool id such as 'eu-west-1_AbCdEf123'",
  CLIENTS_MALFORMED: 'appClientId: expected the id of an app client, or a list of 1 to 100 different ones',
  NAME_REPEATED: 'name: another row has the same',
  POOL_REGISTERED: 'userPoolId: the option pools has this pool, its issuer or its keys',
  POOL_SHARED: 'userPoolId: another row has the same; for shared pools set the option tenants.claim',
  CLIENT_SHARED: 'appClientId: another row has the same user pool and client',
} as const

/** Code of what is wrong with a row. */
export type RowFault = keyof typeof FAULTS

const MAX_CLIENTS = 100

const NO_ROW: FaultyRow = Object.freeze({ fault: 'NOT_AN_OBJECT' })

/** Checks a row, and copies it. Each member is read once, because a row may be an object of any library. */
export function readRow(row: unknown): CheckedRow | FaultyRow {
  try {
    // A promise among the rows would end the process if nobody heard of its rejection.
    ignoreRejection(row)
    if (typeof row !== 'object' || row === null || isPromised(row)) return NO_ROW
    const { name, userPoolId, appClientId } = row as Partial<Record<keyof TenantRow, unknown>>
    return checkMembers({
      name: isName(name) ? name : undefined,
      userPoolId: isPoolId(userPoolId) ? userPoolId : undefined,
      appClientId: readClients(appClientId),
    })
  } catch {
    // A getter threw.
    return NO_ROW
  }
}

/** The members of a row, as far as they have their form. */
type Members = { readonly [K in 'name' | 'userPoolId' | 'appClientId']: CheckedRow[K] | undefined }

function checkMembers({ name, userPoolId, appClientId }: Members): CheckedRow | FaultyRow {
  const parts = {
    ...(name !== undefined && { name }),
    ...(userPoolId !== undefined && { userPoolId }),
    ...(appClientId !== undefined && { appClientId }),
  }
  if (name === undefined) return { ...parts, fault: 'NAME_MALFORMED' }
  if (userPoolId === undefined) return { ...parts, fault: 'USER_POOL_ID_MALFORMED' }
  return appClientId === undefined
    ? { ...parts, fault: 'CLIENTS_MALFORMED' }
    : { name, userPoolId, appClientId }
}

/** Tells whether a row has nothing that a row of a tenant has. */
export const isNoRow = (row: CheckedRow | FaultyRow): boolean =>
  row.name === undefined && row.userPoolId === undefined && row.appClientId === undefined

const isName = (value: unknown): value is string => typeof value === 'string' && TENANT_NAME.test(value)
const isPoolId = (value: unknown): value is string =>
  typeof value === 'string' && parseUserPoolId(value) !== undefined

/** Copies the ids of the clients. `null` is no list: a tenant never has every client of a pool. */
function readClients(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value) && value.length > MAX_CLIENTS) return undefined
  const clients: readonly unknown[] = Array.isArray(value) ? [...value] : [value]
  const isList = clients.length > 0 && new Set(clients).size === clients.length
  return isList && clients.every(isClientId) ? Object.freeze(clients as readonly string[]) : undefined
}

const isClientId = (value: unknown) => typeof value === 'string' && CLIENT_ID.test(value)

/** Tells whether two rows have the same user pool and the same clients. */
export function isSameRow(one: CheckedRow, other: CheckedRow): boolean {
  return (
    one.userPoolId === other.userPoolId &&
    one.appClientId.length === other.appClientId.length &&
    one.appClientId.every((client) => other.appClientId.includes(client))
  )
}
