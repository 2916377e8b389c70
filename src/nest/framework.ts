/**
 * The parts of NestJS that this wing uses. No other file of the project imports NestJS.
 * @module
 */
export {
  createParamDecorator,
  type DynamicModule,
  type ExecutionContext,
  HttpException,
  Inject,
  Injectable,
  type InjectionToken,
  Logger,
  Module,
  type ModuleMetadata,
  Optional,
  type OptionalFactoryDependency,
  type PipeTransform,
  SetMetadata,
  type Type,
  UseGuards,
} from '@nestjs/common'
export {
  type AbstractHttpAdapter,
  DiscoveryModule,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
  Reflector,
} from '@nestjs/core'
export { RouteConfig } from '@nestjs/platform-fastify'
