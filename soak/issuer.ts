/**
 * The process of the issuer: it publishes keys, replaces them, and lets its endpoint fail.
 * @module
 */
import { Child, toParent } from './child.js'
import { Endpoints } from './endpoints.js'
import type { FromIssuer, FromMint, Plan, ToIssuer, ToMint } from './messages.js'
import { Publication } from './publication.js'
import { rotate } from './rotations.js'
import { FIRST_EDITIONS } from './setting.js'
import { changeWeather } from './weather.js'

let isFrozen = false

const tell = toParent<ToIssuer, FromIssuer>((message) => {
  if (message.what === 'begin') void follow(message.plan)
  else if (message.what === 'freeze') isFrozen = message.isFrozen
  else tell({ what: 'account', account: { ...endpoints.account(), mostPublished: publication.most } })
})

const mint = new Child<ToMint, FromMint>('mint.ts')
mint.died.catch((error: Error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
const { pools, us } = await mint.hear('pools')

const publication = new Publication(mint, {
  published: (edition) => tell({ what: 'published', at: Date.now(), edition }),
  removed: ({ kid }) => tell({ what: 'removed', at: Date.now(), kid }),
})
const endpoints = new Endpoints(publication, us.keys, {
  trouble: (at) => tell({ what: 'trouble', at }),
  recovered: (at) => tell({ what: 'recovered', at }),
  phase: (isCalm) => tell({ what: 'phase', isCalm }),
  asked: () => tell({ what: 'asked' }),
})
const urls = await endpoints.listen()
for (let index = 0; index < FIRST_EDITIONS; index += 1) await publication.publish()
tell({
  what: 'ready',
  pools: { eu: { ...pools.eu, jwksUrl: urls.eu }, us: { ...pools.us, jwksUrl: urls.us } },
  usKid: us.kid,
})

async function follow(plan: Plan): Promise<void> {
  if (plan.kind === 'weather') await changeWeather({ endpoints, publication, isFrozen: () => isFrozen }, plan)
  else await rotate(publication, plan)
  tell({ what: 'done' })
}
