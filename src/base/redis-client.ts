/**
 * Sends commands to Redis through the application's client, whether `ioredis` or `@redis/client` made it.
 * @module
 */
import { ignoreRejection } from './promises.js'

/** The methods that the clients of both libraries share. */
interface AnyClient<Own> {
  duplicate(...overrides: (object | undefined)[]): Own
  connect(): Promise<unknown>
  disconnect(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connect', listener: () => void): unknown
}

/** An instance or a cluster of `ioredis`. `app.redis` of `@fastify/redis` is an instance of it. */
export interface IoredisClient extends AnyClient<IoredisClient> {
  call(command: string, args: string[]): Promise<unknown>
}

/** A client of `@redis/client` or `redis`, version 5 or 6. */
export interface NodeRedisClient extends AnyClient<NodeRedisClient> {
  sendCommand(args: string[]): Promise<unknown>
}

/** A cluster of `@redis/client` or `redis`, version 5 or 6. */
export interface NodeRedisCluster extends AnyClient<NodeRedisCluster> {
  sendCommand(firstKey: string, isReadonly: boolean, args: string[]): Promise<unknown>
  getSlotMaster: unknown
}

/** A client that the application connects and closes. */
export type RedisClient = IoredisClient | NodeRedisClient | NodeRedisCluster

/**
 * Sends one command to Redis and resolves to its answer.
 *
 * @param args - the command and its arguments
 * @throws {RedisFailure} rejected with: when Redis gives no answer or an error
 */
export type Send = (...args: [command: string, ...rest: string[]]) => Promise<unknown>

/** A connection of the plugin's own. */
export interface RedisConnection {
  readonly send: Send
  /** Ends the connection. Commands without an answer are rejected. */
  readonly end: () => void
}

/** Redis, reached through a client of the application. */
export interface Redis {
  /** Sends a command over the application's connection. */
  readonly send: Send
  /** Opens a connection of the plugin's own and returns at once. Its commands wait until it is connected. */
  readonly connect: () => RedisConnection
}

/** Options of a connection whose commands wait for news: the application's deadlines would end these commands. */
const NO_DEADLINES = { lazyConnect: true, commandTimeout: undefined, socketTimeout: undefined }

/**
 * Wraps a client of the application.
 *
 * @param tag - hash tag that all keys have in common, so that a cluster finds their node
 * @param path - path of the client in the options, for the message
 * @throws {TypeError} when neither library made the client
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

/** Switches reconnection off: a client of `@redis/client` that ends while it reconnects would stay open. */
function duplicateNodeRedis(client: NodeRedisClient): NodeRedisClient {
  const { socket } = Object(Reflect.get(client, 'options'))
  return client.duplicate({ socket: { ...socket, reconnectStrategy: false, socketTimeout: undefined } })
}

/** Options of the nodes of a cluster are in `redisOptions`. */
function duplicateIoredis(client: IoredisClient): IoredisClient {
  if (!Reflect.get(client, 'isCluster')) return client.duplicate(NO_DEADLINES)
  const { redisOptions } = Object(Reflect.get(client, 'options'))
  return client.duplicate([], { ...NO_DEADLINES, redisOptions: { ...redisOptions, ...NO_DEADLINES } })
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
      // An error without a listener would end the process. Commands report the same error.
      own.on('error', () => undefined)
      const isReached = new Promise<void>((resolve) => own.on('connect', () => resolve()))
      const connected = own.connect()
      ignoreRejection(connected)
      const disconnect = () => own.disconnect()
      return {
        send: (...args) => orFailure(args[0], () => connected.then(() => ask(own, args))),
        // Waits for the connection or its failure, because `@redis/client` leaves a connecting socket open.
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

/** The error of a command that Redis did not answer, or whose answer cannot be used. */
export class RedisFailure extends Error {
  /** One word in capitals for the log, such as `REDIS_READONLY`. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

Object.defineProperty(RedisFailure.prototype, 'name', { value: 'RedisFailure' })

/** Drops the client's own error, because it can repeat the arguments of the command: claims of a token. */
function toFailure(command: string, error: unknown): RedisFailure {
  const { code, message }: { readonly code?: unknown; readonly message?: unknown } = Object(error)
  // An error of Redis begins with a word in capitals, such as READONLY or NOPERM.
  const word =
    /^[A-Z]{3,20}(?=[: ])/.exec(String(message))?.[0] ?? (typeof code === 'string' ? code : 'NO_ANSWER')
  return new RedisFailure(`REDIS_${word}`, `Redis did not answer ${command}: ${word}`)
}
