/**
 * The options of the signing keys.
 * @module
 */
import { type IsDocumented, integer, number, Type, withoutUndefined } from './schema.js'

/** How the signing keys are looked up and kept. Times in seconds. */
export interface KeysOptions {
  /**
   * Age at which a key in use is re-checked in the background; 1–86,400.
   *
   * @defaultValue 300
   */
  readonly refreshAfter?: number
  /**
   * Age up to which a key is trusted while its endpoint fails; 0–604,800.
   *
   * @defaultValue 86,400
   */
  readonly staleIfError?: number
  /**
   * Deadline of one attempt to fetch the keys, of which a lookup makes at most two; 0.05–3.
   *
   * @defaultValue 2
   */
  readonly timeout?: number
  /**
   * Lookups of unknown keys at once, per URL; 2–1,000: a pool has two keys.
   *
   * @defaultValue 10
   */
  readonly lookupBurst?: number
  /**
   * One more lookup of an unknown key each time this has passed; 0.05–3,600.
   *
   * @defaultValue 2
   */
  readonly lookupInterval?: number
  /**
   * Whether each pool's endpoints are asked, when the application is ready, if they answer. `'background'`: without
   * waiting for it, and with a warning in the log if none does; `'require'`: a pool for which none does stops the boot.
   *
   * @defaultValue `'background'`
   */
  readonly prefetch?: 'background' | 'require' | false
}

const KEYS = Type.Object(
  {
    refreshAfter: number(1, 86_400, 'seconds from 1 to 86,400'),
    staleIfError: number(0, 604_800, 'seconds from 0 to 604,800'),
    timeout: number(0.05, 3, 'seconds from 0.05 to 3'),
    lookupBurst: integer(2, 1000, 'a whole number from 2 to 1,000'),
    lookupInterval: number(0.05, 3600, 'seconds from 0.05 to 3,600'),
    prefetch: Type.Optional(
      Type.Union([Type.Literal('background'), Type.Literal('require'), Type.Literal(false)], {
        expected: "'background', 'require' or false",
      }),
    ),
  },
  { additionalProperties: false, expected: 'an object of key options' },
)

/** Does not compile when the interface and the schema drift apart. */
const isDocumented: IsDocumented<KeysOptions, typeof KEYS> = true
void isDocumented

/** Schema of the option `keys`. */
export const keysOption = Type.Optional(KEYS)

/** Names of all members of {@link KeysOptions}, for the documentation to be held against. */
export const keysNames: readonly string[] = Object.keys(KEYS.properties)

/** Fills in the defaults. */
export function resolveKeys(options: KeysOptions = {}): Required<KeysOptions> {
  return Object.freeze({
    refreshAfter: 300,
    staleIfError: 86_400,
    timeout: 2,
    lookupBurst: 10,
    lookupInterval: 2,
    prefetch: 'background',
    ...withoutUndefined(options),
  })
}
