/**
 * The selectors of tenants, for guards: `tenant` with its forms for host, path and header, and `anyTenant`.
 * @module
 */
import type { FastifyRequest } from 'fastify'
import { kindOf } from '../base/value-kind.js'
import { TENANT_NAME } from '../pool/tenant-name.js'
import { EVERY_TENANT } from '../verify/token-policy.js'
import { compileHost, readHeader, readParameter } from './tenant-names.js'

declare const kTenant: unique symbol

/** Selects the tenants that a guard accepts. `tenant` and `anyTenant` make it. No value has the member. */
export interface TenantSelector {
  readonly [kTenant]: true
}

/** Returns the name of the tenant of a request; `undefined` where the request names none. */
export type TenantOfRequest = (request: FastifyRequest) => string | undefined | Promise<string | undefined>

/** The choice of a selector: one tenant, every tenant, or the one of the request. */
export type TenantChoice = string | typeof EVERY_TENANT | TenantOfRequest

// A global symbol, because the selector may come from another copy of the package.
const CHOICE = Symbol.for('fastify-cognito.tenant')
const EVERY = 'every'

/** Makes selectors of one tenant. */
export interface TenantFactory {
  /**
   * Selects one tenant: by its name, or by a function of the request. A guard refuses the token of any other tenant. Where the
   * function returns `undefined`, the guard refuses the tokens of all tenants.
   *
   * @param choice - the name of a tenant as the list has it, or a function that returns the name
   * @throws {TypeError} for anything else
   * @example app.authRequired(tenant((request) => accounts.tenantOf(request.hostname)))
   */
  (choice: string | TenantOfRequest): TenantSelector
  /**
   * Selects the tenant that the host of the request names: one label before the suffix, in lower case. `acme.example.com` names
   * `acme` for the suffix `.example.com`; `example.com`, `a.b.example.com` and `example.com.evil.org` name none.
   *
   * Behind a proxy, the host is the one that the proxy passes on, and Fastify reads `X-Forwarded-Host` only with its
   * option `trustProxy`.
   *
   * @param suffix - the domain of all tenants, with its leading dot
   * @throws {TypeError} for a suffix without a leading dot, or with characters that no host in lower case has
   * @example app.authRequired(tenant.host('.example.com'))
   */
  readonly host: (suffix: `.${string}`) => TenantSelector
  /**
   * Selects the tenant that a parameter of the route's path names.
   *
   * @param parameter - the name of the parameter: `tenant` for a route `/t/:tenant/orders`
   * @throws {TypeError} when the name is no text
   * @example app.get('/t/:tenant/orders', { onRequest: app.authRequired(tenant.path('tenant')) }, listOrders)
   */
  readonly path: (parameter: string) => TenantSelector
  /**
   * Selects the tenant that a header of the request names. A client chooses its headers freely, so the header only says
   * which tenant is meant: the token has to be of that tenant. A repeated header names none.
   *
   * @param header - the name of the header, in any case
   * @throws {TypeError} when the name is no text
   * @example app.authRequired(tenant.header('x-tenant'))
   */
  readonly header: (header: string) => TenantSelector
}

// The function stands before it is frozen: esbuild gives a function its name where it stands.
function selectTenant(choice: string | TenantOfRequest): TenantSelector {
  const isName = typeof choice === 'string' && TENANT_NAME.test(choice)
  if (!isName && typeof choice !== 'function') {
    throw new TypeError(
      `tenant: expected the name of a tenant, or a function from the request to the name; found ${kindOf(choice)}`,
    )
  }
  return make({ choice })
}

/** Selects one tenant. See {@link TenantFactory}. */
export const tenant: TenantFactory = Object.freeze(
  Object.assign(selectTenant, {
    host: (suffix: string) => select(compileHost(suffix)),
    path: (parameter: string) => select(readParameter(parameter)),
    header: (header: string) => select(readHeader(header)),
  }),
)

/**
 * Selects every tenant: the token alone says which one. A handler has to look at `request.cognito.tenant`.
 *
 * @example app.get('/me', { onRequest: app.authRequired(anyTenant) }, async (request) => request.cognito.tenant)
 */
export const anyTenant: TenantSelector = make(EVERY)

const select = (choice: TenantOfRequest): TenantSelector => make({ choice })

type Kept = typeof EVERY | { readonly choice: string | TenantOfRequest }

function make(kept: Kept): TenantSelector {
  return Object.freeze(Object.defineProperty({}, CHOICE, { value: kept })) as TenantSelector
}

/**
 * Refuses a selector in the place of a requirement, where it would require nothing.
 *
 * @throws {TypeError} naming the function of the application
 */
export function assertNoSelector(requirement: unknown, name: string): void {
  if (readTenantChoice(requirement) === undefined) return
  throw new TypeError(
    `${name}: expected a requirement as the second argument; found a selector of tenants, which belongs in the first`,
  )
}

/** Returns the choice of a selector; `undefined` for any other value. */
export function readTenantChoice(value: unknown): TenantChoice | undefined {
  const kept: Kept | undefined =
    typeof value === 'object' && value !== null ? Reflect.get(value, CHOICE) : undefined
  return kept === EVERY ? EVERY_TENANT : kept?.choice
}
