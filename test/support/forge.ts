/**
 * Makes tokens that no issuer would make, signed by the real key of a pool unless the forger wants otherwise.
 * @module
 */
import type { TestPool } from '../../src/testing/index.js'

/** Members to set; `undefined` leaves one out. Text and bytes stand for the whole part as they are. */
export type Part = Readonly<Record<string, unknown>> | string | Buffer

export interface Forgery {
  readonly header?: Part
  readonly payload?: Part
  /** Replaces the signature; gets what was to be signed. */
  readonly signature?: (signingInput: string) => string
  readonly tokenUse?: 'access' | 'id'
}

/** The parts of a token, decoded. */
export function decode(token: string): { header: Record<string, unknown>; payload: Record<string, unknown> } {
  const [header, payload] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  return { header: header ?? {}, payload: payload ?? {} }
}

const toBytes = (part: Part | undefined, genuine: Readonly<Record<string, unknown>>): Buffer => {
  if (Buffer.isBuffer(part)) return part
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify({ ...genuine, ...part }))
}

/** Makes a token of a pool that differs from a genuine one in what is named. */
export function forge(
  pool: TestPool,
  { header, payload, signature, tokenUse = 'access' }: Forgery = {},
): string {
  const genuine = decode(tokenUse === 'id' ? pool.idToken() : pool.accessToken())
  const signingInput = [toBytes(header, genuine.header), toBytes(payload, genuine.payload)]
    .map((part) => part.toString('base64url'))
    .join('.')
  return `${signingInput}.${signature ? signature(signingInput) : pool.sign(signingInput, tokenUse)}`
}

/** JSON text of a genuine payload of the pool with one more member written as text, for what JSON.stringify cannot say. */
export function payloadText(pool: TestPool, member: string, without: readonly string[] = []): string {
  const { payload } = decode(pool.accessToken())
  for (const name of without) delete payload[name]
  return `${JSON.stringify(payload).slice(0, -1)},${member}}`
}
