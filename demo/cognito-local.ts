/**
 * The emulator cognito-local, started for a while and called as an AWS SDK would call it.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
const manifest = require.resolve('cognito-local/package.json')
const { bin } = require(manifest) as { readonly bin: string }
const COMMAND = join(dirname(manifest), bin)

/** A running emulator. */
export interface CognitoLocal {
  /** Where it listens, without a path: the domain of its issuers as well. */
  readonly endpoint: string
  /** Ends it, waits for its end and removes its folder. */
  readonly stop: () => Promise<void>
}

/** A user pool of the emulator, with one app client. */
export interface LocalPool {
  readonly endpoint: string
  readonly userPoolId: string
  readonly issuer: string
  readonly appClientId: string
}

/** A user pool to create. */
export interface LocalPoolInit {
  readonly name: string
  /** Custom attributes and their types, without the prefix `custom:`. */
  readonly attributes?: Readonly<Record<string, 'String' | 'Number'>>
  readonly groups?: readonly string[]
}

/** A user to create. */
export interface LocalUser {
  readonly username: string
  readonly password: string
  readonly attributes?: Readonly<Record<string, string>>
  /** Groups of the pool. */
  readonly groups?: readonly string[]
}

/** What a sign-in yields. */
export interface Tokens {
  readonly accessToken: string
  readonly idToken: string
}

const PORTS_TO_TRY = 5

/**
 * Starts cognito-local as a process of its own, on loopback and in a fresh temporary folder. Process and folder are
 * gone when this process ends, by a signal too; only SIGKILL leaves them behind. For development only: the emulator
 * signs the tokens of every pool with one key, whose private half is published in its package.
 *
 * @param choosePort - asked again when the port was taken in the meantime
 * @param code - every code that it sends; by default each is another one, and only its output says which
 * @throws {Error} with the emulator's last words, when it does not start
 */
export async function startCognitoLocal(choosePort = findFreePort, code?: string): Promise<CognitoLocal> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(await choosePort(), code)
    } catch (error) {
      const isTaken = error instanceof Error && error.message.includes('EADDRINUSE')
      if (!isTaken || attempt === PORTS_TO_TRY) throw error
    }
  }
}

/** `PORT=0` would do for listening, but the emulator puts the number it was given into `iss`. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function launch(port: number, code: string | undefined): Promise<CognitoLocal> {
  const folder = prepareFolder()
  const child = spawn(process.execPath, [COMMAND], {
    cwd: folder,
    // The environment is not handed on: DEBUG, CODE or NODE_OPTIONS would change how the emulator behaves.
    env: { HOST: '127.0.0.1', PORT: String(port), CODE: code, SystemRoot: process.env['SystemRoot'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const dispose = (): void => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const release = disposeAtExit(dispose)
  const stop = async (): Promise<void> => {
    child.kill()
    await ended
    release()
    dispose()
  }
  try {
    await untilReady(child, ended)
  } catch (error) {
    await stop()
    throw error
  }
  return { endpoint: `http://127.0.0.1:${port}`, stop }
}

/** Its state lies below its working directory. By default user names would have to be e-mail addresses. */
function prepareFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-cognito-'))
  const config = { UserPoolDefaults: { UsernameAttributes: [] } }
  mkdirSync(join(folder, '.cognito'))
  writeFileSync(join(folder, '.cognito', 'config.json'), JSON.stringify(config))
  return folder
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function disposeAtExit(dispose: () => void): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    release()
    dispose()
    // Now it does what it would have done without us: it ends the process, unless another listener decides.
    process.kill(process.pid, signal)
  }
  const release = (): void => {
    process.off('exit', dispose)
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
  process.once('exit', dispose)
  for (const signal of SIGNALS) process.once(signal, onSignal)
  return release
}

const START_TIMEOUT_MS = 60_000

/** Waits for the emulator's own word: `/health` on that port might be answered by somebody else. */
async function untilReady(child: ChildProcess, ended: Promise<void>): Promise<void> {
  let output = ''
  let timer: NodeJS.Timeout | undefined
  const ready = new Promise<'ready'>((resolve) => {
    const read = (chunk: Buffer): void => {
      // Read for as long as it runs, so that it never blocks on a full pipe.
      output = (output + chunk.toString()).slice(-4000)
      if (output.includes('Cognito Local running on')) resolve('ready')
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
  })
  const failed = new Promise<'failed'>((resolve) => {
    timer = setTimeout(resolve, START_TIMEOUT_MS, 'failed')
    child.once('error', () => resolve('failed'))
  })
  const outcome = await Promise.race([ready, failed, ended])
  clearTimeout(timer)
  if (outcome !== 'ready') throw new Error(`cognito-local did not start:\n${output.trim()}`)
}

/**
 * Calls an operation of the API: without a signature, which the emulator does not ask for.
 *
 * @throws {Error} naming the operation and the emulator's error
 */
export async function callCognito<Output>(
  endpoint: string,
  operation: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Output> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(input),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${operation} failed with ${response.status}: ${text}`)
  return JSON.parse(text)
}

/** Creates a user pool, its groups and an app client without a secret. */
export async function createPool(
  { endpoint }: CognitoLocal,
  { name, attributes = {}, groups = [] }: LocalPoolInit,
): Promise<LocalPool> {
  const { UserPool } = await callCognito<{ UserPool: { Id: string } }>(endpoint, 'CreateUserPool', {
    PoolName: name,
    Schema: Object.entries(attributes).map(([Name, AttributeDataType]) => ({ Name, AttributeDataType })),
  })
  const pool = { endpoint, userPoolId: UserPool.Id, issuer: `${endpoint}/${UserPool.Id}` }
  for (const group of groups) {
    await callCognito(endpoint, 'CreateGroup', { UserPoolId: UserPool.Id, GroupName: group })
  }
  return { ...pool, appClientId: await createClient(pool, `${name}-web`) }
}

/**
 * Creates one more app client of a pool.
 *
 * @param lifetime - of its access and ID tokens, seconds
 * @returns its id
 */
export async function createClient(
  { endpoint, userPoolId }: Pick<LocalPool, 'endpoint' | 'userPoolId'>,
  name: string,
  lifetime = 12 * 3600,
): Promise<string> {
  const { UserPoolClient } = await callCognito<{ UserPoolClient: { ClientId: string } }>(
    endpoint,
    'CreateUserPoolClient',
    {
      UserPoolId: userPoolId,
      ClientName: name,
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      AccessTokenValidity: lifetime,
      IdTokenValidity: lifetime,
      TokenValidityUnits: { AccessToken: 'seconds', IdToken: 'seconds' },
    },
  )
  return UserPoolClient.ClientId
}

/** Creates a user who can sign in at once. */
export async function createUser({ endpoint, userPoolId }: LocalPool, user: LocalUser): Promise<void> {
  const { username, password, attributes = {}, groups = [] } = user
  const call = (operation: string, input: Readonly<Record<string, unknown>>) =>
    callCognito(endpoint, operation, { UserPoolId: userPoolId, ...input })
  await call('AdminCreateUser', {
    Username: username,
    UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
    MessageAction: 'SUPPRESS',
  })
  await call('AdminSetUserPassword', { Username: username, Password: password, Permanent: true })
  for (const group of groups) {
    await call('AdminAddUserToGroup', { Username: username, GroupName: group })
  }
}

/** Signs a user in with the password, through the pool's app client or another one. */
export async function signIn(
  { endpoint, appClientId }: LocalPool,
  { username, password }: LocalUser,
  clientId = appClientId,
): Promise<Tokens> {
  const { AuthenticationResult } = await callCognito<{
    AuthenticationResult: { AccessToken: string; IdToken: string }
  }>(endpoint, 'InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH',
    ClientId: clientId,
    AuthParameters: { USERNAME: username, PASSWORD: password },
  })
  return { accessToken: AuthenticationResult.AccessToken, idToken: AuthenticationResult.IdToken }
}

/**
 * Changes claims of a token and signs it anew, with the private key that cognito-local publishes. Anybody can do this:
 * the signature is genuine, and says nothing.
 *
 * @param claims - to set; `undefined` leaves one out
 */
export function forge(token: string, claims: Readonly<Record<string, unknown>>): string {
  const { pem } = require('cognito-local/lib/keys/cognitoLocal.private.json') as { readonly pem: string }
  const [header = '', payload = ''] = token.split('.')
  const genuine = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const body = Buffer.from(JSON.stringify({ ...genuine, ...claims })).toString('base64url')
  const signature = sign('sha256', Buffer.from(`${header}.${body}`), pem).toString('base64url')
  return `${header}.${body}.${signature}`
}
