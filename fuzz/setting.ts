/**
 * What the fuzzed application is configured with, as plain facts that both the plugin and the oracle are given.
 * @module
 */

export type Use = 'access' | 'id'
export type PoolName = 'eu' | 'us' | 'open'

/** A user pool; its issuers are written out, so that the oracle does not derive them as the plugin does. */
export interface PoolFacts {
  readonly userPoolId: string
  readonly issuers: readonly [string, string]
  /** `null` accepts every client. */
  readonly clients: readonly string[] | null
  readonly audiences: readonly string[] | null
}

export const POOLS: Readonly<Record<PoolName, PoolFacts>> = {
  eu: {
    userPoolId: 'eu-west-1_Fuzzed111',
    issuers: [
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Fuzzed111',
      'https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Fuzzed111',
    ],
    clients: ['3n4b5urk1ft4fl3mg5e62d9ado', '7lhlkkfbfb4q5kpp90urffao'],
    audiences: null,
  },
  us: {
    userPoolId: 'us-east-1_Fuzzed222',
    issuers: [
      'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Fuzzed222',
      'https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_Fuzzed222',
    ],
    clients: ['1h57kf5cpq17m0eml12example'],
    audiences: ['https://api.example', 'https://orders.example'],
  },
  open: {
    userPoolId: 'eu-west-1_Fuzzed333',
    issuers: [
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Fuzzed333',
      'https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Fuzzed333',
    ],
    clients: null,
    audiences: null,
  },
}

/** All pools publish keys under these two ids: only the issuer tells them apart. */
export const KIDS: Readonly<Record<Use, string>> = { access: 'Fuzz+access/key=', id: 'Fuzz+id/key=' }

/** A key that the issuer of the pool really signs with. */
export type KeyName = `${PoolName}.${Use}`

/** Levels of the sign-in, lowest first: AWS, "Authentication levels with ACR and AMR claims". */
export const LEVELS = [1, 2, 3, 4].map((level) => `urn:cognito:loa:${level}`)

/** What one route takes. */
export interface RouteFacts {
  readonly pools: readonly PoolName[]
  readonly uses: readonly Use[]
  /** All of them. */
  readonly scopes?: readonly string[]
  /** Any of them. */
  readonly groups?: readonly string[]
  /** None of them. */
  readonly prohibited?: readonly string[]
  /** The lowest level of the sign-in: a place in {@link LEVELS}, counted from 1. */
  readonly level?: 1 | 2 | 3 | 4
  /** Methods of the sign-in, any of them. */
  readonly methods?: readonly string[]
  /** Seconds. */
  readonly maxAge?: number
  /** Whether the attributes of `attributes.ts` are declared. */
  readonly hasAttributes?: true
}

export const ROUTES = {
  access: { pools: ['eu'], uses: ['access'] },
  id: { pools: ['eu'], uses: ['id'] },
  either: { pools: ['eu', 'us'], uses: ['access', 'id'] },
  bound: { pools: ['us'], uses: ['access'] },
  open: { pools: ['open'], uses: ['access', 'id'] },
  scoped: { pools: ['eu'], uses: ['access'], scopes: ['orders/read', 'orders/write'] },
  grouped: { pools: ['eu', 'us'], uses: ['access', 'id'], groups: ['admin', 'ops'] },
  trusted: { pools: ['eu', 'us'], uses: ['access', 'id'], prohibited: ['suspended', 'left'] },
  strong: { pools: ['eu'], uses: ['access', 'id'], level: 3, maxAge: 300 },
  factors: { pools: ['eu'], uses: ['access', 'id'], methods: ['hwk', 'swk', 'mfa'] },
  recent: { pools: ['eu'], uses: ['access'], maxAge: 300 },
  member: { pools: ['eu'], uses: ['id'], hasAttributes: true },
} as const satisfies Record<string, RouteFacts>

export type RouteName = keyof typeof ROUTES
export const ROUTE_NAMES = Object.keys(ROUTES) as RouteName[]

export const CLOCK_TOLERANCE = 5
export const MAX_TOKEN_LENGTH = 8192
