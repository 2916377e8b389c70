/**
 * Kinds that sign what they have changed, by the pool's own key for the most part: the oracle tells what is right.
 * @module
 */
import { constants, createHash, createPrivateKey, type KeyObject, privateEncrypt, sign } from 'node:crypto'
import fc, { type Arbitrary } from 'fast-check'
import { generateKeys } from '../test/support/generate-keys.js'
import { type AnyKind, type Attempt, hide, type Material } from './attempt.js'
import { routeOf } from './routes.js'
import { type KeyName, POOLS, type PoolName, type RouteName } from './setting.js'
import { signText } from './stage.js'
import {
  BASES,
  type BaseName,
  type Edit,
  edit,
  headerOf,
  keyOf,
  payloadOf,
  toBase64url,
  write,
} from './tokens.js'
import { CUSTOM, edits, HEADER, IDENTITY, nearTime, OTHERS, RIGHTS, TIMES } from './values.js'

const oneOf = <T>(...list: readonly T[]) => fc.constantFrom(...list)

/** Changes of the bytes of a part. */
interface Frame {
  readonly before: string
  readonly after: string
  /** Latin-1, put into the text at this place. */
  readonly bytes: string
  readonly at: number
}

interface Plan {
  readonly base: BaseName
  readonly route: RouteName
  readonly header: readonly Edit[]
  readonly payload: readonly Edit[]
  readonly headerFrame: Frame | null
  readonly payloadFrame: Frame | null
  /** Bytes of the header, characters of the token; reached by padding. */
  readonly headerSize: number | null
  readonly tokenSize: number | null
  readonly signer: string
}

const OWN = 'own'
const KEYS = Object.keys(POOLS).flatMap((pool) => [`${pool}.access`, `${pool}.id`]) as KeyName[]

interface PlanParts {
  readonly base?: Arbitrary<BaseName>
  readonly route?: Arbitrary<RouteName>
  readonly header?: Arbitrary<Edit[]>
  readonly payload?: Arbitrary<Edit[]>
  readonly headerFrame?: Arbitrary<Frame | null>
  readonly payloadFrame?: Arbitrary<Frame | null>
  readonly headerSize?: Arbitrary<number | null>
  readonly tokenSize?: Arbitrary<number | null>
  readonly signer?: Arbitrary<string>
}

const none = fc.constant(null)
const noEdits = fc.constant<Edit[]>([])

const planOf = ({ base = oneOf(...BASES), route, ...parts }: PlanParts): Arbitrary<Plan> =>
  base.chain((chosen) =>
    fc.record({
      base: fc.constant(chosen),
      route: route ?? routeOf(chosen),
      header: parts.header ?? noEdits,
      payload: parts.payload ?? noEdits,
      headerFrame: parts.headerFrame ?? none,
      payloadFrame: parts.payloadFrame ?? none,
      headerSize: parts.headerSize ?? none,
      tokenSize: parts.tokenSize ?? none,
      signer: parts.signer ?? fc.constant(OWN),
    }),
  )

function applyFrame(json: string, frame: Frame | null): Buffer {
  const bytes = Buffer.from(json)
  if (frame === null) return bytes
  const at = frame.at % (bytes.length + 1)
  const inserted = Buffer.from(frame.bytes, 'latin1')
  return Buffer.concat([
    Buffer.from(frame.before, 'latin1'),
    bytes.subarray(0, at),
    inserted,
    bytes.subarray(at),
    Buffer.from(frame.after, 'latin1'),
  ])
}

/** Adds a member to a JSON object so that it has that many bytes, if it has room. */
function padTo(json: string, size: number | null): string {
  const missing = size === null ? -1 : size - Buffer.byteLength(json) - ',"pad":""'.length
  return missing < 0 ? json : `${json.slice(0, -1)},"pad":"${'x'.repeat(missing)}"}`
}

const SIGNATURE_SIZE = 342

function toInput(plan: Plan, now: number): string {
  const header = padTo(write(edit(headerOf(plan.base), plan.header), now), plan.headerSize)
  const head = toBase64url(applyFrame(header, plan.headerFrame))
  const room = plan.tokenSize === null ? null : plan.tokenSize - head.length - SIGNATURE_SIZE - 2
  const payload = write(edit(payloadOf(plan.base), plan.payload), now)
  const padded = padTo(payload, room === null ? null : Math.floor((room * 3) / 4))
  return `${head}.${toBase64url(applyFrame(padded, plan.payloadFrame))}`
}

type Forge = (input: string, key: KeyObject) => Buffer

const stranger = createPrivateKey(generateKeys('rsa', { modulusLength: 2048 }).privateKey)
const edwards = createPrivateKey(generateKeys('ed25519').privateKey)
const pss =
  (saltLength: number): Forge =>
  (input, key) =>
    sign('sha256', Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
const hash = (input: string) => createHash('sha256').update(input).digest()

/** Signatures by the right key that RS256 does not make, and by keys that nobody publishes. */
const FORGERIES: Readonly<Record<string, Forge>> = {
  stranger: (input) => sign('sha256', Buffer.from(input), stranger),
  'PSS, salt 32': pss(32),
  'PSS, salt 0': pss(0),
  'SHA-384': (input, key) => sign('sha384', Buffer.from(input), key),
  'SHA-512': (input, key) => sign('sha512', Buffer.from(input), key),
  'SHA-1': (input, key) => sign('sha1', Buffer.from(input), key),
  'a bare hash': (input, key) => privateEncrypt(key, hash(input)),
  'no NULL in the DigestInfo': (input, key) =>
    privateEncrypt(
      key,
      Buffer.concat([
        Buffer.from('302f300b0609608648016503040201', 'hex'),
        Buffer.from([4, 32]),
        hash(input),
      ]),
    ),
  'bytes after the DigestInfo': (input, key) =>
    privateEncrypt(
      key,
      Buffer.concat([
        Buffer.from('3031300d060960864801650304020105000420', 'hex'),
        hash(input),
        Buffer.alloc(8),
      ]),
    ),
  'a hash of the hash': (input, key) => sign('sha256', hash(input), key),
  'the payload alone': (input, key) => sign('sha256', Buffer.from(input.split('.')[1] ?? ''), key),
  'Ed25519, as long as a signature': (input) =>
    Buffer.concat([sign(null, Buffer.from(input), edwards), Buffer.alloc(192)]),
}

/** `own` is the key of the token's pool and use; other keys of the issuer are named. */
function toAttempt(plan: Plan, now: number, { stage }: Material): Attempt {
  const input = toInput(plan, now)
  const own = keyOf(plan.base)
  const forge = FORGERIES[plan.signer]
  if (forge)
    return { route: plan.route, text: `${input}.${toBase64url(forge(input, stage.privateKey(own)))}` }
  const signer = plan.signer === OWN ? own : (plan.signer as KeyName)
  return { route: plan.route, text: `${input}.${signText(input, stage.privateKey(signer))}`, signer }
}

const set = (name: string, at: number): Edit => ({ op: 'set', key: `"${name}"`, value: { at } })

/** Times that belong together: the lifetime is near its limits as well. */
const lifetimes: Arbitrary<Edit[]> = fc
  .record({
    issued: nearTime(0, 60, -5, -86_455, -86_460, -3600),
    life: fc.oneof(nearTime(0, 60, 86_400, 86_460, 3600), oneOf(86_460, 86_460.001, 86_461, 0, 0.001)),
    valid: fc.option(nearTime(60, 0), { freq: 2 }),
  })
  .map(({ issued, life, valid }) => [
    set('iat', issued),
    set('exp', issued + life),
    ...(valid === null ? [] : [set('nbf', valid)]),
  ])

const spaces = oneOf(
  '',
  ' ',
  '\n\t\r ',
  '\0',
  '\ufeff',
  '\xef\xbb\xbf',
  '\x0b',
  '\xa0',
  ',',
  '{}',
  '[',
  ']',
  '//x\n',
)
const inserted = oneOf(
  '',
  '\xff',
  '\xc0\xaf',
  '\xed\xa0\x80',
  '\xf4\x90\x80\x80',
  '\xc3\xa9',
  '\xe2\x82',
  '\0',
  ' ',
  '\\',
  '"',
  ',',
  '\xf0\x9f\x98\x80',
)
const frame: Arbitrary<Frame | null> = fc.oneof(
  fc.constant(null),
  fc.record({ before: spaces, after: spaces, bytes: fc.constant(''), at: fc.constant(0) }),
  fc.record({ before: fc.constant(''), after: fc.constant(''), bytes: inserted, at: fc.nat(400) }),
)

const escapedKeys = [
  ...['"\\u0065xp"', '"\\u0069ss"', '"s\\u0075b"', '"client\\u005fid"', '"__pro\\u0074o__"', '"__proto__"'],
  ...[
    '"exp "',
    '"EXP"',
    '"aud\\u0000"',
    '""',
    '"\\ud800"',
    '"pa\\u0064"',
    'exp',
    "'exp'",
    '1',
    '"cn\\u0066"',
  ],
]
const depth = fc.integer({ min: 1, max: 1500 })
const nested = fc.oneof(
  depth.map((levels) => '['.repeat(levels) + ']'.repeat(levels)),
  depth.map((levels) => '['.repeat(levels) + ']'.repeat(levels - 1)),
  fc.integer({ min: 1, max: 600 }).map((levels) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`),
)
const jsonValue = fc.oneof(oneOf('1', '"x"', 'null', '9999999999', '"\\u0000"', '{"exp":1}', '""'), nested)
const rawEdits: Arbitrary<Edit[]> = fc.array(
  fc.record({
    op: oneOf<Edit['op']>('first', 'last', 'set'),
    key: oneOf(...escapedKeys, '"x"', '"deep"'),
    value: jsonValue.map((json) => ({ json })),
  }),
  { maxLength: 2 },
)
const headerKeys = [
  '"\\u0061lg"',
  '"al\\u0067"',
  '"k\\u0069d"',
  '"alg"',
  '"x"',
  '"\\u0078"',
  '"__proto__"',
  '"cr\\u0069t"',
  '"{"',
  '":"',
]
const headerEdits: Arbitrary<Edit[]> = fc.array(
  fc.record({
    op: oneOf<Edit['op']>('first', 'last'),
    key: oneOf(...headerKeys),
    value: oneOf('"RS256"', '"none"', '{"alg":":"}', '["\\"",{"x":1,"x":2}]', '":,{"', '1').map((json) => ({
      json,
    })),
  }),
  { maxLength: 2 },
)

const idBases = oneOf<BaseName>('eu.id')
const everything = { ...IDENTITY, ...RIGHTS, ...OTHERS, ...TIMES, ...CUSTOM }

const PLANS: readonly (readonly [name: string, weight: number, plan: Arbitrary<Plan>])[] = [
  ['times, signed', 5, planOf({ payload: lifetimes })],
  ['claims, signed', 3, planOf({ payload: edits(everything, 3) })],
  ['identity, signed', 5, planOf({ payload: edits(IDENTITY) })],
  ['single times, signed', 2, planOf({ payload: edits(TIMES) })],
  ['types, signed', 3, planOf({ payload: edits(OTHERS) })],
  [
    'rights, signed',
    3,
    planOf({
      base: oneOf('eu.access', 'eu.access', 'eu.id'),
      route: oneOf('scoped', 'grouped', 'trusted', 'strong', 'factors', 'recent', 'either'),
      payload: edits(RIGHTS),
    }),
  ],
  ['attributes, signed', 4, planOf({ base: idBases, route: fc.constant('member'), payload: edits(CUSTOM) })],
  ['header, signed', 4, planOf({ header: edits(HEADER) })],
  [
    'JSON, signed',
    4,
    planOf({
      header: headerEdits,
      payload: rawEdits,
      headerFrame: fc.oneof({ weight: 3, arbitrary: none }, frame),
      payloadFrame: frame,
    }),
  ],
  [
    'sizes, signed',
    2,
    planOf({
      headerSize: fc.option(fc.integer({ min: 1020, max: 1028 }), { freq: 2 }),
      tokenSize: fc.option(fc.integer({ min: 8186, max: 8198 }), { freq: 2 }),
    }),
  ],
  [
    'other keys',
    3,
    planOf({
      signer: oneOf(...KEYS),
      header: fc.oneof(noEdits, edits({ kid: HEADER['kid'] ?? fc.constant({ json: '""' }) })),
    }),
  ],
  ['pools confused', 3, planOf({ signer: oneOf(...KEYS), payload: poolSwitch() })],
  [
    'forged signatures',
    4,
    planOf({
      signer: fc.constantFrom(...Object.keys(FORGERIES)),
      header: fc.oneof(
        { weight: 3, arbitrary: noEdits },
        edits({ alg: HEADER['alg'] ?? fc.constant({ json: '""' }) }),
      ),
    }),
  ],
]

/** The claims of one pool in the token of another. */
function poolSwitch(): Arbitrary<Edit[]> {
  const names = Object.keys(POOLS) as PoolName[]
  const claim = (name: string, value: unknown): Edit => ({
    op: 'set',
    key: `"${name}"`,
    value: { json: JSON.stringify(value) },
  })
  return fc.tuple(oneOf(...names), oneOf(...names), oneOf('access', 'id')).map(([issuer, client, use]) => {
    const id = POOLS[client].clients?.[0] ?? 'any client'
    const whose =
      use === 'id' ? [claim('aud', id)] : [claim('client_id', id), claim('aud', POOLS.us.audiences)]
    return [claim('iss', POOLS[issuer].issuers[0]), claim('token_use', use), ...whose]
  })
}

/** All kinds that sign. */
export const signedKinds = (material: Material): AnyKind[] =>
  PLANS.map(([name, weight, plan]) =>
    hide({ name, weight, plan, build: (each: Plan, now) => toAttempt(each, now, material) }),
  )
