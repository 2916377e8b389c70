/**
 * The key set is fetched by the `fetch` of Node, so what an operator sets for all requests of a process holds for it:
 * proxies, and certificate authorities of a company.
 * @module
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startIssuer } from '../support/app.js'
import { makeFolder } from '../support/folder.js'
import { askElsewhere, askHere, type Outcome } from '../support/keys-process.js'
import { type RunningProxy, startProxy } from '../support/proxy.js'
import { startServer } from '../support/server.js'
import { createIdentity, startTlsServer } from '../support/tls.js'

const { eu } = await startIssuer(t)
const authority = createIdentity('authority')
const authorityFile = join(makeFolder(t), 'authority.pem')
writeFileSync(authorityFile, authority.cert)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

/** A token of either key of the pool. */
const order = (jwksUrl: string) => ({
  pool: eu.options({ tokenUse: ['access', 'id'], jwksUrl }),
  tokens: [eu.accessToken(), eu.idToken()],
})

/** An endpoint; behind a wall it refuses what has not come through the proxy. */
function createEndpoint(proxy?: RunningProxy) {
  const state = { requests: 0 }
  const listener: RequestListener = (request, response) => {
    state.requests += 1
    const isWelcome = proxy === undefined || proxy.hasSent(request)
    response.writeHead(isWelcome ? 200 : 403).end(JSON.stringify(isWelcome ? eu.keySet() : {}))
  }
  return { state, listener }
}

function assertBothKeys(test: Test, { statuses, status }: Outcome): void {
  test.strictSame(statuses, [200, 200])
  test.match(status, { state: 'ok', source: 'network' })
  test.equal(status?.keys.length, 2)
}

function assertNoKeys(test: Test, { statuses, status }: Outcome, reason: string, code: string): void {
  test.strictSame(statuses, [503, 503])
  test.match(status, { state: 'down', lastFailure: { reason, code } })
}

/** An endpoint behind a wall, and the proxy that leads there. */
async function startWalled(test: Test, certificate?: ReturnType<typeof createIdentity>) {
  const proxy = await startProxy(test)
  const { state, listener } = createEndpoint(proxy)
  const origin = await (certificate
    ? startTlsServer(test, certificate, listener)
    : startServer(test, listener))
  return { proxy, state, host: new URL(origin).host, jwksUrl: `${origin}/jwks.json` }
}

t.test('behind a wall there are no keys without the proxy', async (t) => {
  const { proxy, jwksUrl } = await startWalled(t)
  assertNoKeys(t, await askHere(order(jwksUrl)), 'status', '403')
  t.strictSame(proxy.asked, [])
})

/** Where nothing listens. */
async function findClosedOrigin(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

/** The packages that set a proxy for the `fetch` of Node: the newest that each Node can load, and the one before. */
const UNDICIS = {
  'undici 7': () => import('undici'),
  'undici 8': () => import('undici-8') as unknown as Promise<typeof import('undici')>,
}
for (const [name, load] of Object.entries(UNDICIS)) {
  if (name === 'undici 8' && major < 22) {
    t.test('undici 8 does not load on Node 20', async (t) => {
      await t.rejects(load())
    })
    continue
  }

  t.test(`with the ProxyAgent of ${name}`, async (t) => {
    const { getGlobalDispatcher, ProxyAgent, setGlobalDispatcher } = await load()
    const genuine = getGlobalDispatcher()
    /** Puts a proxy before all requests of this process, until the test ends. */
    const use = (test: Test, options: ConstructorParameters<typeof ProxyAgent>[0]) => {
      const agent = new ProxyAgent(options)
      setGlobalDispatcher(agent)
      test.teardown(async () => {
        setGlobalDispatcher(genuine)
        await agent.close()
      })
    }

    t.test('one request brings both keys', async (t) => {
      const { proxy, state, host, jwksUrl } = await startWalled(t)
      use(t, proxy.url)
      assertBothKeys(t, await askHere(order(jwksUrl)))
      t.equal(state.requests, 1)
      t.equal(proxy.asked.length, 1)
      t.match(proxy.asked[0], host)
    })

    t.test('one request over TLS brings both keys', async (t) => {
      const certificate = createIdentity('server', authority)
      const { proxy, state, host, jwksUrl } = await startWalled(t, certificate)
      use(t, { uri: proxy.url, requestTls: { ca: authority.cert } })
      assertBothKeys(t, await askHere(order(jwksUrl)))
      t.equal(state.requests, 1)
      t.strictSame(proxy.asked, [`CONNECT ${host}`])
    })

    t.test('a proxy that is away is told by its code', async (t) => {
      const { state, jwksUrl } = await startWalled(t)
      use(t, await findClosedOrigin())
      assertNoKeys(t, await askHere(order(jwksUrl)), 'network', 'ECONNREFUSED')
      t.equal(state.requests, 0)
    })
  })
}

t.test('with a proxy of the environment', async (t) => {
  // Node 22.21 is the first one of its line that knows NODE_USE_ENV_PROXY. Node 20 never learnt it.
  const isKnown = major >= 24 || (major === 22 && minor >= 21)

  t.test(isKnown ? 'one request brings both keys' : 'this Node does not look at it', async (t) => {
    const { proxy, state, jwksUrl } = await startWalled(t)
    const outcome = await askElsewhere(order(jwksUrl), { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url })
    if (!isKnown) {
      t.comment(`Node ${process.versions.node} has no NODE_USE_ENV_PROXY: ProxyAgent is the way there`)
      t.strictSame(proxy.asked, [])
      return assertNoKeys(t, outcome, 'status', '403')
    }
    assertBothKeys(t, outcome)
    t.equal(state.requests, 1)
    t.equal(proxy.asked.length, 1)
  })

  t.test('without NODE_USE_ENV_PROXY no Node looks at it', async (t) => {
    const { proxy, jwksUrl } = await startWalled(t)
    assertNoKeys(t, await askElsewhere(order(jwksUrl), { HTTP_PROXY: proxy.url }), 'status', '403')
    t.strictSame(proxy.asked, [])
  })

  if (!isKnown) return

  t.test('NO_PROXY is heeded', async (t) => {
    const { proxy, jwksUrl } = await startWalled(t)
    const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' }
    assertNoKeys(t, await askElsewhere(order(jwksUrl), env), 'status', '403')
    t.strictSame(proxy.asked, [])
  })

  t.test('one request over TLS brings both keys', async (t) => {
    const certificate = createIdentity('server', authority)
    const { proxy, state, host, jwksUrl } = await startWalled(t, certificate)
    const outcome = await askElsewhere(order(jwksUrl), {
      NODE_USE_ENV_PROXY: '1',
      HTTPS_PROXY: proxy.url,
      NODE_EXTRA_CA_CERTS: authorityFile,
    })
    assertBothKeys(t, outcome)
    t.equal(state.requests, 1)
    t.strictSame(proxy.asked, [`CONNECT ${host}`])
  })

  t.test('a proxy that is away is told by its code', async (t) => {
    const { state, jwksUrl } = await startWalled(t)
    const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: await findClosedOrigin() }
    assertNoKeys(t, await askElsewhere(order(jwksUrl), env), 'network', 'ECONNREFUSED')
    t.equal(state.requests, 0)
  })
})

t.test('an endpoint with a certificate of a company’s own authority', async (t) => {
  const certificate = createIdentity('server', authority)
  const { state, listener } = createEndpoint()
  const jwksUrl = `${await startTlsServer(t, certificate, listener)}/jwks.json`

  t.test('is not believed, and the code says why', async (t) => {
    assertNoKeys(t, await askElsewhere(order(jwksUrl), {}), 'network', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    t.equal(state.requests, 0)
  })

  t.test('brings both keys by one request with NODE_EXTRA_CA_CERTS', async (t) => {
    assertBothKeys(t, await askElsewhere(order(jwksUrl), { NODE_EXTRA_CA_CERTS: authorityFile }))
    t.equal(state.requests, 1)
  })
})
