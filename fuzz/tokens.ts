/**
 * The tokens that are mutated: what stands in them, member by member as JSON text, and those signed in advance.
 * @module
 */
import { type KeyName, KIDS, POOLS, type PoolName } from './setting.js'
import { type Stage, signText } from './stage.js'

/** A JSON text, or a time so many seconds from now. */
export type Value = { readonly json: string } | { readonly at: number }

/** A member of an object; the key is JSON text too. */
export interface Member {
  readonly key: string
  readonly value: Value
}

/** One change of an object's text. `first` and `last` add a member, even a second one of that name. */
export interface Edit extends Member {
  readonly op: 'set' | 'drop' | 'first' | 'last'
}

export type BaseName = KeyName | 'eu.machine'
export const BASES: readonly BaseName[] = [
  'eu.access',
  'eu.id',
  'eu.machine',
  'us.access',
  'us.id',
  'open.access',
  'open.id',
]

/** The key that signs a base's genuine tokens. */
export const keyOf = (base: BaseName): KeyName => (base === 'eu.machine' ? 'eu.access' : base)

const toMembers = (values: Readonly<Record<string, unknown>>): Member[] =>
  Object.entries(values).map(([name, value]) => ({
    key: JSON.stringify(name),
    value: { json: JSON.stringify(value) },
  }))

export const headerOf = (base: BaseName): Member[] =>
  toMembers({ kid: base.endsWith('.id') ? KIDS.id : KIDS.access, alg: 'RS256' })

const ATTRIBUTES = {
  'custom:tenant_id': 't1',
  'custom:seats': '7',
  'custom:ratio': '0.5',
  'custom:active': 'true',
  'custom:tags': '["a","b"]',
  'custom:settings': '{"dark":true}',
  'custom:since': '2024-02-29T12:00:00Z',
}

function bodyOf(base: BaseName, user: number): Readonly<Record<string, unknown>> {
  const [pool, use] = base.split('.') as [PoolName, string]
  const { clients, audiences } = POOLS[pool]
  const client = clients?.[0] ?? 'any client'
  const sub = `00000000-0000-4000-8000-00000000000${user}`
  const rights = {
    'cognito:groups': ['staff', 'admin'],
    scope: 'openid orders/read orders/write',
    acr: 'urn:cognito:loa:3',
    amr: ['pwd', 'sms', 'mfa'],
  }
  if (use === 'machine') return { sub: client, client_id: client, version: 2, scope: 'orders/read' }
  if (use === 'access') {
    return { sub, client_id: client, username: sub, ...(audiences && { aud: audiences[0] }), ...rights }
  }
  const email = { email: 'user@example.com', email_verified: true, name: 'Zoë 😀' }
  return { sub, aud: client, 'cognito:username': sub, ...email, ...ATTRIBUTES, ...rights }
}

/** The genuine members of a payload, valid for `seconds`. */
export function payloadOf(base: BaseName, user = 0, seconds = 3600): Member[] {
  const [pool, use] = base.split('.') as [PoolName, string]
  const time = (name: string, at: number): Member => ({ key: `"${name}"`, value: { at } })
  const common = {
    token_use: use === 'id' ? 'id' : 'access',
    iss: POOLS[pool].issuers[user % 2],
    jti: `j${user}`,
  }
  return [
    ...toMembers({ ...common, ...bodyOf(base, user) }),
    time('auth_time', -1),
    time('iat', -1),
    time('exp', seconds - 1),
  ]
}

/** Applies changes in their order. */
export function edit(members: readonly Member[], edits: readonly Edit[]): Member[] {
  let list = [...members]
  for (const { op, key, value } of edits) {
    if (op === 'set' || op === 'drop') list = list.filter((member) => member.key !== key)
    if (op === 'first') list.unshift({ key, value })
    else if (op !== 'drop') list.push({ key, value })
  }
  return list
}

/** Writes an object. `now` is milliseconds since 1970. */
export function write(members: readonly Member[], now: number): string {
  return `{${members.map(({ key, value }) => `${key}:${toJson(value, now)}`).join(',')}}`
}

const toJson = (value: Value, now: number) =>
  'json' in value ? value.json : String(Math.round(now + value.at * 1000) / 1000)

export const toBase64url = (part: string | Buffer): string =>
  Buffer.from(part as string).toString('base64url')

/** A token signed in advance. */
export interface GenuineToken {
  readonly base: BaseName
  readonly text: string
  readonly parts: readonly [header: string, payload: string, signature: string]
  readonly header: readonly Member[]
  readonly payload: readonly Member[]
}

/** Three users' tokens of each base, valid for a day. */
export function signGenuine({ privateKey }: Stage, now: number): GenuineToken[] {
  return BASES.flatMap((base) =>
    [0, 1, 2].map((user): GenuineToken => {
      const [header, payload] = [headerOf(base), payloadOf(base, user, 86_400)]
      const head = toBase64url(write(header, now))
      const body = toBase64url(write(payload, now))
      const signature = signText(`${head}.${body}`, privateKey(keyOf(base)))
      return { base, text: `${head}.${body}.${signature}`, parts: [head, body, signature], header, payload }
    }),
  )
}
