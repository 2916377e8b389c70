/**
 * A shop in NestJS: controllers, a GraphQL resolver and a WebSocket gateway, whose decorators say who may call them.
 * @module
 */
import 'reflect-metadata'
import type { IncomingMessage } from 'node:http'
import swagger from '@fastify/swagger'
import {
  Body,
  Controller,
  Get,
  Inject,
  Injectable,
  type LoggerService,
  Module,
  type ModuleMetadata,
  Param,
  Post,
  Scope,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Field, GraphQLModule, ObjectType, Query, Resolver } from '@nestjs/graphql'
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { WsAdapter } from '@nestjs/platform-ws'
import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { type Authentication, CognitoError, closeOnExpiry, type PluginOptions } from 'fastify-cognito'
import { Cognito, CognitoHost, CognitoModule, CognitoOptional, Identity, Public } from 'fastify-cognito/nest'
import type { WebSocket } from 'ws'

@Controller({ path: 'orders', version: ['1', '2'] })
@Cognito('eu')
export class Orders {
  @Get()
  list(@Identity('subject') subject: string) {
    return { of: subject }
  }

  @Get(':id')
  one(@Param('id') id: string, @Identity() { pool, subject }: Authentication) {
    return { id, pool, subject }
  }

  @Post()
  @Cognito('eu', { scopes: 'orders/write' })
  create(@Body() body: object, @Identity('subject') subject: string) {
    return { ...body, of: subject }
  }
}

@Controller({ path: 'home', version: VERSION_NEUTRAL })
export class Home {
  @Get()
  @CognitoOptional(['eu', 'us'])
  greet(@Identity(({ pool }) => pool) pool: string | null) {
    return { hello: pool ?? 'stranger' }
  }

  @Get('health')
  @Public()
  health() {
    return { ok: true }
  }
}

/** A controller of which each request has its own instance. */
@Controller({ path: 'reports', version: VERSION_NEUTRAL, scope: Scope.REQUEST })
@Cognito('us', { groups: 'auditors' })
export class Reports {
  @Get(':year')
  read(@Param('year') year: string) {
    return { year }
  }
}

@ObjectType()
class Account {
  @Field(() => String)
  subject!: string
  @Field(() => String, { nullable: true })
  username!: string | null
}

@Resolver()
@Cognito('eu')
export class Accounts {
  @Query(() => Account)
  me(@Identity() { subject, username }: Authentication): Account {
    return { subject, username: username ?? null }
  }

  @Query(() => String)
  @Public()
  version() {
    return '1'
  }

  @Query(() => String)
  @Cognito('eu', { groups: 'admins' })
  secret() {
    return 'the combination'
  }
}

/** A client of the gateway, with the request of its upgrade: the marks of the gateway look for it there. */
interface Client extends WebSocket {
  request?: IncomingMessage
}

@WebSocketGateway({ path: '/live' })
@Cognito('eu')
@Injectable()
export class Live {
  constructor(@Inject(CognitoHost) private readonly host: CognitoHost) {}

  /** No mark guards a connection, so the gateway verifies it itself. */
  async handleConnection(client: Client, request: IncomingMessage) {
    client.request = request
    try {
      closeOnExpiry(client, await this.host.cognito.verifyRequest(request, 'eu'))
    } catch (error) {
      client.close(4401, error instanceof CognitoError ? error.code : undefined)
    }
  }

  @SubscribeMessage('order')
  order(@ConnectedSocket() _client: Client, @Identity('subject') subject: string) {
    return { event: 'ordered', data: subject }
  }
}

/** The module of the application. */
export function createModule(options: PluginOptions, more: ModuleMetadata = {}) {
  @Module({
    imports: [
      CognitoModule.forRootAsync({ useFactory: async () => options }),
      GraphQLModule.forRoot<MercuriusDriverConfig>({
        driver: MercuriusDriver,
        autoSchemaFile: true,
        path: '/graphql',
        // The resolvers have marks of their own.
        additionalRouteOptions: { config: { cognito: false } } as object,
      }),
    ],
    controllers: [Orders, Home, Reports, ...(more.controllers ?? [])],
    providers: [Accounts, Live, ...(more.providers ?? [])],
  })
  class AppModule {}
  return AppModule
}

/** Settings that a test module shares with the application. */
export function configure(app: NestFastifyApplication): NestFastifyApplication {
  app.setGlobalPrefix('api')
  app.enableVersioning({ type: VersioningType.URI })
  app.useWebSocketAdapter(new WsAdapter(app))
  return app
}

/** Makes the application. */
export async function createShop(
  options: PluginOptions,
  logger?: LoggerService,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(createModule(options), new FastifyAdapter(), {
    abortOnError: false,
    ...(logger && { logger }),
  })
  configure(app)
  const { cognito } = app.get(CognitoHost)
  await app.register(swagger, cognito.openapi({ openapi: { info: { title: 'Shop', version: '1' } } }))
  return app
}
