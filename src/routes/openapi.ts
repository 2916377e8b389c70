/**
 * The guards in an OpenAPI document: options for `@fastify/swagger`, which the plugin itself does not need.
 * @module
 */
import { type Alternative, passBoth } from '../guard/annotations.js'
import type { ResolvedPool } from '../pool/pool.js'
import { ANY_TENANT } from '../pool/tenant-name.js'
import {
  createSecuritySchemes,
  type Schemes,
  type Security,
  type SecuritySchemes,
  type TenantKinds,
} from './openapi-schemes.js'
import { findGuards } from './route-guards.js'

/** The parts of a route's schema that guards add to. */
interface RouteSchema {
  readonly description?: string
  readonly security?: readonly Security[]
  readonly response?: Readonly<Record<string, unknown>>
}

interface TransformInput {
  readonly schema?: RouteSchema
  readonly url: string
  readonly route: object
}

type Transform = (input: TransformInput) => { readonly schema?: RouteSchema }

/** The options of `@fastify/swagger` that matter here. Other options are passed on. */
interface SwaggerOptions {
  readonly mode?: string
  readonly swagger?: object
  readonly openapi?: { readonly components?: { readonly securitySchemes?: Schemes } }
  readonly transform?: Transform | null
}

// A global symbol, because the account routes may come from another copy of the package.
const SIGN_INS = Symbol.for('fastify-cognito.sign-ins')

/**
 * Adds a route for signing in with a password to the document (RFC 6749 §4.3). The first route of a pool counts.
 *
 * @param openapi - `app.cognito.openapi`
 * @param pool - the name of the pool
 * @param tokenUrl - the path of the route
 */
export function addSignIn(openapi: object, pool: string, tokenUrl: string): void {
  const signIns: Map<string, string> = Reflect.get(openapi, SIGN_INS)
  if (!signIns.has(pool)) signIns.set(pool, tokenUrl)
}

/**
 * Makes `app.cognito.openapi`.
 *
 * @param pools - the registered pools by their names
 * @param tenants - the kinds of token of tenants; `undefined` where the option `tenants` is not set
 */
export function createOpenapi(pools: ReadonlyMap<string, ResolvedPool>, tenants: TenantKinds | undefined) {
  const signIns = new Map<string, string>()
  const createOptions = <O extends object>(options?: O): O => {
    const given: SwaggerOptions = options ?? {}
    assertOpenapi(given)
    const { openapi, transform } = given
    const own = openapi?.components?.securitySchemes ?? {}
    const schemes = createSecuritySchemes({ pools, tenants, signIns, own })
    const components = { ...openapi?.components, securitySchemes: schemes.all }
    return {
      ...given,
      openapi: { ...openapi, components },
      transform: createTransform(transform ?? ((input) => input), schemes),
    } as O
  }
  return Object.defineProperty(createOptions, SIGN_INS, { value: signIns })
}

function assertOpenapi({ mode, swagger, transform }: SwaggerOptions): void {
  if (mode === 'static') {
    throw new TypeError("openapi.mode: expected 'dynamic'; a static document does not come from the routes")
  }
  if (swagger !== undefined) {
    throw new TypeError('openapi.swagger: expected openapi in its place; Swagger 2.0 knows no bearer tokens')
  }
  if (transform !== undefined && transform !== null && typeof transform !== 'function') {
    throw new TypeError('openapi.transform: expected a function')
  }
}

/** Makes the transform, which runs after the application's own transform and changes only the document. */
function createTransform(own: Transform, { toEntries, offer }: SecuritySchemes): Transform {
  return (input) => {
    const result = own(input)
    const guards = findGuards(input.route)
    if (guards.length === 0) return result
    const schema = describeOperation(result.schema ?? input.schema, guards, toEntries)
    offer(schema.security)
    return { ...result, schema }
  }
}

function describeOperation(
  schema: RouteSchema = {},
  guards: readonly (readonly Alternative[])[],
  toEntries: SecuritySchemes['toEntries'],
): RouteSchema & Required<Pick<RouteSchema, 'security'>> {
  const alternatives = guards.reduce(passBoth)
  const description = [schema.description, ...describeRequirements(alternatives)].filter(Boolean).join('\n\n')
  return {
    ...schema,
    ...(description && { description }),
    security: schema.security ?? toSecurity(alternatives, guards.flat(), toEntries),
    response: addAnswers(
      schema.response,
      alternatives.some(({ isSelective }) => isSelective),
      alternatives.some(({ pool }) => pool === ANY_TENANT),
    ),
  }
}

/** Lists the alternatives of a route. Guards that exclude each other give one entry with all their requirements. */
function toSecurity(
  alternatives: readonly Alternative[],
  all: readonly Alternative[],
  toEntries: SecuritySchemes['toEntries'],
): readonly Security[] {
  const entries = alternatives.flatMap(toEntries)
  if (entries.length === 0) return [Object.assign({}, ...all.flatMap(toEntries))]
  return [...new Map(entries.map((entry) => [JSON.stringify(entry), entry])).values()]
}

/** Describes the requirements in one sentence, or in one for each group of pools with the same requirements. */
function describeRequirements(alternatives: readonly Alternative[]): readonly string[] {
  const poolsOf = new Map<string, Set<string>>()
  for (const { pool, asks } of alternatives) {
    if (pool === null) continue
    const text = asks.join(' and ')
    poolsOf.set(text, (poolsOf.get(text) ?? new Set()).add(`\`${pool === ANY_TENANT ? 'tenants' : pool}\``))
  }
  return [...poolsOf]
    .filter(([text]) => text !== '')
    .map(([text, pools]) => {
      const condition = poolsOf.size > 1 ? ` of a token of ${[...pools].join(', ')}` : ''
      return `Requires${condition} ${text}.`
    })
}

type Answers = NonNullable<RouteSchema['response']>

/** Adds the answers of guards. A route's own answer stays: for the status, for its class, or `default`. */
function addAnswers(
  own: Answers = { 200: { type: 'null', description: 'Default Response' } },
  isSelective: boolean,
  takesTenants: boolean,
): Answers {
  const isDocumented = (status: string) =>
    Object.keys(own).some((key) => [status, `${status[0]}xx`, 'default'].includes(key.toLowerCase()))
  const answers = Object.entries(createAnswers(isSelective, takesTenants))
  const added = answers.filter(([status]) => !isDocumented(status))
  return { ...own, ...Object.fromEntries(added) }
}

/** Makes new objects for each route, because `@fastify/swagger` removes the descriptions of headers from them. */
const createAnswers = (isSelective: boolean, takesTenants: boolean): Answers => ({
  401: describeAnswer('No valid token', 'WWW-Authenticate', 'What is wrong with the token (RFC 6750 §3)'),
  ...(isSelective && {
    403: describeAnswer(
      'The token is valid, but lacks what the route requires',
      'WWW-Authenticate',
      'Which scopes are required (RFC 6750 §3)',
    ),
  }),
  503: describeAnswer(
    `The signing keys of the user pool${takesTenants ? ', or the list of tenants,' : ''} cannot be had at the moment`,
    'Retry-After',
    'Seconds',
  ),
})

/** Describes an answer without a body, because the error handler of the application chooses the body. */
const describeAnswer = (description: string, header: string, text: string) => ({
  type: 'null',
  description,
  headers: { [header]: { type: 'string', description: text } },
})
