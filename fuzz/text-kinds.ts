/**
 * Kinds that change the text of signed tokens and cannot sign: whatever comes out has to be refused, unless it is the
 * very text of a genuine token.
 * @module
 */
import { createHmac } from 'node:crypto'
import fc, { type Arbitrary } from 'fast-check'
import { type AnyKind, hide, type Kind, type Material } from './attempt.js'
import { routeOf } from './routes.js'
import { edit, type GenuineToken, keyOf, toBase64url, write } from './tokens.js'
import { CUSTOM, edits, HEADER, IDENTITY, OTHERS, RIGHTS, TIMES } from './values.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const oneOf = <T>(...list: readonly T[]) => fc.constantFrom(...list)
const index = fc.nat(2 ** 20)
const part = oneOf<0 | 1 | 2>(0, 1, 2)

/** Small pieces of text: letters of the alphabet above all, and what has no business in a token. */
const piece = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...ALPHABET) },
  {
    weight: 2,
    arbitrary: oneOf('.', '=', '==', '+', '/', ' ', '\t', '\n', '\r\n', '\0', '%2e', '%', ',', '"', '~'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 60 }) },
)

type Built<P> = Omit<Kind<P>, 'plan' | 'build'> & {
  readonly plan: Arbitrary<P>
  readonly text: (plan: P, token: GenuineToken, now: number) => string
}

/** A kind that starts from one genuine token and goes to a route that would take it. */
function fromToken<P>({ genuine }: Material, { name, weight, plan, text }: Built<P>): AnyKind {
  const token = fc.nat(genuine.length - 1)
  return hide({
    name,
    weight,
    plan: token.chain((which) => {
      const base = genuine[which]?.base ?? 'eu.access'
      return fc.record({ token: fc.constant(which), route: routeOf(base), plan })
    }),
    build({ token: which, route, plan: inner }, now) {
      const chosen = genuine[which] as GenuineToken
      return { route, text: text(inner, chosen, now) }
    },
  })
}

function changeText(text: string, { op, at, length, piece: inserted }: Change): string {
  const start = at % (text.length + 1)
  const rest = text.slice(start + (op === 'insert' || op === 'double' ? 0 : length))
  const removed = text.slice(start, start + length)
  if (op === 'cut') return text.slice(0, start)
  if (op === 'delete') return text.slice(0, start) + rest
  if (op === 'double') return text.slice(0, start) + removed + rest
  if (op === 'turn') return text.slice(0, start) + [...removed].reverse().join('') + rest
  return text.slice(0, start) + inserted + rest
}

interface Change {
  readonly op: 'replace' | 'insert' | 'delete' | 'double' | 'turn' | 'cut'
  readonly at: number
  readonly length: number
  readonly piece: string
}

const change: Arbitrary<Change> = fc.record({
  op: oneOf<Change['op']>('replace', 'replace', 'insert', 'delete', 'double', 'turn', 'cut'),
  at: index,
  length: fc.integer({ min: 1, max: 5 }),
  piece,
})

/** Characters anywhere in the text. */
const characters = (material: Material) =>
  fromToken(material, {
    name: 'characters',
    weight: 12,
    plan: fc.array(change, { minLength: 1, maxLength: 3 }),
    text: (changes, token) => changes.reduce(changeText, token.text),
  })

/** Bits of the decoded bytes, encoded again: the form stays good. */
const bits = (material: Material) =>
  fromToken(material, {
    name: 'bits',
    weight: 12,
    plan: fc.array(fc.record({ part, at: index, mask: fc.integer({ min: 0, max: 255 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
    text(flips, { parts }) {
      const bytes = parts.map((each) => Buffer.from(each, 'base64url'))
      for (const flip of flips) {
        const target = bytes[flip.part] as Buffer
        const at = flip.at % target.length
        target[at] = (target[at] ?? 0) ^ flip.mask
      }
      return bytes.map(toBase64url).join('.')
    },
  })

type Spelling = (segment: string, at: number) => string

const splitAt = (text: string, at: number) => [text.slice(0, at), text.slice(at)] as const

/** Other spellings of the same bytes. */
const SPELLINGS: Readonly<Record<string, Spelling>> = {
  padding: (segment, at) => segment + '='.repeat((at % 4) + 1),
  standard: (segment) => Buffer.from(segment, 'base64url').toString('base64'),
  letters: (segment) => segment.replaceAll('-', '+').replaceAll('_', '/'),
  unused: (segment, at) =>
    segment.slice(0, -1) + ALPHABET[(ALPHABET.indexOf(segment.at(-1) ?? 'A') ^ (at % 16)) % 64],
  space: (segment, at) => splitAt(segment, at % segment.length).join(' '),
  line: (segment, at) => splitAt(segment, at % segment.length).join('\r\n'),
  extra: (segment, at) => segment + ALPHABET[at % 64],
  percent: (segment) => segment.replace(/[-_]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  case: (segment, at) => {
    const [head, tail] = splitAt(segment, at % segment.length)
    return head + tail.slice(0, 1).toUpperCase() + tail.slice(1)
  },
  wide: (segment, at) => {
    const [head, tail] = splitAt(segment, at % segment.length)
    return head + String.fromCharCode(tail.charCodeAt(0) + 0x100) + tail.slice(1)
  },
  hex: (segment) => Buffer.from(segment, 'base64url').toString('hex'),
  twice: (segment) => toBase64url(segment),
}

const spellings = (material: Material) =>
  fromToken(material, {
    name: 'spellings',
    weight: 9,
    plan: fc.record({ part, spelling: fc.constantFrom(...Object.keys(SPELLINGS)), at: index }),
    text: (plan, { parts }) =>
      parts
        .map((each, which) =>
          which === plan.part ? (SPELLINGS[plan.spelling] as Spelling)(each, plan.at) : each,
        )
        .join('.'),
  })

/** Segments of two tokens in any order and number. */
const segments = ({ genuine }: Material): AnyKind => {
  const segment = fc.record({ token: fc.nat(genuine.length - 1), part: oneOf(0, 1, 2, 3) })
  const two = fc
    .tuple(fc.nat(genuine.length - 1), fc.nat(genuine.length - 1))
    .chain((tokens) =>
      fc.tuple(...[0, 1, 2].map((which) => fc.record({ token: oneOf(...tokens), part: fc.constant(which) }))),
    )
  return hide({
    name: 'segments',
    weight: 10,
    plan: fc.record({
      route: routeOf('eu.access'),
      segments: fc.oneof(
        { weight: 3, arbitrary: two.map((list): { token: number; part: number }[] => list) },
        { weight: 1, arbitrary: fc.array(segment, { maxLength: 6 }) },
      ),
    }),
    build: (plan) => ({
      route: plan.route,
      text: plan.segments.map((each) => genuine[each.token]?.parts[each.part] ?? '').join('.'),
    }),
  })
}

/** The beginning of one token and the end of another. */
const splices = ({ genuine }: Material): AnyKind =>
  hide({
    name: 'splices',
    weight: 8,
    plan: fc.record({
      route: routeOf('eu.access'),
      tokens: fc.tuple(fc.nat(genuine.length - 1), fc.nat(genuine.length - 1)),
      at: index,
      shift: oneOf(0, 0, 0, 1, -1, 4, -4),
    }),
    build({ route, tokens, at, shift }) {
      const [one = '', other = ''] = tokens.map((which) => genuine[which]?.text)
      const cut = at % one.length
      return { route, text: one.slice(0, cut) + other.slice(Math.max(0, cut + shift)) }
    },
  })

const header = (material: Material) =>
  fromToken(material, {
    name: 'header, unsigned',
    weight: 5,
    plan: edits(HEADER),
    text: (changes, { header: members, parts }, now) =>
      [toBase64url(write(edit(members, changes), now)), parts[1], parts[2]].join('.'),
  })

const claims = (material: Material) =>
  fromToken(material, {
    name: 'claims, unsigned',
    weight: 8,
    plan: edits({ ...IDENTITY, ...RIGHTS, ...OTHERS, ...TIMES, ...CUSTOM }, 3),
    text: (changes, { payload, parts }, now) =>
      [parts[0], toBase64url(write(edit(payload, changes), now)), parts[2]].join('.'),
  })

type Resign = (signature: Buffer, token: GenuineToken, material: Material) => Buffer

const toNumber = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`)
const toBytes = (number: bigint) => {
  const hex = number.toString(16)
  return Buffer.from(hex.padStart(Math.max(512, hex.length + (hex.length % 2)), '0'), 'hex')
}
const modulusOf = ({ base }: GenuineToken, { stage }: Material) =>
  toNumber(Buffer.from(stage.publicKey(keyOf(base)).export({ format: 'jwk' }).n ?? '', 'base64url'))
const publicBytes = ({ base }: GenuineToken, { stage }: Material, format: 'pem' | 'der') =>
  stage.publicKey(keyOf(base)).export({ format, type: 'spki' } as never) as string | Buffer

/** Other signatures that need no private key, many of them the same number modulo the key. */
const SIGNATURES: Readonly<Record<string, Resign>> = {
  negated: (signature, token, material) => toBytes(modulusOf(token, material) - toNumber(signature)),
  'plus the modulus': (signature, token, material) =>
    toBytes(modulusOf(token, material) + toNumber(signature)),
  modulus: (_signature, token, material) => toBytes(modulusOf(token, material)),
  'modulus - 1': (_signature, token, material) => toBytes(modulusOf(token, material) - 1n),
  zero: (signature) => Buffer.alloc(signature.length),
  one: (signature) => Buffer.from(signature.map((_, at) => (at === signature.length - 1 ? 1 : 0))),
  'zero before': (signature) => Buffer.concat([Buffer.alloc(1), signature]),
  'zero after': (signature) => Buffer.concat([signature, Buffer.alloc(1)]),
  shorter: (signature) => signature.subarray(0, -1),
  'without its first byte': (signature) => signature.subarray(1),
  reversed: (signature) => Buffer.from(signature).reverse(),
  twice: (signature) => Buffer.concat([signature, signature]),
  'four times and one': (signature) =>
    Buffer.concat([signature, signature, signature, signature, Buffer.alloc(1)]),
  'HMAC with the PEM': (_signature, token, material) => hmac(token, publicBytes(token, material, 'pem')),
  'HMAC with the DER': (_signature, token, material) => hmac(token, publicBytes(token, material, 'der')),
  'HMAC as long as a signature': (_signature, token, material) =>
    Buffer.concat([hmac(token, publicBytes(token, material, 'pem')), Buffer.alloc(224)]),
}

const hmac = ({ parts }: GenuineToken, secret: string | Buffer) =>
  createHmac('sha256', secret).update(`${parts[0]}.${parts[1]}`).digest()

const ALGORITHMS = ['RS256', 'HS256', 'none', 'PS256', 'RS512']

/** Signatures that anybody can make, under a genuine header or one of another algorithm. */
const signatures = (material: Material) =>
  fromToken(material, {
    name: 'signatures',
    weight: 6,
    plan: fc.record({
      signature: fc.constantFrom(...Object.keys(SIGNATURES)),
      alg: oneOf('RS256', ...ALGORITHMS),
    }),
    text(plan, token, now) {
      const json = JSON.stringify(plan.alg)
      const changed = token.header.map((each) => (each.key === '"alg"' ? { ...each, value: { json } } : each))
      const head = toBase64url(write(changed, now))
      const forged = { ...token, parts: [head, token.parts[1], token.parts[2]] as const }
      const signature = Buffer.from(token.parts[2], 'base64url')
      const other = (SIGNATURES[plan.signature] as Resign)(signature, forged, material)
      return `${head}.${token.parts[1]}.${toBase64url(other)}`
    },
  })

const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ maxLength: 300 }),
  fc.constantFrom(
    '',
    '.',
    '..',
    '...',
    'null',
    'undefined',
    '[object Object]',
    '__proto__',
    '{}',
    '=',
    'a.b.c',
  ),
  fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)),
  fc
    .tuple(
      fc.jsonValue({ maxDepth: 1 }),
      fc.jsonValue({ maxDepth: 1 }),
      fc.uint8Array({ minLength: 250, maxLength: 260 }),
    )
    .map(([head, body, tail]) =>
      [JSON.stringify(head), JSON.stringify(body), Buffer.from(tail)].map(toBase64url).join('.'),
    ),
  fc
    .tuple(oneOf('a', '.', 'a.', '\u00e9', '='), fc.integer({ min: 8180, max: 8200 }))
    .map(([unit, length]) => unit.repeat(length).slice(0, length)),
)

/** Anything but a token. */
const junk: AnyKind = hide({
  name: 'junk',
  weight: 4,
  plan: fc.record({ route: routeOf('eu.access'), text: word }),
  build: (plan) => plan,
})

// Latin-1 without control characters but the tab: what Node's parser can hand over.
const fieldText = fc
  .array(fc.oneof(fc.integer({ min: 0x20, max: 0xff }), fc.constant(9)), { maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes.filter((code) => code !== 0x7f)))
const schemes = [
  'Bearer',
  'bearer',
  'BEARER',
  'bEaReR',
  'Bearers',
  'Beare',
  'Basic',
  'DPoP',
  '',
  'Bearer Bearer',
  'Bearer:',
]
const blank = fc.oneof(
  { weight: 3, arbitrary: oneOf(' ', '  ', '   ') },
  oneOf('', '\t', ' \t', '\t ', '\u00a0', ' \u00a0', ',', '=', ' "', '     '),
)

/** The whole value of the `Authorization` line. */
const credentials = (material: Material): AnyKind => {
  const { genuine } = material
  return hide({
    name: 'credentials',
    weight: 1.5,
    plan: fc.record({
      route: routeOf('eu.access'),
      lead: fc.oneof({ weight: 4, arbitrary: fc.constant('') }, oneOf(' ', '\t', ' \t ', '\u00a0', ',')),
      scheme: fc.oneof({ weight: 5, arbitrary: oneOf(...schemes) }, fieldText),
      gap: blank,
      token: fc.oneof({ weight: 4, arbitrary: fc.nat(genuine.length - 1) }, fieldText),
      tail: fc.oneof(
        { weight: 3, arbitrary: fc.constant('') },
        oneOf(' ', '\t', ' \t', '=', ', x', ' x', '\u00a0'),
        fieldText,
      ),
    }),
    build({ route, lead, scheme, gap, token, tail }) {
      const text = typeof token === 'number' ? (genuine[token]?.text ?? '') : token
      return { route, text, header: lead + scheme + gap + text + tail }
    },
  })
}

/** All kinds that only change texts. */
export const textKinds = (material: Material): AnyKind[] => [
  ...[characters, bits, spellings, segments, splices].map((create) => create(material)),
  ...[header, claims, signatures, credentials].map((create) => create(material)),
  junk,
]
