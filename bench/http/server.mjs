// One variant at work: a server in a process of its own.
import { answer } from '../answer.mjs'
import { startVariant } from '../variants/index.mjs'

answer({
  async start({ variant, pool }) {
    return { pid: process.pid, port: await startVariant(variant, pool) }
  },
})
