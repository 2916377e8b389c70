/**
 * A real HTTPS server on loopback whose certificate no authority vouches for, and a process that trusts it all the same.
 * The certificates are made here (RFC 5280 §4.1), so that no test depends on a program of the operating system.
 * @module
 */
import { fork } from 'node:child_process'
import { createPublicKey, sign } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { fetchDocument, type JwksDocument } from '../../src/keys/document.js'
import { TestClock } from '../support/test-clock.js'
import { makeFolder } from './folder.js'
import { generateKeys } from './generate-keys.js'

/** Keys and certificate in PEM. */
interface Identity {
  readonly name: string
  readonly key: string
  readonly cert: string
}

/** One element of DER (X.690 §8.1). */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

const sequence = (...contents: readonly Uint8Array[]) => der(0x30, ...contents)
const hex = (text: string) => Buffer.from(text, 'hex')
const bitString = (bytes: Uint8Array) => der(0x03, hex('00'), bytes)
/** sha256WithRSAEncryption */
const ALGORITHM = sequence(der(0x06, hex('2a864886f70d01010b')), der(0x05))
/** A name of one part, commonName. */
const nameOf = (text: string) =>
  sequence(der(0x31, sequence(der(0x06, hex('550403')), der(0x0c, Buffer.from(text)))))
const utcTime = (ms: number) =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replace(/\D/g, '')}Z`))
/** subjectAltName of 127.0.0.1, and basicConstraints. */
const extensions = (isAuthority: boolean) =>
  der(
    0xa3,
    sequence(
      sequence(der(0x06, hex('551d11')), der(0x04, sequence(der(0x87, Buffer.from([127, 0, 0, 1]))))),
      sequence(
        der(0x06, hex('551d13')),
        der(0x04, isAuthority ? sequence(der(0x01, hex('ff'))) : sequence()),
      ),
    ),
  )

const DAY_MS = 86_400_000

/**
 * Makes a certificate of two days for 127.0.0.1.
 *
 * @param authority - who signs it; by default it signs itself, as an authority does
 */
export function createIdentity(name: string, authority?: Identity): Identity {
  const { privateKey: key, publicKey } = generateKeys('rsa', { modulusLength: 2048 })
  const content = sequence(
    der(0xa0, der(0x02, hex('02'))),
    der(0x02, Buffer.from([authority === undefined ? 1 : 2])),
    ALGORITHM,
    nameOf(authority?.name ?? name),
    sequence(utcTime(Date.now() - DAY_MS), utcTime(Date.now() + DAY_MS)),
    nameOf(name),
    createPublicKey(publicKey).export({ type: 'spki', format: 'der' }),
    extensions(authority === undefined),
  )
  const signature = sign('sha256', content, authority?.key ?? key)
  const base64 = sequence(content, ALGORITHM, bitString(signature)).toString('base64')
  return { name, key, cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n` }
}

/** Starts the server; it is closed with the test. */
export async function startTlsServer(
  test: Test,
  { key, cert }: Identity,
  listener: RequestListener,
): Promise<string> {
  const server = createServer({ key, cert }, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  test.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const file = fileURLToPath(import.meta.url)

/** Fetches a document in a process of its own, which was told on its start that the authority is to be trusted. */
export async function fetchTrusting(test: Test, url: string, authority: Identity): Promise<JwksDocument> {
  const path = join(makeFolder(test), 'authority.pem')
  writeFileSync(path, authority.cert)
  const child = fork(file, [url], { env: { ...process.env, NODE_EXTRA_CA_CERTS: path } })
  const [document] = await once(child, 'message')
  return document
}

if (process.argv[1] === file) {
  const { headers: _, ...document } = await fetchDocument(
    process.argv[2] ?? '',
    new TestClock(),
    1000,
    new AbortController().signal,
  )
  process.send?.(document, () => process.disconnect())
}
