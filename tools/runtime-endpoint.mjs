/**
 * The JWKS endpoint of `test-runtimes.mjs`: each path answers in its own way, and tells at `/…/seen` how often it was asked
 * and how many of its answers were broken off by the other side. It is its own proxy, too, for a host that does not exist.
 */
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'

const BOMB_BYTES = 128 * 1024 * 1024
const DRIP_MS = 50
const MEBIBYTE = Buffer.alloc(1024 * 1024, ' ')

/** Makes a public key. It is generated as text: Node 20 can deadlock when a generated key object is exported. */
function createKey(type, options) {
  const publicKeyEncoding = { type: 'spki', format: 'pem' }
  const privateKeyEncoding = { type: 'pkcs8', format: 'pem' }
  const { publicKey } = generateKeyPairSync(type, { ...options, publicKeyEncoding, privateKeyEncoding })
  return createPublicKey(publicKey).export({ format: 'jwk' })
}

/** Made once: they are the same for every runtime. */
const bombs = makeOnce(() => {
  const bytes = Buffer.alloc(BOMB_BYTES, ' ')
  return {
    gzip: gzipSync(bytes, { level: 1 }),
    br: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  }
})

function makeOnce(make) {
  let made
  return () => {
    made ??= make()
    return made
  }
}

const send =
  (body, headers = {}) =>
  (_request, response) =>
    response.writeHead(200, headers).end(body)
const encoded = (encoding, body) => send(body, { 'content-encoding': encoding })
const refuse = (_request, response) => response.writeHead(503).end('{}')

/** Every {@link DRIP_MS} some bytes, as long as anybody listens. */
const drip = (bytes) => (_request, response) => {
  const timer = setInterval(() => response.write(bytes), DRIP_MS)
  response.on('close', () => clearInterval(timer))
}

/** Paths that publish the key set, or another one that is made of it. */
function createSets(keySet) {
  const text = JSON.stringify(keySet)
  const [id, access] = keySet.keys
  const other = { ...createKey('rsa', { modulusLength: 2048 }), kid: id.kid, use: 'sig', alg: 'RS256' }
  const ec = { ...createKey('ec', { namedCurve: 'P-256' }), use: 'sig', alg: 'ES256' }
  const sendKeys = (...keys) => send(JSON.stringify({ keys }))
  return {
    plain: send(text),
    gzip: encoded('gzip', gzipSync(text)),
    br: encoded('br', brotliCompressSync(text)),
    deflate: encoded('deflate', deflateSync(text)),
    bom: send(`\uFEFF${text}`),
    mixed: sendKeys(null, 7, [], { ...ec, kid: id.kid }, id, { ...ec, kid: access.kid }, access, access),
    ambiguous: sendKeys(id, other, access),
    'no-keys': sendKeys(ec),
    target: send(text),
    'once-then-refuse': (request, response, { requests }) =>
      (requests === 1 ? send(text) : refuse)(request, response),
    'reset-first': (request, response, { requests }) =>
      requests === 1 ? request.socket.resetAndDestroy() : send(text)(request, response),
  }
}

/** Paths that misbehave. */
const FAULTS = {
  html: send('<html>', { 'content-type': 'text/html' }),
  redirect: (_request, response) => response.writeHead(302, { location: '/target/jwks.json' }).end(),
  'gzip-bomb': (request, response) => encoded('gzip', bombs().gzip)(request, response),
  'br-bomb': (request, response) => encoded('br', bombs().br)(request, response),
  endless: drip(MEBIBYTE),
  silent() {},
  'silent-after-headers': (_request, response) => response.writeHead(200).flushHeaders(),
  drip: drip(' '),
}

/** @returns {Promise<{ origin: string, close: () => void }>} */
export async function startEndpoint(keySet) {
  const answers = { ...createSets(keySet), ...FAULTS }
  const seen = new Map()
  const noted = (name) => {
    const note = seen.get(name) ?? { requests: 0, brokenOff: 0, proxied: 0, encodings: '' }
    seen.set(name, note)
    return note
  }

  function answer(request, response) {
    // A proxy is sent the whole URL.
    const { pathname, hostname } = new URL(request.url, 'http://127.0.0.1')
    const [, name, file] = pathname.split('/')
    const note = noted(name)
    if (file === 'seen') return response.end(JSON.stringify(note))
    note.requests += 1
    note.proxied += hostname === '127.0.0.1' ? 0 : 1
    note.encodings = String(request.headers['accept-encoding'])
    response.on('close', () => {
      note.brokenOff += response.writableFinished ? 0 : 1
    })
    return answers[name](request, response, note)
  }

  /** Whatever the host, the tunnel leads here. */
  function tunnel(_request, client) {
    const upstream = connect(server.address().port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
  }

  const server = createServer(answer).on('connect', tunnel)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
