/**
 * The ways in which a request names its tenant: hosts, path parameters and headers, with the traps of each.
 * @module
 */
import type { IncomingMessage } from 'node:http'
import Fastify, { type FastifyRequest, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { compileHost, readHeader, readParameter } from '../../src/guard/tenant-names.js'
import { tenant } from '../../src/index.js'
import { createChance } from '../support/chance.js'
import { faultOf } from '../support/fault-of.js'
import { knock, listen } from '../support/tenant-doors.js'

type Find = (request: FastifyRequest) => string | undefined

/** An application that answers which tenant a request names, as Fastify and as `node:http` have it. */
async function createNaming(test: Test, find: Find, options: FastifyServerOptions = {}) {
  const app = Fastify(options)
  const answer = async (request: FastifyRequest) => [
    find(request),
    find(request.raw as IncomingMessage & FastifyRequest),
  ]
  app.get('/', answer)
  app.get('/t/:tenant', answer)
  app.get('/t/:tenant/*', answer)
  const port = await listen(test, app)
  return async (headers: Readonly<Record<string, string>>, path = '/') =>
    JSON.parse((await knock(port, { path, headers })).body)
}

/** Hosts with the tenant that they name for the suffix `.example.com`; null where they name none. */
const HOSTS: readonly (readonly [string, string | null])[] = [
  ['acme.example.com', 'acme'],
  ['acme.example.com:443', 'acme'],
  ['acme.example.com:8080', 'acme'],
  ['ACME.Example.COM', 'acme'],
  ['a-b-3.example.com', 'a-b-3'],
  [`${'a'.repeat(63)}.example.com`, 'a'.repeat(63)],
  [`${'a'.repeat(64)}.example.com`, null],
  ['example.com', null],
  ['.example.com', null],
  ['com', null],
  ['acme.example.com.', null],
  ['acme..example.com', null],
  ['a.b.example.com', null],
  ['acme.example.com.evil.org', null],
  ['acme.example.org', null],
  ['acmeexample.com', null],
  ['evil-example.com', null],
  ['acme.notexample.com', null],
  ['-acme.example.com', null],
  ['acme-.example.com', null],
  ['ac_me.example.com', null],
  ['*.example.com', null],
  ['acme.example.com@evil.org', null],
  ['evil.org#.example.com', null],
  ['evil.org/.example.com', null],
  ['127.0.0.1', null],
  ['127.0.0.1:8080', null],
  ['[::1]', null],
  ['[::1]:8080', null],
  ['localhost', null],
  ['xn--bcher-kva.example.com', 'xn--bcher-kva'],
  ['b\u00fccher.example.com', null],
]

t.test('a host names the one label before the suffix, and any other host names nobody', async (t) => {
  const ask = await createNaming(t, compileHost('.example.com'))
  for (const [host, name] of HOSTS) t.strictSame(await ask({ host }), [name, name], host)
  const deep = await createNaming(t, compileHost('.eu.example.com'))
  t.strictSame(await deep({ host: 'acme.eu.example.com' }), ['acme', 'acme'])
  t.strictSame(await deep({ host: 'acme.example.com' }), [null, null])
})

t.test('the host of a proxy counts where Fastify trusts the proxy, and nowhere else', async (t) => {
  const forwarded = { host: 'acme.example.com', 'x-forwarded-host': 'globex.example.com' }
  const find = compileHost('.example.com')
  t.strictSame(await (await createNaming(t, find))(forwarded), ['acme', 'acme'])
  const trusting = await createNaming(t, find, { trustProxy: true })
  // A request of node:http has no option trustProxy, so its own host counts.
  t.strictSame(await trusting(forwarded), ['globex', 'acme'])
  t.strictSame(await trusting({ host: 'acme.example.com' }), ['acme', 'acme'])
  const distant = await createNaming(t, find, { trustProxy: '10.0.0.1' })
  t.strictSame(await distant(forwarded), ['acme', 'acme'])
})

/** The tenant that a host of `example.com` names. Its last colon begins the port. */
function nameIn(host: string): string | undefined {
  const bare = host.replace(/:[^:]*$/, '')
  const [, label] = /^([a-z0-9-]{1,63})\.example\.com$/i.exec(bare) ?? []
  return label === undefined || /^-|-$/.test(label) ? undefined : label.toLowerCase()
}

t.test('whatever a host is made of, only one label with exactly the suffix names a tenant', (t) => {
  const chance = createChance(18)
  const find = compileHost('.example.com')
  const pieces = [
    'acme',
    'a',
    '0',
    '-',
    '.',
    '..',
    'example',
    '.example.com',
    '.EXAMPLE.com',
    'com',
    ':',
    ':80',
  ]
  const more = ['evil', '[', ']', '*', '%2e', ' ', '@', '/', '\u212a', '\u0130', '\u3002', '_', '\n', 'A', '']
  const all = [...pieces, ...more]
  let named = 0
  for (let run = 0; run < 20_000; run += 1) {
    const length = Math.floor(chance() * 5)
    const parts = Array.from({ length }, () => all[Math.floor(chance() * all.length)])
    const host = parts.join('') + (chance() < 0.5 ? '.example.com' : '') + (chance() < 0.2 ? ':8080' : '')
    const name = find({ host, headers: {} } as FastifyRequest)
    if (name !== undefined) named += 1
    if (name !== nameIn(host)) t.fail(JSON.stringify([host, name]))
  }
  t.ok(named > 500, `${named} hosts name a tenant`)
  t.end()
})

t.test('a path parameter names a tenant by its own text', async (t) => {
  const ask = await createNaming(t, readParameter('tenant'))
  t.strictSame(await ask({}, '/t/acme'), ['acme', null], 'a request of node:http has no parameters')
  t.strictSame(await ask({}, '/t/acme/orders'), ['acme', null])
  t.strictSame(await ask({}, '/t/%61cme'), ['acme', null], 'the handler gets the same')
  t.strictSame(await ask({}, '/t/acme%2Fglobex'), ['acme/globex', null])
  t.strictSame(await ask({}, '/t/acme?tenant=globex'), ['acme', null])
  t.strictSame(await ask({}, '/?tenant=acme'), [null, null])
  for (const name of ['constructor', '__proto__', 'toString', 'tenants']) {
    t.strictSame(await (await createNaming(t, readParameter(name)))({}, '/t/acme'), [null, null], name)
  }
})

t.test('a header names a tenant, in any case of its name', async (t) => {
  for (const name of ['x-tenant', 'X-Tenant']) {
    const ask = await createNaming(t, readHeader(name))
    t.strictSame(await ask({ 'x-tenant': 'acme' }), ['acme', 'acme'])
    t.strictSame(await ask({ 'X-TENANT': 'Acme' }), ['Acme', 'Acme'], 'the case of the value counts')
    t.strictSame(await ask({}), [null, null])
    t.strictSame(
      await ask({ 'x-tenant': ['acme', 'acme'] as never }),
      ['acme, acme', 'acme, acme'],
      'no name',
    )
  }
  const cookies = await createNaming(t, readHeader('set-cookie'))
  t.strictSame(await cookies({ 'set-cookie': 'acme' }), [null, null], 'a list is no name')
  for (const name of ['constructor', '__proto__', 'hasOwnProperty']) {
    t.strictSame(await (await createNaming(t, readHeader(name)))({}), [null, null], name)
  }
})

t.test('a request without what a name is read from names nobody', (t) => {
  for (const request of [
    {},
    { headers: {} },
    { headers: { host: undefined } },
    { host: undefined, params: null },
  ]) {
    for (const find of [compileHost('.example.com'), readParameter('tenant'), readHeader('x-tenant')]) {
      t.equal(find(request as unknown as FastifyRequest), undefined)
    }
  }
  t.end()
})

t.test('a member that is inherited names nobody', (t) => {
  const members = Object.create({ tenant: 'acme' })
  for (const find of [readParameter('tenant'), readHeader('tenant')]) {
    t.equal(find({ params: members, headers: members } as FastifyRequest), undefined)
  }
  t.end()
})

t.test('a wrong argument is a TypeError that does not repeat it', (t) => {
  const { host, path, header } = tenant as unknown as Record<string, (value?: unknown) => unknown>
  const dot =
    "tenant.host: expected the domain of all tenants in lower case with its leading dot, such as '.example.com'; found "
  const suffixes = [
    '',
    '.',
    'example.com',
    '.Example.com',
    '.example.com.',
    '..com',
    '.exa mple.com',
    '.example.com:80',
  ]
  for (const suffix of [
    ...suffixes,
    '*.example.com',
    '.-a.com',
    '.a_b.com',
    `.${'a'.repeat(64)}.com`,
    '.a.com\n',
  ]) {
    t.equal(faultOf(() => host?.(suffix)).slice(0, dot.length), dot, suffix)
  }
  for (const value of [undefined, null, 7, {}, ['.example.com'], /x/])
    t.ok(faultOf(() => host?.(value)).startsWith(dot))
  for (const value of [undefined, null, '', 7, {}, ['tenant'], Symbol('tenant')]) {
    t.match(
      faultOf(() => path?.(value)),
      /^tenant\.path: expected the name of a parameter of the path; found /,
    )
    t.match(
      faultOf(() => header?.(value)),
      /^tenant\.header: expected the name of a header; found /,
    )
  }
  for (const suffix of ['.com', '.example.com', '.a-b.example.com', '.localhost'])
    t.equal(typeof host?.(suffix), 'object')
  t.equal(typeof path?.('tenant'), 'object')
  t.equal(typeof header?.('x-tenant'), 'object')
  t.end()
})
