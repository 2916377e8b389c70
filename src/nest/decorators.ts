/**
 * The decorators of classes and methods: who may call a handler.
 * @module
 */
import type { ClaimsOption } from '../claims/reader.js'
import type { TokenUse } from '../claims/standard-claims.js'
import type { Named, PoolSelector, Pools, ProofOf } from '../guard/register.js'
import type { Requirement } from '../guard/requirement.js'
import { UseGuards } from './framework.js'
import { CognitoGuard } from './guard.js'
import { type Mark, putMark } from './marks.js'

/** A decorator of a class or of a method. */
export type CognitoDecorator = ClassDecorator & MethodDecorator

/**
 * Makes decorators for the pools `P`.
 *
 * @typeParam P - the registered pools: name → type, see `Register` of `fastify-cognito`
 */
export type CognitoDecoratorFactory<P> = <
  N extends Named<P> = keyof P & string,
  U extends TokenUse = never,
  C extends ClaimsOption = never,
  R = never,
>(
  pool?: PoolSelector<N>,
  requirement?: Requirement<U, C, ProofOf<P, N, U, C>, R>,
) => CognitoDecorator

/**
 * Refuses a request without a valid token: every handler of a controller, resolver or gateway, or one of its methods. The mark
 * of a method replaces that of its class.
 *
 * @param pool - the name of a pool, a selector of tenants such as `tenant.host('.example.com')`, a list of these, or a function
 *   from the request to a name; by default the option `defaultPool`
 * @param requirement - what the token must have besides, such as scopes, groups or claims; by default nothing
 * @throws {TypeError} when something else than a class or a method is decorated, or has a mark already; at boot, for an unknown
 *   pool, for a mark without a pool beside the option `tenants`, for a requirement that is wrong, and for a mark that reached no route
 * @example
 * class Orders {
 *   // On the line before the method:
 *   // @Post() @Cognito('eu', { scopes: 'orders/write' })
 *   create(@Identity('subject') owner: string) {}
 * }
 */
export const Cognito: CognitoDecoratorFactory<Pools> = toFactory('Cognito')

/**
 * Lets a request without credentials pass, with `null` for `@Identity`, but refuses an invalid token.
 *
 * @param pool - see {@link Cognito}
 * @param requirement - see {@link Cognito}
 * @throws {TypeError} see {@link Cognito}
 */
export const CognitoOptional: CognitoDecoratorFactory<Pools> = toFactory('CognitoOptional')

/**
 * Declares a method, or a class without a mark, as open to everyone: `config: { cognito: false }`, which the option `routes` respects.
 * The decorator replaces the mark of the class.
 *
 * @throws {TypeError} when something else than a class or a method is decorated, or has a mark already
 */
export function Public(...given: readonly never[]): CognitoDecorator {
  assertCalled('Public', given, 0)
  return toDecorator({ name: 'Public', given: [] })
}

function toFactory(name: 'Cognito' | 'CognitoOptional'): (...given: readonly unknown[]) => CognitoDecorator {
  return (...given) => {
    assertCalled(name, given, 2)
    // The guard is compiled at boot, which checks the arguments.
    return toDecorator({ name, given: given as Mark['given'] }, UseGuards(CognitoGuard))
  }
}

/** Makes a decorator that puts a mark, and then runs other decorators. */
function toDecorator(mark: Mark, ...others: readonly CognitoDecorator[]): CognitoDecorator {
  return (target: object, ...rest: [key?: string | symbol, descriptor?: object]) => {
    putMark(mark, target, ...rest)
    for (const decorate of others) Reflect.apply(decorate, undefined, [target, ...rest])
  }
}

/** Refuses a decorator without parentheses, which gets the class or the method in place of its own arguments. */
function assertCalled(name: string, given: readonly unknown[], most: number): void {
  const [first] = given
  const isClass = typeof first === 'function' && /^class\b/.test(Function.prototype.toString.call(first))
  if (given.length > most || isClass) throw new TypeError(`@${name}: expected parentheses, as in @${name}()`)
}
