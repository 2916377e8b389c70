/**
 * A local issuer for tests: pools with real RSA keys, tokens of Cognito's exact shape, and a JWKS endpoint on loopback.
 * Verification is the genuine one; nothing of it is replaced.
 * @module
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign as rsaSign,
} from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { deriveIssuers, parseUserPoolId } from '../base/user-pool-id.js'
import type { TokenUse } from '../claims/standard-claims.js'
import type { PoolOptions } from '../pool/pool.js'

/** How {@link TestIssuer.createPool} makes a pool. */
export interface TestPoolInit {
  /**
   * AWS region; not looked at where `userPoolId` is given.
   *
   * @defaultValue `'eu-west-1'`
   */
  readonly region?: string
  /**
   * Id of the user pool.
   *
   * @defaultValue a random one of the region
   */
  readonly userPoolId?: string
  /**
   * App client that tokens are issued to.
   *
   * @defaultValue a random one
   */
  readonly appClientId?: string
}

/** Claims or header members to set; `undefined` leaves one out. */
export type Members = Readonly<Record<string, unknown>>

/** What {@link TestPool.options} returns for a pool as it is. */
export type TestPoolOptions = Required<Pick<PoolOptions, 'userPoolId' | 'region' | 'jwksUrl'>> & {
  readonly appClientId: string
}

interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly jwk: Readonly<Record<string, unknown>>
}

type KeyPair = Readonly<Record<TokenUse, SigningKey>>

const toBase64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** As text: Node 20 deadlocks where it collects a generation as garbage while one of its key objects is exported. */
const generateKeys = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })

function createKey(): SigningKey {
  const { privateKey, publicKey } = generateKeys()
  const jwk = createPublicKey(publicKey).export({ format: 'jwk' })
  const kid = randomBytes(32).toString('base64')
  return { kid, privateKey: createPrivateKey(privateKey), jwk: { alg: 'RS256', kid, use: 'sig', ...jwk } }
}

const createKeys = (): KeyPair => ({ access: createKey(), id: createKey() })

/** A user pool of a {@link TestIssuer}. As with Cognito, one key signs its access tokens and another its ID tokens. */
export class TestPool {
  readonly userPoolId: string
  readonly region: string
  readonly appClientId: string
  /** Where the pool's keys are published, on loopback. */
  readonly jwksUrl: string
  /** Both forms of `iss` that Cognito knows; tokens carry the original one unless their claims say otherwise. */
  readonly issuers: { readonly original: string; readonly updated: string }
  #keys = createKeys()
  #published: KeyPair[] = [this.#keys]
  #tokenUse: TokenUse = 'access'

  /** {@link TestIssuer.createPool} makes pools; one made by hand is not published. */
  constructor(origin: string, init: TestPoolInit) {
    this.userPoolId = init.userPoolId ?? `${init.region ?? 'eu-west-1'}_${randomBytes(4).toString('hex')}A`
    const parsed = parseUserPoolId(this.userPoolId)
    if (!parsed) throw new TypeError("userPoolId: expected a user pool id such as 'eu-west-1_AbCdEf123'")
    this.region = parsed.region
    this.appClientId = init.appClientId ?? randomBytes(13).toString('hex')
    this.jwksUrl = `${origin}/${this.userPoolId}/.well-known/jwks.json`
    const [original, updated] = deriveIssuers(this.userPoolId, parsed)
    this.issuers = { original, updated }
  }

  /**
   * The pool's options for the plugin.
   *
   * @param extra - options to add or to replace
   * @example await app.register(cognito, { pools: { eu: pool.options({ tokenUse: 'id' }) } })
   */
  options(): TestPoolOptions
  options<const O extends Partial<PoolOptions>>(extra: O): Omit<TestPoolOptions, keyof O> & O
  options(extra: Partial<PoolOptions> = {}): PoolOptions {
    const [tokenUse] = [extra.tokenUse ?? 'access'].flat()
    this.#tokenUse = tokenUse as TokenUse
    const { userPoolId, region, appClientId, jwksUrl } = this
    return { userPoolId, region, appClientId, jwksUrl, ...extra }
  }

  /**
   * An access token as a user's sign-in gets it, valid for an hour.
   *
   * @example pool.accessToken({ scope: 'orders/read', 'cognito:groups': ['admin'] })
   */
  accessToken(claims: Members = {}, header: Members = {}): string {
    const sub = randomUUID()
    const scope = 'aws.cognito.signin.user.admin'
    const user = { origin_jti: randomUUID(), event_id: randomUUID(), username: sub, scope }
    return this.#mint('access', { sub, client_id: this.appClientId, ...user, ...claims }, header)
  }

  /**
   * An ID token, valid for an hour, of a user with the e-mail address `user@example.com`.
   *
   * @example pool.idToken({ email: 'ada@example.com', 'custom:tenant_id': 't1' })
   */
  idToken(claims: Members = {}, header: Members = {}): string {
    const sub = randomUUID()
    const user = { origin_jti: randomUUID(), event_id: randomUUID(), 'cognito:username': sub }
    const email = { email: 'user@example.com', email_verified: true }
    return this.#mint('id', { sub, aud: this.appClientId, ...user, ...email, ...claims }, header)
  }

  /**
   * An access token of the client-credentials grant: its subject is the client, and it has no user. Its scope is `api/read`.
   *
   * @example pool.machineToken({ scope: 'orders/read orders/write' })
   */
  machineToken(claims: Members = {}, header: Members = {}): string {
    const client = { sub: this.appClientId, client_id: this.appClientId, version: 2, scope: 'api/read' }
    return this.#mint('access', { ...client, ...claims }, header)
  }

  /**
   * Headers with a token of the kind that {@link TestPool.options} was last called for.
   *
   * @example await app.inject({ url: '/me', headers: pool.authorization({ sub: 'ada' }) })
   */
  authorization(claims: Members = {}): { authorization: string } {
    const token = this.#tokenUse === 'id' ? this.idToken(claims) : this.accessToken(claims)
    return { authorization: `Bearer ${token}` }
  }

  /**
   * Signs any text with the pool's current key, for tokens that no issuer would make.
   *
   * @param signingInput - header and payload as they are to stand in the token, joined by a dot
   * @returns the signature, RS256, in base64url
   */
  sign(signingInput: string, tokenUse: TokenUse = 'access'): string {
    return rsaSign('sha256', Buffer.from(signingInput), this.privateKey(tokenUse)).toString('base64url')
  }

  /** The key that signs the tokens of a kind, for signatures that RS256 would not make. */
  privateKey(tokenUse: TokenUse = 'access'): KeyObject {
    return this.#keys[tokenUse].privateKey
  }

  /** Id of the key that signs the tokens of a kind. */
  kid(tokenUse: TokenUse = 'access'): string {
    return this.#keys[tokenUse].kid
  }

  /**
   * Replaces both keys.
   *
   * @param options - `keepOld: false` takes the former ones out of the published set; by default they stay
   */
  rotateKeys({ keepOld = true }: { readonly keepOld?: boolean } = {}): void {
    this.#keys = createKeys()
    this.#published = keepOld ? [...this.#published, this.#keys] : [this.#keys]
  }

  /** The key set as its endpoint answers it (RFC 7517 §5). */
  keySet(): { keys: Readonly<Record<string, unknown>>[] } {
    return { keys: this.#published.flatMap(({ access, id }) => [id.jwk, access.jwk]) }
  }

  #mint(tokenUse: TokenUse, claims: Members, members: Members): string {
    const now = Math.floor(Date.now() / 1000)
    const times = { auth_time: now, iat: now, exp: now + 3600 }
    const common = { token_use: tokenUse, iss: this.issuers.original, jti: randomUUID(), ...times }
    const header = { kid: this.#keys[tokenUse].kid, alg: 'RS256', ...members }
    const signingInput = `${toBase64url(header)}.${toBase64url({ ...common, ...claims })}`
    return `${signingInput}.${this.sign(signingInput, tokenUse)}`
  }
}

/**
 * A local issuer.
 *
 * @example
 * await using issuer = await TestIssuer.start()
 * const eu = issuer.createPool({ region: 'eu-west-1' })
 * await app.register(cognito, { pools: { eu: eu.options() } })
 * const response = await app.inject({ url: '/me', headers: eu.authorization() })
 */
export class TestIssuer {
  /** While `true`, every JWKS request is answered with 503. */
  down = false
  /** Milliseconds before a JWKS request is answered. */
  delay = 0
  readonly #server: Server
  readonly #pools = new Map<string, TestPool>()
  readonly #fetches = new Map<string, number>()

  private constructor(server: Server) {
    this.#server = server
  }

  /** Starts an issuer on a free port of 127.0.0.1. */
  static async start(): Promise<TestIssuer> {
    const server = createServer()
    const issuer = new TestIssuer(server)
    server.on('request', issuer.#answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return issuer
  }

  /** Where the issuer listens, without a path. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** JWKS requests so far, by user pool id. */
  get fetches(): ReadonlyMap<string, number> {
    return this.#fetches
  }

  /**
   * Makes a pool with keys of its own.
   *
   * @throws {TypeError} when the user pool id is not of Cognito's form
   */
  createPool(init: TestPoolInit = {}): TestPool {
    const pool = new TestPool(this.origin, init)
    this.#pools.set(pool.userPoolId, pool)
    return pool
  }

  /** Stops listening and ends all connections. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  /** The same as {@link TestIssuer.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  readonly #answer: RequestListener = (request, response) => {
    const [, userPoolId = ''] = String(request.url).split('/')
    this.#fetches.set(userPoolId, (this.#fetches.get(userPoolId) ?? 0) + 1)
    const pool = this.#pools.get(userPoolId)
    const status = this.down ? 503 : pool ? 200 : 404
    const body = status === 200 ? pool?.keySet() : { message: 'no keys' }
    setTimeout(() => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }, this.delay)
  }
}
