// The command `npm run bench`: measures fastify-cognito against its peers, in one run, and says what was reached.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { askOnce, LOAD_CORE, SERVER_CORE, startChild, unpinned } from './children.mjs'
import { toRatios } from './goals.mjs'
import { measureHttp } from './http/index.mjs'
import { profileHttp } from './http/profile.mjs'
import { readOptions } from './options.mjs'
import { installPeers, readVersions } from './peers.mjs'
import { toProfileTable, toReport } from './report.mjs'
import { measureScale } from './scale/index.mjs'
import { FRESH, REPEATED } from './tokens.mjs'
import { variantNames } from './variants/index.mjs'

const startedAt = performance.now()
const elapsed = () => `${Math.round((performance.now() - startedAt) / 1000)} s`.padStart(6)
const say = (text) => process.stderr.write(`${elapsed()}  ${text}\n`)
const print = (text) => process.stdout.write(`${text}\n`)

/** Gives a function an issuer and its tokens. */
async function withIssuer(use) {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-cognito-bench-'))
  const issuer = await startChild('issuer.mjs')
  try {
    const tokenFile = join(folder, 'tokens')
    const count = REPEATED + FRESH
    say(`minting ${count} tokens`)
    const pool = await issuer.ask('open', { tokenFile, count })
    issuer.pin(LOAD_CORE)
    return await use({ pool, tokenFile })
  } finally {
    await issuer.stop()
    rmSync(folder, { recursive: true })
  }
}

async function measure(plan, world) {
  const machine = describeMachine()
  const { heats } = plan
  const book = await measureHttp(heats, world, say)
  say('in process')
  const inProcess = await askOnce('in-process/index.mjs', { core: SERVER_CORE }, 'measure', {
    ...world,
    turns: plan.callTurns,
    onlySync: plan.onlySync,
  })
  const scale = await measureScale({ turns: plan.callTurns }, world, say)
  return {
    versions: readVersions(),
    machine,
    results: {
      plan,
      http: book.summary(
        variantNames.filter((name) => heats.some(({ variants }) => variants.includes(name))),
      ),
      unmeasured: book.faults,
      process: inProcess.results,
      scale,
    },
    ratios: toRatios(book, inProcess.ratios, scale),
  }
}

function describeMachine() {
  const [{ model }] = cpus()
  return {
    processor: model.trim(),
    cores: availableParallelism(),
    gigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    pinning: unpinned ?? `servers on core ${SERVER_CORE}, load on core ${LOAD_CORE}`,
    'load average before': loadavg()[0].toFixed(1),
  }
}

/** Only the full run replaces the figures that the documentation shows. */
async function keep(outcome, isFull) {
  const folder = fileURLToPath(new URL(isFull ? '.' : '.quick/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(outcome, null, 2)}\n`)
  const { drawChart } = await import('./chart.mjs')
  writeFileSync(join(folder, 'chart.svg'), await drawChart(outcome))
  say(`written: results.json and chart.svg in ${folder}`)
}

const profileInProcess = (world) => askOnce('in-process/profile.mjs', { core: SERVER_CORE }, 'profile', world)

async function run({ isFull, json, profile, plan }) {
  installPeers(say)
  if (profile) {
    const profiles = await withIssuer(async (world) => [
      { title: 'in process, every token fresh', ...(await profileInProcess(world)) },
      ...(await profileHttp(world, say)),
    ])
    return print(profiles.map(toProfileTable).join('\n\n'))
  }
  const outcome = await withIssuer((world) => measure(plan, world))
  await keep(outcome, isFull)
  print(json ? JSON.stringify(outcome, null, 2) : toReport(outcome))
}

const options = readOptions(process.argv.slice(2))
if (options.help) print(options.usage)
else await run(options)
