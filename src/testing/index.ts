/**
 * The entry point `fastify-cognito/testing`: a local issuer for tests. It has pools with real RSA keys, tokens of
 * Cognito's exact shape and a JWKS endpoint on loopback, so that the plugin verifies the tokens as in production.
 * @module
 */
import { type KeyObject, randomBytes, randomUUID, sign as rsaSign } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monotonicClock } from '../base/clock.js'
import { deriveIssuers, parseUserPoolId } from '../base/user-pool-id.js'
import type { TokenUse } from '../claims/standard-claims.js'
import type { PoolOptions } from '../pool/pool.js'
import { createKeys, type KeyPair } from './keys.js'

/** The options of {@link TestIssuer.createPool}. */
export interface TestPoolInit {
  /**
   * AWS region; ignored when `userPoolId` is given.
   *
   * @defaultValue `'eu-west-1'`
   */
  readonly region?: string
  /**
   * User pool id, such as `eu-west-1_AbCdEf123`.
   *
   * @defaultValue a random id in the region
   */
  readonly userPoolId?: string
  /**
   * Id of the app client that gets the tokens.
   *
   * @defaultValue a random id
   */
  readonly appClientId?: string
}

/** Claims or header members to set in a token: name → value. The value `undefined` leaves the member out. */
export type Members = Readonly<Record<string, unknown>>

/** The options of a pool that {@link TestPool.options} returns without an argument. */
export type TestPoolOptions = Required<Pick<PoolOptions, 'userPoolId' | 'region' | 'jwksUrl'>> & {
  readonly appClientId: string
}

const toBase64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A user pool of a {@link TestIssuer}. As in Cognito, its access tokens and its ID tokens have different keys. */
export class TestPool {
  /** User pool id. */
  readonly userPoolId: string
  /** AWS region. */
  readonly region: string
  /** Id of the app client that gets the tokens. */
  readonly appClientId: string
  /** URL of the pool's key set, on loopback. */
  readonly jwksUrl: string
  /** Both issuers of a Cognito pool. Tokens have the original one unless the claim `iss` is set. */
  readonly issuers: { readonly original: string; readonly updated: string }
  #keys = createKeys()
  #published: KeyPair[] = [this.#keys]
  #tokenUse: TokenUse = 'access'

  /**
   * Makes a pool that no issuer publishes. Use {@link TestIssuer.createPool} instead.
   *
   * @throws {TypeError} when the user pool id is not of Cognito's form
   */
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
   * Returns the pool's options for the plugin.
   *
   * @param extra - options to add or to replace
   * @example await app.register(cognito, { pools: { eu: pool.options({ tokenUse: 'id' }) } })
   */
  options(): TestPoolOptions
  options<const O extends Partial<PoolOptions>>(extra: O): Omit<TestPoolOptions, keyof O> & O
  options(extra: Partial<PoolOptions> = {}): PoolOptions {
    const [tokenUse = 'access'] = [extra.tokenUse ?? []].flat()
    this.#tokenUse = tokenUse
    const { userPoolId, region, appClientId, jwksUrl } = this
    return { userPoolId, region, appClientId, jwksUrl, ...extra }
  }

  /**
   * Returns an access token as a user gets one by signing in. It is valid for one hour.
   *
   * @param claims - claims to add, to replace or to leave out
   * @param header - header members to add, to replace or to leave out
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
   * Returns an ID token of a user with the e-mail address `user@example.com`. It is valid for one hour.
   *
   * @param claims - see {@link TestPool.accessToken}, as for `header`
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
   * Returns an access token of the client-credentials grant (RFC 6749 §4.4), with the scope `api/read`. Its subject is
   * the app client, because there is no user. It is valid for one hour.
   *
   * @param claims - see {@link TestPool.accessToken}, as for `header`
   *
   * @example pool.machineToken({ scope: 'orders/read orders/write' })
   */
  machineToken(claims: Members = {}, header: Members = {}): string {
    const client = { sub: this.appClientId, client_id: this.appClientId, version: 2, scope: 'api/read' }
    return this.#mint('access', { ...client, ...claims }, header)
  }

  /**
   * Returns headers with a token, of the kind in the last call of {@link TestPool.options}: an access token by default.
   *
   * @param claims - claims to add, to replace or to leave out
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
   * @param signingInput - header and payload of the token in base64url, joined by a dot (RFC 7515 §5.1)
   * @param tokenUse - the kind of token whose key signs
   * @returns the RS256 signature in base64url
   */
  sign(signingInput: string, tokenUse: TokenUse = 'access'): string {
    return rsaSign('sha256', Buffer.from(signingInput), this.privateKey(tokenUse)).toString('base64url')
  }

  /** Returns the private key for one kind of token, for signatures of other algorithms. */
  privateKey(tokenUse: TokenUse = 'access'): KeyObject {
    return this.#keys[tokenUse].privateKey
  }

  /** Returns the id of the key for one kind of token. */
  kid(tokenUse: TokenUse = 'access'): string {
    return this.#keys[tokenUse].kid
  }

  /**
   * Replaces both keys of the pool.
   *
   * @param options - `keepOld: false` removes the old keys from the published set; by default the old keys stay
   */
  rotateKeys({ keepOld = true }: { readonly keepOld?: boolean } = {}): void {
    this.#keys = createKeys()
    this.#published = keepOld ? [...this.#published, this.#keys] : [this.#keys]
  }

  /** Returns the key set that the pool's endpoint publishes (RFC 7517 §5). */
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
 * A local issuer: an HTTP server on 127.0.0.1 that publishes the key sets of its pools.
 *
 * @example
 * await using issuer = await TestIssuer.start()
 * const eu = issuer.createPool({ region: 'eu-west-1' })
 * await app.register(cognito, { pools: { eu: eu.options() } })
 * const response = await app.inject({ url: '/me', headers: eu.authorization() })
 */
export class TestIssuer {
  /** While `true`, the issuer answers every JWKS request with 503. */
  down = false
  /** Delay of the answer to a JWKS request; milliseconds, which pass even where a test holds the time. */
  delay = 0
  readonly #server: Server
  readonly #pools = new Map<string, TestPool>()
  readonly #fetches = new Map<string, number>()

  private constructor(server: Server) {
    this.#server = server
  }

  /** Starts an issuer on a free port of 127.0.0.1. */
  static async start(): Promise<TestIssuer> {
    const issuer = new TestIssuer(createServer())
    issuer.#server.on('request', issuer.#answer)
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve))
    return issuer
  }

  /** Origin of the issuer, such as `http://127.0.0.1:49152`. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /**
   * URL of the keys of every pool, for `AWS_COGNITO_KEYS_URL`, by which the keys of tenants are found.
   *
   * @example process.env.AWS_COGNITO_KEYS_URL = issuer.keysUrl
   */
  get keysUrl(): string {
    return `${this.origin}/{userPoolId}/.well-known/jwks.json`
  }

  /** Number of JWKS requests so far: user pool id → number. */
  get fetches(): ReadonlyMap<string, number> {
    return this.#fetches
  }

  /**
   * Makes a pool with its own keys and publishes them.
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

  /** Does the same as {@link TestIssuer.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  readonly #answer: RequestListener = (request, response) => {
    const [, userPoolId = ''] = String(request.url).split('/')
    this.#fetches.set(userPoolId, (this.#fetches.get(userPoolId) ?? 0) + 1)
    const pool = this.#pools.get(userPoolId)
    const status = this.down ? 503 : pool ? 200 : 404
    const body = JSON.stringify(status === 200 ? pool?.keySet() : { message: 'no keys' })
    const answer = () => response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    if (this.delay > 0) monotonicClock.after(this.delay, answer)
    else answer()
  }
}
