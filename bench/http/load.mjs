// What loads a server? A generator that never sleeps: it polls its connections, and sends at once when it has a response.
import { once } from 'node:events'
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { answer } from '../answer.mjs'
import { Tally } from './tally.mjs'
import { prepareRequests } from './workloads.mjs'

const CONNECTIONS = 64
const SETTLING = 4 * CONNECTIONS
/** More than any response has, head and body. */
const BUFFER_SIZE = 65_536
const HANGS_MS = 10_000

/** Where each server is in the list of a workload. */
const positions = new Map()
let requests

/** Whether this is a response to its end: of a length that it tells, or in chunks of which the last is empty. */
function isComplete(text) {
  const head = text.indexOf('\r\n\r\n') + 4
  if (head < 4) return false
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(text) ?? []
  return length === undefined ? text.endsWith('0\r\n\r\n') : text.length === head + Number(length)
}

/** Keeps one request under way on a connection until the tally ends, and closes it after the last response. */
function occupy(port, next, tally) {
  let text = ''
  let sentAt = 0
  const buffer = Buffer.allocUnsafe(BUFFER_SIZE)
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback: read } })

  socket.setTimeout(HANGS_MS, () => socket.destroy(new Error('the server does not answer')))

  function send() {
    sentAt = performance.now()
    socket.write(next())
  }

  function read(bytes) {
    text += buffer.latin1Slice(0, bytes)
    if (!isComplete(text)) return true
    const status = text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)
    text = ''
    count(status)
    return true
  }

  function count(status) {
    try {
      if (tally.count(status, sentAt)) send()
      else socket.end()
    } catch (error) {
      // The server has died, and its clock with it.
      socket.destroy(error)
    }
  }

  return { connected: once(socket, 'connect'), closed: once(socket, 'close'), send }
}

/** The requests of a workload in turn. A server goes on where it was, so that it gets all of them. */
function sequence(port, workload) {
  const key = `${port} ${workload}`
  const list = requests[workload]
  const state = positions.get(key) ?? { position: 0 }
  positions.set(key, state)
  return () => {
    const request = list[state.position]
    state.position = (state.position + 1) % list.length
    return request
  }
}

/** While it turns, the event loop polls instead of sleeping. Returns what stops it. */
function stayAwake() {
  let isAwake = true
  const turn = () => {
    if (isAwake) setImmediate(turn)
  }
  turn()
  return () => {
    isAwake = false
  }
}

answer({
  open({ tokenFile }) {
    requests = prepareRequests(tokenFile)
  },
  async run({ server, workload, seconds }) {
    const tally = new Tally(server.pid, seconds, SETTLING)
    const next = sequence(server.port, workload)
    const connections = Array.from({ length: CONNECTIONS }, () => occupy(server.port, next, tally))
    const finished = Promise.all(connections.map(({ closed }) => closed))
    await Promise.race([finished, Promise.all(connections.map(({ connected }) => connected))])
    const relax = stayAwake()
    for (const { send } of connections) send()
    await finished.finally(relax)
    return tally.summary()
  },
})
