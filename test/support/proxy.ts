/**
 * A real proxy on loopback, as a company has one: it tunnels (`CONNECT`) and it forwards. And a wall, behind which only
 * what comes through the proxy is let.
 * @module
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Test } from 'tap'

/** A proxy that runs. */
export interface RunningProxy {
  readonly url: string
  /** What it was asked for: the method, and the host and port or the whole URL. */
  readonly asked: readonly string[]
  /** Whether a request that a server got has come through this proxy. */
  readonly hasSent: (received: IncomingMessage) => boolean
}

/** Starts a proxy; it ends with the test. */
export async function startProxy(test: Test): Promise<RunningProxy> {
  const asked: string[] = []
  const ports = new Set<number>()
  const sockets = new Set<Duplex>()
  const note = (upstream: Socket) => {
    upstream.once('connect', () => void ports.add(upstream.localPort as number))
  }

  function tunnel({ url = '' }: IncomingMessage, client: Duplex): void {
    asked.push(`CONNECT ${url}`)
    const { hostname, port } = new URL(`http://${url}`)
    const upstream = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    note(upstream)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    }
  }

  function forward({ method = 'GET', url = '', headers }: IncomingMessage, response: ServerResponse): void {
    asked.push(`${method} ${url}`)
    const upstream = request(url, { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode as number, answer.headers)
      answer.pipe(response)
    })
    upstream.on('socket', note).on('error', () => response.writeHead(502).end())
    upstream.end()
  }

  const server = createServer(forward).on('connect', tunnel)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  test.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    hasSent: ({ socket }) => ports.has(socket.remotePort as number),
  }
}
