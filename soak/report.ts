/**
 * What a run came to: a table, and what is wrong with it.
 * @module
 */
import { fetchBounds, SLACK_MS, troubleBoundMs } from './bounds.js'
import { FAULT_NAMES } from './faults.js'
import { MOMENTS } from './freezes.js'
import type { Ledger } from './ledger.js'
import type { Account, Vitals } from './messages.js'
import { GENUINE_KINDS, JUNK_KINDS, WRONGS } from './oracle.js'
import type { Outcome } from './run.js'
import { FIRST_EDITIONS, NEW_KEY_GRACE_MS, REFRESH_MS, REMOVED_KEY_GRACE_MS } from './setting.js'

/** One part of it. */
export interface Section {
  readonly lines: readonly string[]
  readonly failures: readonly string[]
}

/** Memory of a server that has not run for so long has not settled; seconds. */
const SETTLED = 180
/** The server is frozen at least once in so many seconds. */
const FREEZE_EVERY = 15
/** By which share its memory may grow from the second to the last quarter of a run. */
const GROWTH = { settled: 0.05, unsettled: 0.2 }

const group = (value: number) => Math.round(value).toLocaleString('en')
const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
const toSeconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
const row = (name: string, ...cells: readonly string[]) => `${name.padEnd(30)} ${cells.join('  ')}`
const failIf = (...checks: readonly (readonly [isFailed: boolean, what: string])[]) =>
  checks.filter(([isFailed]) => isFailed).map(([, what]) => what)

export function reportRequests({ ledger, seconds }: Outcome): Section {
  const kinds = [...GENUINE_KINDS, ...JUNK_KINDS]
  const total = kinds.reduce((sum, kind) => sum + ledger.count(kind), 0)
  const lines = kinds.map((kind) => {
    const answers = [...(ledger.answers.get(kind) ?? [])].sort(([one], [other]) => one - other)
    const each = answers.map(([status, count]) => `${status}: ${group(count)}`)
    return row(kind, group(ledger.count(kind)).padStart(11), each.join(', '))
  })
  return {
    lines: [...lines, row('all', group(total).padStart(11), `${group(total / seconds)} a second`)],
    failures: kinds
      .filter((kind) => ledger.count(kind) === 0)
      .map((kind) => `no request of the kind ${kind}`),
  }
}

/** What the oracle said. */
export function reportVerdicts({ verdicts, examples }: Ledger): Section {
  const count = (verdict: Parameters<typeof verdicts.get>[0]) => verdicts.get(verdict) ?? 0
  return {
    lines: [
      ...WRONGS.map((verdict) => row(verdict, group(count(verdict)))),
      row('honest 503', group(count('honest 503'))),
    ],
    failures: [
      ...WRONGS.filter((verdict) => count(verdict) > 0).map(
        (verdict) => `${group(count(verdict))} × ${verdict}`,
      ),
      ...examples.map((example) => `  ${example}`),
    ],
  }
}

/** The keys that were published or removed during the run. */
export function reportKeys({ timeline }: Outcome): Section {
  const published = timeline.keys.slice(FIRST_EDITIONS)
  const accepted = published.filter(({ acceptedAt }) => Number.isFinite(acceptedAt))
  const removed = timeline.keys.filter(({ removedAt }) => Number.isFinite(removedAt))
  const delays = accepted.map((key) => timeline.wellFor(key.firstSentAt, key.acceptedAt))
  const remains = removed.map((key) => timeline.wellFor(key.removedAt, key.lastAcceptedAt))
  const interrupted = accepted.filter((key) => timeline.isTroubled(key.publishedAt, key.acceptedAt))
  const longest = (times: readonly number[]) => Math.max(0, ...times)
  return {
    lines: [
      row(
        'new keys accepted',
        `${accepted.length} of ${published.length}, ${interrupted.length} of them after a trouble`,
      ),
      row(
        '  first 200 after',
        `${toSeconds(longest(delays))} with the endpoint well; granted ${toSeconds(NEW_KEY_GRACE_MS)}`,
      ),
      row('removed keys', group(removed.length)),
      row(
        '  last 200 after',
        `${toSeconds(longest(remains))} with the endpoint well; granted ${toSeconds(REFRESH_MS.latest + REMOVED_KEY_GRACE_MS)}`,
      ),
    ],
    failures: failIf(
      [accepted.length === 0, 'no new key was accepted'],
      [longest(delays) > NEW_KEY_GRACE_MS + SLACK_MS, 'a new key did not work in time'],
    ),
  }
}

export function reportEndpoints({ account, timeline, seconds, pace, endedAt }: Outcome): Section {
  const { faultMs, cycleMs } = pace
  const { troubles, freezes } = timeline
  const longestMs = timeline.longestTrouble(endedAt)
  const bounds = fetchBounds({
    seconds,
    troubles: troubles.length,
    // The back-off goes on in a freeze.
    longestTrouble:
      Math.max(0, ...troubles.map((each) => Math.min(timeline.endOf(each), endedAt) - each.from)) / 1000,
    freezes: freezes.all.length,
  })
  const perMinute = (count: number) => ((count / seconds) * 60).toFixed(1)
  const met = FAULT_NAMES.filter((name) => (account.phases[name]?.fetches ?? 0) > 0).length
  const livedMs = freezes.lived(endedAt - seconds * 1000, endedAt)
  const expected = Math.min(FAULT_NAMES.length, Math.floor(livedMs / cycleMs))
  const { eu, us } = account.fetches
  return {
    lines: [
      ...describePhases(account),
      row(
        'longest trouble',
        `${toSeconds(longestMs)}, back-off included; at most ${toSeconds(troubleBoundMs(faultMs))}`,
      ),
      row('fetches a minute, eu', `${perMinute(eu)}, at most ${perMinute(bounds.eu)}`),
      row('fetches a minute, us', `${perMinute(us)}, at most ${perMinute(bounds.us)}`),
    ],
    failures: failIf(
      [eu > bounds.eu, 'too many fetches from the endpoint of eu'],
      [us > bounds.us, 'too many fetches from the endpoint of us'],
      [account.strays > 0, 'a redirect was followed'],
      [met < expected, `only ${met} faults were met, expected were ${expected}`],
      [longestMs > troubleBoundMs(faultMs), 'the server did not notice in time that its endpoint was well'],
    ),
  }
}

const describePhases = ({ phases }: Account) =>
  Object.entries(phases).map(([phase, { times, fetches }]) =>
    row(`endpoint of eu: ${phase}`, `${group(times)} times`, `${group(fetches)} fetches`),
  )

/** A freeze that the server did not notice would prove nothing. */
export function reportFreezes({ ledger, timeline: { freezes }, seconds, endedAt }: Outcome): Section {
  const times = freezes.all.map(({ from, until }) => until - from)
  const each = MOMENTS.map(
    (moment) => `${moment}: ${freezes.all.filter((freeze) => freeze.moment === moment).length}`,
  )
  const { sent, answered } = ledger.frozen
  const expected = Math.floor(seconds / FREEZE_EVERY)
  return {
    lines: [
      row('freezes', `${times.length}, ${toSeconds(times.reduce((sum, ms) => sum + ms, 0))} in all`),
      row('  when', each.join(', ')),
      row('  requests sent into them', group(sent)),
      row('time lived through', toSeconds(freezes.lived(endedAt - seconds * 1000, endedAt))),
    ],
    failures: failIf(
      [times.length < expected, `only ${times.length} freezes, expected were ${expected}`],
      [sent === 0 && expected > 0, 'no request was sent into a freeze'],
      [answered > 0, `the server answered ${group(answered)} requests while it was frozen`],
    ),
  }
}

/** Samples of the seconds without a freeze. */
const undisturbed = ({ vitals, timeline: { freezes } }: Outcome): readonly Vitals[] =>
  vitals.filter(({ at }, index) => !freezes.touches(vitals[index - 1]?.at ?? at, at))

export function reportServer(outcome: Outcome): Section {
  const {
    rest: [before, after],
    seconds,
  } = outcome
  const vitals = undisturbed(outcome)
  const quarter = (index: number) =>
    vitals.slice((vitals.length * index) / 4, (vitals.length * (index + 1)) / 4)
  const rss = (index: number) => median(quarter(index).map((each) => each.rss))
  const growth = rss(3) / rss(1) - 1
  const isSettled = seconds >= SETTLED
  const limit = isSettled ? GROWTH.settled : GROWTH.unsettled
  const note = isSettled ? '' : ' (a run under 3 minutes: memory has not settled, so this is judged loosely)'
  return {
    lines: [
      row(
        'RSS, second and last quarter',
        `${mebibytes(rss(1))}, ${mebibytes(rss(3))}: ${percent(growth)}, at most ${percent(limit)}${note}`,
      ),
      row(
        'heap at rest',
        `${mebibytes(before.heap)} before the first request, ${mebibytes(after.heap)} after the last`,
      ),
      row(
        'event loop delay, p99',
        `${median(vitals.map((each) => each.loopP99)).toFixed(1)} ms in the median second, ${Math.max(...vitals.map((each) => each.loopP99)).toFixed(1)} ms in the worst; seconds with a freeze are left out`,
      ),
      row(
        'active resources',
        `${vitals[0]?.resources} first, ${vitals.at(-1)?.resources} last; at rest ${before.resources} before the first request, ${after.resources} after the last`,
      ),
    ],
    failures: failIf(
      [!(growth <= limit), `the memory of the server grew by ${percent(growth)}`],
      [after.resources > before.resources, 'the server still holds on to resources after the load'],
    ),
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[values.length >> 1] ?? Number.NaN
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`

export function report(outcome: Outcome): Section {
  const sections = [
    reportRequests(outcome),
    reportVerdicts(outcome.ledger),
    reportKeys(outcome),
    reportEndpoints(outcome),
    reportFreezes(outcome),
    reportServer(outcome),
  ]
  return {
    lines: sections.flatMap(({ lines }) => ['', ...lines]),
    failures: sections.flatMap(({ failures }) => failures),
  }
}
