/**
 * What guards look like in an OpenAPI document: options for `@fastify/swagger`, which is not needed otherwise.
 * @module
 */
import { passBoth, type Way } from './guard-mark.js'
import type { ResolvedPool } from './pool.js'
import { findGuards } from './route-guards.js'

/** The parts of a route's schema that guards add to. */
interface RouteSchema {
  readonly description?: string
  readonly security?: readonly Security[]
  readonly response?: Readonly<Record<string, unknown>>
}

/** One entry of `security`: names of schemes, each with the scopes that it takes (OpenAPI 3.1 §4.8.30). */
type Security = Readonly<Record<string, readonly string[]>>

interface TransformInput {
  readonly schema?: RouteSchema
  readonly url: string
  readonly route: object
}

type Transform = (input: TransformInput) => { readonly schema?: RouteSchema }

/** The options of `@fastify/swagger` that are looked at; the others are handed on. */
interface SwaggerOptions {
  readonly mode?: string
  readonly swagger?: object
  readonly openapi?: { readonly components?: { readonly securitySchemes?: Schemes } }
  readonly transform?: Transform | null
}

type Schemes = Readonly<Record<string, { readonly type?: string }>>

/** Scopes that the dialog of Swagger UI offers, each with a description. */
type OfferedScopes = Record<string, string>

// Not a variable of this module alone: the account routes may be those of another copy of the package.
const SIGN_INS = Symbol.for('fastify-cognito.sign-ins')

/**
 * Tells the document where people of a pool can sign in with a password (RFC 6749 §4.3). Of several places the first
 * counts.
 *
 * @param openapi - `app.cognito.openapi`
 * @param tokenUrl - path of the route
 */
export function addSignIn(openapi: object, pool: string, tokenUrl: string): void {
  const signIns: Map<string, string> = Reflect.get(openapi, SIGN_INS)
  if (!signIns.has(pool)) signIns.set(pool, tokenUrl)
}

/**
 * Makes `app.cognito.openapi`.
 *
 * @param pools - the registered ones by their names
 */
export function createOpenapi(pools: ReadonlyMap<string, ResolvedPool>) {
  const signIns = new Map<string, string>()
  const createOptions = <O extends object>(options?: O): O => {
    const given: SwaggerOptions = options ?? {}
    assertOpenapi(given)
    const own = [...pools.values()].map((pool) => {
      const scopes: OfferedScopes = { openid: 'Who the user is' }
      // Read when the document is made: the routes that people sign in by are added after these options.
      const scheme = { enumerable: true, get: () => toScheme(pool, scopes, signIns.get(pool.name)) }
      return { name: pool.name, scopes, scheme }
    })
    const securitySchemes: Schemes = Object.defineProperties(
      {},
      {
        ...Object.fromEntries(own.map(({ name, scheme }) => [name, scheme])),
        ...Object.getOwnPropertyDescriptors(given.openapi?.components?.securitySchemes ?? {}),
      },
    )
    const offered = new Map(own.map(({ name, scopes }) => [name, scopes]))
    const { openapi, transform } = given
    const components = { ...openapi?.components, securitySchemes }
    return {
      ...given,
      openapi: { ...openapi, components },
      transform: createTransform(transform ?? ((input) => input), securitySchemes, offered),
    } as O
  }
  return Object.defineProperty(createOptions, SIGN_INS, { value: signIns })
}

function assertOpenapi({ mode, swagger, transform }: SwaggerOptions): void {
  if (mode === 'static') {
    throw new TypeError("openapi.mode: expected 'dynamic'; a static document is not made of the routes")
  }
  if (swagger !== undefined) {
    throw new TypeError('openapi.swagger: expected openapi in its place; Swagger 2.0 knows no bearer tokens')
  }
  if (transform !== undefined && transform !== null && typeof transform !== 'function') {
    throw new TypeError('openapi.transform: expected a function')
  }
}

const KINDS = { access: 'access token', id: 'ID token' } as const

function toScheme(
  { name, tokenUses, loginOrigin }: ResolvedPool,
  scopes: OfferedScopes,
  signInUrl: string | undefined,
) {
  const kinds = [...tokenUses].map((tokenUse) => KINDS[tokenUse]).join(' or ')
  const description = `An ${kinds} of the user pool ${name}`
  if (loginOrigin === undefined && signInUrl === undefined) {
    return { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description }
  }
  const authorizationUrl = `${loginOrigin}/oauth2/authorize`
  const tokenUrl = `${loginOrigin}/oauth2/token`
  return {
    type: 'oauth2',
    description,
    flows: {
      ...(loginOrigin !== undefined && { authorizationCode: { authorizationUrl, tokenUrl, scopes } }),
      ...(signInUrl !== undefined && { password: { tokenUrl: signInUrl, scopes: {} } }),
    },
    // Swagger UI sends the access token, unless the scheme says which member of the token answer it is to send.
    ...(!tokenUses.has('access') && { 'x-tokenName': 'id_token' }),
  }
}

/** Runs after the application's own transform, and changes nothing but what the document shows. */
function createTransform(
  own: Transform,
  schemes: Schemes,
  offered: ReadonlyMap<string, OfferedScopes>,
): Transform {
  const takesScopes = (scheme: string) => /^(?:oauth2|openIdConnect)$/.test(String(schemes[scheme]?.type))
  return (input) => {
    const result = own(input)
    const guards = findGuards(input.route)
    if (guards.length === 0) return result
    const schema = describeOperation(result.schema ?? input.schema, guards, takesScopes)
    for (const [scheme, scopes] of schema.security.flatMap(Object.entries<readonly string[]>)) {
      for (const scope of scopes) Object.assign(offered.get(scheme) ?? {}, { [scope]: '' })
    }
    return { ...result, schema }
  }
}

function describeOperation(
  schema: RouteSchema = {},
  guards: readonly (readonly Way[])[],
  takesScopes: (scheme: string) => boolean,
): RouteSchema & Required<Pick<RouteSchema, 'security'>> {
  const ways = guards.reduce(passBoth)
  const description = [schema.description, ...describeAsks(ways)].filter(Boolean).join('\n\n')
  return {
    ...schema,
    ...(description && { description }),
    security: schema.security ?? toSecurity(ways, guards.flat(), takesScopes),
    response: addAnswers(
      schema.response,
      ways.some(({ isSelective }) => isSelective),
    ),
  }
}

/** Of the ways past a route's guards each is enough. Where there is none, everything that any guard asks for is shown. */
function toSecurity(
  ways: readonly Way[],
  all: readonly Way[],
  takesScopes: (scheme: string) => boolean,
): readonly Security[] {
  const toEntry = ({ pool, scopes }: Way): Security =>
    pool === null ? {} : { [pool]: takesScopes(pool) ? scopes : [] }
  if (ways.length === 0) return [Object.assign({}, ...all.map(toEntry))]
  return [...new Map(ways.map(toEntry).map((entry) => [JSON.stringify(entry), entry])).values()]
}

/** One sentence, or one for each set of pools where they are asked for different things. */
function describeAsks(ways: readonly Way[]): readonly string[] {
  const poolsOf = new Map<string, Set<string>>()
  for (const { pool, asks } of ways) {
    if (pool === null) continue
    const text = asks.join(' and ')
    poolsOf.set(text, (poolsOf.get(text) ?? new Set()).add(`\`${pool}\``))
  }
  return [...poolsOf]
    .filter(([text]) => text !== '')
    .map(([text, pools]) => {
      const condition = poolsOf.size > 1 ? ` of a token of ${[...pools].join(', ')}` : ''
      return `Requires${condition} ${text}.`
    })
}

type Answers = NonNullable<RouteSchema['response']>

/** A route's own answers stay: of the status itself, of its class, and by default. */
function addAnswers(
  own: Answers = { 200: { type: 'null', description: 'Default Response' } },
  isSelective: boolean,
): Answers {
  const isDocumented = (status: string) =>
    Object.keys(own).some((key) => [status, `${status[0]}xx`, 'default'].includes(key.toLowerCase()))
  const added = Object.entries(createAnswers(isSelective)).filter(([status]) => !isDocumented(status))
  return { ...own, ...Object.fromEntries(added) }
}

/** Made anew for each route, because @fastify/swagger takes the descriptions of headers out. */
const createAnswers = (isSelective: boolean): Answers => ({
  401: bodiless('No valid token', 'WWW-Authenticate', 'What is wrong with the token (RFC 6750 §3)'),
  ...(isSelective && {
    403: bodiless(
      'The token is valid, but lacks what the route requires',
      'WWW-Authenticate',
      'Which scopes are required (RFC 6750 §3)',
    ),
  }),
  503: bodiless('The signing keys of the user pool cannot be had at the moment', 'Retry-After', 'Seconds'),
})

/** Which body an answer has is up to the application's error handler. */
const bodiless = (description: string, header: string, text: string) => ({
  type: 'null',
  description,
  headers: { [header]: { type: 'string', description: text } },
})
