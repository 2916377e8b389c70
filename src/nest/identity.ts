/**
 * The decorator `@Identity`: gives a handler the authentication that its mark proved.
 * @module
 */
import type { AuthOf, Pools, RegisteredTenants } from '../guard/register.js'
import type { Authentication } from '../verify/authentication.js'
import { readIdentity } from './context.js'
import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from './framework.js'

/** The authentication of any registered pool and of any tenant, as `@Identity` hands it over. */
export type AnyIdentity = AuthOf<Pools, (keyof Pools & string) | RegisteredTenants>

/** A part of an authentication: the name of a member, or a function. */
export type IdentityPart = keyof Authentication | 'user' | ((identity: AnyIdentity) => unknown)

/** The members by name. The table is checked against the type, because a name may be misspelt. */
const MEMBERS: Readonly<Record<keyof Authentication | 'user', true>> = {
  pool: true,
  tenant: true,
  tokenUse: true,
  principal: true,
  subject: true,
  username: true,
  clientId: true,
  scopes: true,
  groups: true,
  claims: true,
  payload: true,
  token: true,
  user: true,
}

const decorate = createParamDecorator((part: IdentityPart | undefined, context: ExecutionContext) => {
  const identity = readIdentity(context)
  if (identity === null || part === undefined) return identity
  // The pools of the application have the type that the application registers.
  return typeof part === 'function' ? part(identity as AnyIdentity) : Reflect.get(identity, part)
})

/**
 * Gives a parameter the identity of the sender: the authentication that `@Cognito` or `@CognitoOptional` proved.
 *
 * The value is `null` for a request without credentials, which passes `@CognitoOptional` only.
 *
 * @param part - the name of a member, or a function of the authentication, for claims; by default the whole authentication
 * @param pipes - pipes of NestJS for the value
 * @throws {TypeError} for a name that no authentication has; at a request, for a handler without a mark
 * @example
 * class Profiles {
 *   show(@Identity('subject') subject: string, @Identity((it) => it.payload['email']) email: unknown) {}
 * }
 */
export function Identity(
  part?: IdentityPart,
  ...pipes: (PipeTransform | Type<PipeTransform>)[]
): ParameterDecorator {
  if (part !== undefined && typeof part !== 'function' && !Object.hasOwn(MEMBERS, part)) {
    throw new TypeError(
      `@Identity: expected a member of the authentication (${Object.keys(MEMBERS).join(', ')}), or a function of it, such as (it) => it.claims.email`,
    )
  }
  return decorate(part, ...pipes)
}
