/**
 * The entry point `fastify-cognito/nest`: a module and decorators for applications of NestJS 11 and 12 on Fastify.
 * @module
 */
export {
  Cognito,
  type CognitoDecorator,
  type CognitoDecoratorFactory,
  CognitoOptional,
  Public,
} from './decorators.js'
export { CognitoException, type CognitoExceptionBody } from './exception.js'
export { CognitoGuard } from './guard.js'
export { CognitoHost } from './host.js'
export { type AnyIdentity, Identity, type IdentityPart } from './identity.js'
export { CognitoModule } from './module.js'
export type { CognitoModuleAsyncOptions, CognitoModuleExtras } from './module-options.js'
