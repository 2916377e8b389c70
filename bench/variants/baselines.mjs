// What does the route cost without a library?
import { createPublicKey, verify } from 'node:crypto'
import { onRequestSync, REFUSAL, serveFastify } from './serve.mjs'

function onlyReadHeader(request, reply, done) {
  if (request.headers.authorization === undefined) reply.code(401).send(REFUSAL)
  else done()
}

/** No decoding, no claims: the signature alone. */
function verifyBare({ pem }) {
  const key = createPublicKey(pem)
  return (token) => {
    const end = token.lastIndexOf('.')
    const signature = Buffer.from(token.slice(end + 1), 'base64url')
    if (!verify('sha256', Buffer.from(token.slice(0, end)), key, signature)) throw REFUSAL
  }
}

export const variants = {
  'no authentication': () => serveFastify(() => ({})),
  'header read only': () => serveFastify(() => ({ onRequest: onlyReadHeader })),
  'crypto.verify only': (pool) => serveFastify(() => onRequestSync(verifyBare(pool))),
}
