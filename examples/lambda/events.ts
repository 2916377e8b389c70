/**
 * The events that AWS services send to a function, and how they read its answers.
 * @module
 */
import { text } from 'node:stream/consumers'
import { awsLambdaFastify, type LambdaResponse, type LambdaResponseStreamed } from '@fastify/aws-lambda'
import type { Context } from 'aws-lambda'
import type { FastifyInstance } from 'fastify'

/** A request as a client of the service sends it. */
export interface Sent {
  readonly method: string
  readonly path: string
  /** Values of one name stay apart. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly body?: string
}

/** An answer as a client of the service gets it. */
export interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** Sends a request to the function by way of one service. */
export type Ask = (sent: Sent) => Promise<Received>

type MultiValue = LambdaResponse & {
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>
}

const CONTEXT = { awsRequestId: 'test', callbackWaitsForEmptyEventLoop: false } as Context

const mapValues = (headers: Sent['headers'], map: (values: readonly string[]) => unknown) =>
  Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, map(values)]))
const last = (values: readonly string[]) => values.at(-1)
const joined = (values: readonly string[]) => values.join(',')

/** API Gateway, REST API: the last value of each header, and all of them. */
const toRestEvent = ({ method, path, headers, body }: Sent) => ({
  resource: '/{proxy+}',
  path,
  httpMethod: method,
  headers: mapValues(headers, last),
  multiValueHeaders: headers,
  queryStringParameters: null,
  multiValueQueryStringParameters: null,
  pathParameters: { proxy: path.slice(1) },
  requestContext: {
    resourcePath: '/{proxy+}',
    httpMethod: method,
    path: `/prod${path}`,
    stage: 'prod',
    requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    identity: { sourceIp: '192.0.2.1' },
  },
  body: body ?? null,
  isBase64Encoded: false,
})

/** API Gateway, HTTP API, in payload format 2.0: names in lower case, values joined by a comma. */
const toHttpEvent = ({ method, path, headers, body }: Sent) => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: path,
  rawQueryString: '',
  headers: mapValues(headers, joined),
  requestContext: {
    domainName: 'id.execute-api.eu-west-1.amazonaws.com',
    stage: '$default',
    requestId: 'JKJaXmPLvHcESHA=',
    http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
  },
  ...(body === undefined ? {} : { body: Buffer.from(body).toString('base64') }),
  isBase64Encoded: body !== undefined,
})

/** A function URL: as an HTTP API, with another domain. */
const toUrlEvent = (sent: Sent) => {
  const { requestContext, ...event } = toHttpEvent(sent)
  const domainName = 'id.lambda-url.eu-west-1.on.aws'
  return { ...event, requestContext: { ...requestContext, domainName } }
}

/** An ALB: the last value of each header; or all of them, where the target group has multi-value headers. */
const toAlbEvent = ({ method, path, headers, body }: Sent, isMultiValue: boolean) => ({
  requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/f/1' } },
  httpMethod: method,
  path,
  ...(isMultiValue
    ? { multiValueQueryStringParameters: {}, multiValueHeaders: headers }
    : { queryStringParameters: {}, headers: mapValues(headers, last) }),
  body: body ?? '',
  isBase64Encoded: false,
})

/** Reads a whole answer. The services take `headers` and `multiValueHeaders`. */
function receive({ statusCode, headers, multiValueHeaders, body, isBase64Encoded }: MultiValue): Received {
  const lists = Object.entries(multiValueHeaders ?? {}).map(([name, values]) => [name, values.join(',')])
  return {
    status: statusCode,
    headers: { ...headers, ...Object.fromEntries(lists) },
    body: isBase64Encoded ? Buffer.from(body, 'base64').toString() : body,
  }
}

/** Reads an ALB's answer with multi-value headers. The ALB ignores `headers` then. */
const receiveLists = (answer: MultiValue) => receive({ ...answer, headers: {} })

function askWhole(
  app: FastifyInstance,
  toEvent: (sent: Sent) => object,
  read: (answer: MultiValue) => Received,
  options: { readonly albMultiValueHeaders?: boolean } = {},
): Ask {
  const handler = awsLambdaFastify<object>(app, options)
  return async (sent) => read(await handler(toEvent(sent), CONTEXT))
}

/** A function URL with `InvokeMode: RESPONSE_STREAM`: what `awslambda.HttpResponseStream` would be given. */
function askStream(app: FastifyInstance): Ask {
  const handler = awsLambdaFastify<object, { payloadAsStream: true }>(app, { payloadAsStream: true })
  return async (sent) => {
    const { meta, stream }: LambdaResponseStreamed = await handler(toUrlEvent(sent), CONTEXT)
    return { status: meta.statusCode, headers: meta.headers, body: await text(stream) }
  }
}

/** An ALB with multi-value headers, before an adapter that was not told of them. */
export const askForgetfulAlb = (app: FastifyInstance): Ask =>
  askWhole(app, (sent) => toAlbEvent(sent, true), receive)

/** Ways to the function. */
export const SERVICES: Readonly<Record<string, (app: FastifyInstance) => Ask>> = {
  'API Gateway, REST API': (app) => askWhole(app, toRestEvent, receive),
  'API Gateway, HTTP API': (app) => askWhole(app, toHttpEvent, receive),
  ALB: (app) => askWhole(app, (sent) => toAlbEvent(sent, false), receive),
  'ALB, multi-value headers': (app) =>
    askWhole(app, (sent) => toAlbEvent(sent, true), receiveLists, { albMultiValueHeaders: true }),
  'function URL': (app) => askWhole(app, toUrlEvent, receive),
  'function URL, streaming': askStream,
}
