// How many requests does a guarded route answer? Each variant is a fresh server in each round, and all are measured in
// turns of a fraction of a second, so that whatever slows the machine slows them alike. What the named ratios are made of
// is measured with every few of the others: a ratio is one of neighbours, and a machine changes within seconds.
import { LOAD_CORE, SERVER_CORE, startChild } from '../children.mjs'
import { chunk, rotate } from '../statistics.mjs'
import { ONLY_READS, REFERENCES, UNGUARDED } from '../variants/index.mjs'
import { Book } from './book.mjs'
import { workloads } from './workloads.mjs'

/** As many others are measured between two turns of the references. */
const OTHERS = 5

/**
 * Seconds are those of a server's processor time.
 *
 * @typedef {object} HttpPlan
 * @property {string[]} variants
 * @property {number} rounds
 * @property {number} turns - of each server and workload in a round
 * @property {number} seconds - a turn
 * @property {number} warmUp - seconds of each workload, before the first turn and again before its own
 */

/**
 * @param {HttpPlan} plan
 * @param {{ pool: import('../issuer.mjs').Pool, tokenFile: string }} world
 * @param {(text: string) => void} say
 */
export async function measureHttp(plan, world, say) {
  const generator = await startChild('http/load.mjs', { core: LOAD_CORE })
  await generator.ask('open', world)
  const book = new Book()
  for (let round = 0; round < plan.rounds; round += 1) {
    const servers = await startServers(rotate(plan.variants, round), world.pool, book)
    const bench = { generator, servers, plan, book }
    say(`http: round ${round + 1} of ${plan.rounds}, warming up ${servers.length} servers`)
    for (const workload of Object.keys(workloads)) await warmUp(bench, workload, plan.warmUp)
    for (const [workload, { title }] of Object.entries(workloads)) {
      say(`http: round ${round + 1} of ${plan.rounds}, ${title}`)
      await warmUp(bench, workload, plan.warmUp)
      await measureWorkload(bench, workload)
    }
    await Promise.all(servers.map(({ child }) => child.stop()))
  }
  await generator.stop()
  return book
}

async function startServers(names, pool, book) {
  const servers = []
  for (const name of names.filter((name) => !book.isFaulty(name))) {
    const child = await startChild('http/server.mjs', { core: SERVER_CORE })
    try {
      servers.push({ name, child, ...(await child.ask('start', { variant: name, pool })) })
    } catch (error) {
      book.addFault(name, firstLine(error))
      await child.stop()
    }
  }
  return servers
}

async function warmUp(bench, workload, seconds) {
  for (const server of bench.servers) await attempt(bench, server, workload, seconds)
}

async function measureWorkload(bench, workload) {
  const { servers, plan, book } = bench
  const references = servers.filter(({ name }) => REFERENCES.includes(name))
  const others = servers.filter(({ name }) => !REFERENCES.includes(name))
  for (let turn = 0; turn < plan.turns; turn += 1) {
    for (const some of chunk(others, OTHERS)) {
      book.turn()
      for (const server of rotate([...references, ...some], turn)) {
        const run = await attempt(bench, server, workload, plan.seconds)
        if (run !== undefined) book.add(server.name, workload, run)
      }
    }
  }
}

/** @returns {Promise<import('./tally.mjs').Run | undefined>} nothing of a variant that failed, now or before */
async function attempt({ generator, book }, { name, pid, port }, workload, seconds) {
  if (book.isFaulty(name, workload)) return undefined
  try {
    const run = await generator.ask('run', { server: { pid, port }, workload, seconds })
    if (isAsExpected(run.statuses, name, workload)) return run
    book.addFault(name, `answered ${JSON.stringify(run.statuses)}`, workload)
  } catch (error) {
    book.addFault(name, firstLine(error), workload)
  }
  return undefined
}

const firstLine = ({ message }) => message.split('\n')[0]

/** What lets junk pass or refuses good tokens is not wired the way it has to be. */
function isAsExpected(statuses, variant, workload) {
  const { 200: passed = 0, 401: refused = 0, ...others } = statuses
  const expected = expectedRefusals(variant, workload)
  return Object.keys(others).length === 0 && Math.abs(refused / (passed + refused) - expected) < 0.05
}

function expectedRefusals(variant, workload) {
  const isBlind = variant === UNGUARDED || (variant === ONLY_READS && workload !== 'missing')
  return isBlind ? 0 : workloads[workload].refused
}
