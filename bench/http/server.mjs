// One variant at work: a server in a process of its own.
import { answer } from '../answer.mjs'
import { startProfile } from '../profiler.mjs'
import { startVariant } from '../variants/index.mjs'

let profile

answer({
  async start({ variant, pool }) {
    return { pid: process.pid, port: await startVariant(variant, pool) }
  },
  async startProfile() {
    profile = await startProfile()
  },
  stopProfile: () => profile.stop(),
})
