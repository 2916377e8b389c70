/**
 * Applications with an OpenAPI document.
 * @module
 */
import fastifyAuth from '@fastify/auth'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { PoolOptions } from '../../src/index.js'
import { createApp } from './app.js'

export interface Operation {
  readonly description?: string
  readonly security?: readonly unknown[]
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: unknown }>>
}

export interface Document {
  readonly openapi: string
  readonly components: { readonly securitySchemes: Readonly<Record<string, unknown>> }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** An app with its document; its routes are added by `addRoutes`. */
export async function createDocumented(
  t: Test,
  options: object | undefined,
  addRoutes: (app: FastifyInstance) => void | Promise<void>,
  pools: Readonly<Record<string, PoolOptions>>,
): Promise<{ app: FastifyInstance; document: Document }> {
  const app = await createApp(t, pools)
  await app.register(fastifyAuth)
  await app.register(swagger, (parent) => parent.cognito.openapi(options))
  await addRoutes(app)
  await app.ready()
  return { app, document: app.swagger() as unknown as Document }
}
