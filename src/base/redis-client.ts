/**
 * How Redis is asked, whichever library the application's client is of.
 * @module
 */
import { ignoreRejection } from './promises.js'

/** What the clients of both libraries have in common. */
interface AnyClient<Own> {
  duplicate(...overrides: (object | undefined)[]): Own
  connect(): Promise<unknown>
  disconnect(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connect', listener: () => void): unknown
}

/** An instance or a cluster of `ioredis`; also `app.redis` of `@fastify/redis`, which is one. */
export interface IoredisClient extends AnyClient<IoredisClient> {
  call(command: string, args: string[]): Promise<unknown>
}

/** A client of `@redis/client`, or `redis`, 5 or 6. */
export interface NodeRedisClient extends AnyClient<NodeRedisClient> {
  sendCommand(args: string[]): Promise<unknown>
}

/** A cluster of `@redis/client`, or `redis`, 5 or 6. */
export interface NodeRedisCluster extends AnyClient<NodeRedisCluster> {
  sendCommand(firstKey: string, isReadonly: boolean, args: string[]): Promise<unknown>
  getSlotMaster: unknown
}

/** A client that the application has connected, and closes. */
export type RedisClient = IoredisClient | NodeRedisClient | NodeRedisCluster

/**
 * Asks Redis one command.
 *
 * @param args - the command and its arguments
 * @throws {Error} rejected with, where Redis gives no answer or an error
 */
export type Send = (...args: [command: string, ...rest: string[]]) => Promise<unknown>

/** A connection that nobody else uses. */
export interface RedisConnection {
  readonly send: Send
  /** Ends it; what waits for an answer is rejected. */
  readonly end: () => void
}

/** Redis, as a client of the application reaches it. */
export interface Redis {
  /** Over the connection of the application. */
  readonly send: Send
  /** Over a connection of its own, which is not waited for: a command is, until it is there. */
  readonly connect: () => RedisConnection
}

/** No deadline of the application's commands may end one that waits for news. */
const UNHURRIED = { lazyConnect: true, commandTimeout: undefined, socketTimeout: undefined }

/**
 * Reduces a client to what is asked of it.
 *
 * @param tag - what all keys have in common, for a cluster to know where they are
 * @param path - where the client stands in the options
 * @throws {TypeError} when it is of no library that is known
 */
export function toRedis(client: RedisClient, tag: string, path: string): Redis {
  if (!COMMON.every((name) => has(client, name))) throw notKnown(path)
  if (isIoredis(client)) {
    return reduce(client, duplicateIoredis, (own, args) => own.call(args[0], args.slice(1)))
  }
  if (isCluster(client)) return reduce(client, duplicate, (own, args) => own.sendCommand(tag, false, args))
  if (isNodeRedis(client)) return reduce(client, duplicateNodeRedis, (own, args) => own.sendCommand(args))
  throw notKnown(path)
}

const COMMON = ['duplicate', 'connect', 'disconnect', 'on']

const has = (client: unknown, name: string) => typeof Reflect.get(Object(client), name) === 'function'
const isIoredis = (client: RedisClient): client is IoredisClient => has(client, 'call')
const isCluster = (client: RedisClient): client is NodeRedisCluster => has(client, 'getSlotMaster')
const isNodeRedis = (client: RedisClient): client is NodeRedisClient => has(client, 'sendCommand')

const notKnown = (path: string) =>
  new TypeError(`${path}: expected a client of ioredis or @redis/client, or app.redis of @fastify/redis`)

const duplicate = <C extends AnyClient<C>>(client: C) => client.duplicate()

/** It would connect anew at once and by itself, and what is ended meanwhile stays open. */
function duplicateNodeRedis(client: NodeRedisClient): NodeRedisClient {
  const { socket } = Object(Reflect.get(client, 'options'))
  return client.duplicate({ socket: { ...socket, reconnectStrategy: false, socketTimeout: undefined } })
}

/** The options of a cluster are those of its nodes one level further down. */
function duplicateIoredis(client: IoredisClient): IoredisClient {
  if (!Reflect.get(client, 'isCluster')) return client.duplicate(UNHURRIED)
  const { redisOptions } = Object(Reflect.get(client, 'options'))
  return client.duplicate([], { ...UNHURRIED, redisOptions: { ...redisOptions, ...UNHURRIED } })
}

function reduce<C extends AnyClient<C>>(
  client: C,
  duplicate: (client: C) => C,
  ask: (client: C, args: [string, ...string[]]) => Promise<unknown>,
): Redis {
  return {
    send: (...args) => orFailure(args[0], () => ask(client, args)),
    connect() {
      const own = duplicate(client)
      // Without a listener, an error of a connection would end the process; commands tell of it as well.
      own.on('error', () => undefined)
      const isReached = new Promise<void>((resolve) => own.on('connect', () => resolve()))
      const connected = own.connect()
      ignoreRejection(connected)
      const disconnect = () => own.disconnect()
      return {
        send: (...args) => orFailure(args[0], () => connected.then(() => ask(own, args))),
        // Not before it is there, or was given up: node-redis forgets a socket that is still connecting.
        end: () => ignoreRejection(Promise.race([isReached, connected]).then(disconnect, disconnect)),
      }
    },
  }
}

async function orFailure(command: string, ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask()
  } catch (error) {
    throw toFailure(command, error)
  }
}

/** Why Redis gave no answer, or none that can be used. */
export class RedisFailure extends Error {
  /** What a log may say. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

Object.defineProperty(RedisFailure.prototype, 'name', { value: 'RedisFailure' })

/** The error of a client has the arguments of the command, and so can its message: claims of a token. */
function toFailure(command: string, error: unknown): RedisFailure {
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown }
  // Redis begins its errors with a word in capitals, such as READONLY or NOPERM.
  const word =
    /^[A-Z]{3,20}(?=[: ])/.exec(String(message))?.[0] ?? (typeof code === 'string' ? code : 'NO_ANSWER')
  return new RedisFailure(`REDIS_${word}`, `Redis did not answer ${command}: ${word}`)
}
