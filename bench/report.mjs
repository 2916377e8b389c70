// How is it told on a terminal?
import { judgeLimits, judgeRatios } from './goals.mjs'
import { workloads } from './http/workloads.mjs'

/**
 * @param {object} outcome
 * @param {Record<string, string>} outcome.versions
 * @param {Record<string, unknown>} outcome.machine
 * @param {any} outcome.results
 * @param {Record<string, number>} outcome.ratios
 */
export function toReport({ versions, machine, results, ratios }) {
  return [
    toList('versions', versions),
    toList('machine', machine),
    ...Object.entries(results.http).map(([workload, variants]) => toHttpTable(workload, variants)),
    ...toFaults(results.unmeasured),
    toGrid('In process: microseconds a token', results.process),
    ...toScaleTables(results.scale),
    toGoalTable('Limits', judgeLimits(results.scale)),
    toGoalTable('Goals (over HTTP within 0.02)', judgeRatios(ratios)),
  ].join('\n\n')
}

/** Rows of functions, of which the first took most of the time. */
export const toProfileTable = ({ title, functions, microseconds }) =>
  toTable(
    `${title}: ${microseconds.toFixed(1)} µs under the profiler, by function`,
    ['function', 'self time', 'µs'],
    functions.map(({ name, share }) => [
      name,
      `${(100 * share).toFixed(1)} %`,
      (share * microseconds).toFixed(2),
    ]),
  )

const toList = (title, values) =>
  toTable(
    title,
    [],
    Object.entries(values).map(([name, value]) => [name, String(value)]),
  )

const toHttpTable = (workload, variants) =>
  toTable(
    `HTTP, ${workloads[workload].title}`,
    [
      '',
      'requests/s',
      'in 1 s of the core',
      'relative to none',
      'middle half',
      'p50 ms',
      'p99 ms',
      'server',
      'generator',
    ],
    Object.entries(variants).map(([name, run]) => [
      name,
      toCount(run.perSecond),
      toCount(run.perCoreSecond),
      run.relative?.toFixed(3) ?? '–',
      run.middleHalf.map((value) => value?.toFixed(2) ?? '').join('–'),
      run.p50.toFixed(2),
      run.p99.toFixed(2),
      toShare(run.serverShare),
      toShare(run.generatorShare),
    ]),
  )

const toFaults = (faults) =>
  Object.keys(faults).length === 0 ? [] : [toList('Not measured, and why', faults)]

/** @param {Record<string, Record<string, number>>} columns */
function toGrid(title, columns) {
  const names = Object.keys(columns)
  const rows = Object.keys(columns[names[0]]).map((row) => [
    row,
    ...names.map((name) => toFigure(columns[name][row])),
  ])
  return toTable(title, ['', ...names], rows)
}

function toScaleTables({ registration, request, memory, fetches }) {
  return [
    toGrid('Registering 1,000 pools', transpose(registration)),
    toGrid('Microseconds a request, by the number of pools', transpose(request)),
    toTable(
      'Memory: JavaScript heap',
      ['', 'bytes'],
      Object.entries(memory).map(([name, bytes]) => [name, toCount(bytes)]),
    ),
    toGrid('Requests that the issuer gets, for 1,000 at once', transpose(fetches)),
  ]
}

const toGoalTable = (title, judged) =>
  toTable(
    title,
    ['', '', 'goal', 'measured', ''],
    judged.map(({ workload, name = '', goal, measured, verdict }) => [
      workload,
      name,
      goal,
      measured,
      verdict,
    ]),
  )

const toCount = (value) => Math.round(value).toLocaleString('en')
const toShare = (value) => `${Math.round(100 * value)} %`
const toFigure = (value) => (Number.isInteger(value) ? toCount(value) : value.toPrecision(3))

function transpose(grid) {
  const [first] = Object.values(grid)
  return Object.fromEntries(
    Object.keys(first).map((column) => [
      column,
      Object.fromEntries(Object.entries(grid).map(([row, values]) => [row, values[column]])),
    ]),
  )
}

/** The first column is aligned to the left, and where there is a header, the others to the right. */
function toTable(title, header, rows) {
  const lines = header.length > 0 ? [header, ...rows] : rows
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  const toLine = (line) =>
    line.map((cell, column) => pad(cell, widths[column], column > 0 && header.length > 0)).join('  ')
  return [title, ...lines.map((line) => `  ${toLine(line).trimEnd()}`)].join('\n')
}

const pad = (text, width, isRight) => (isRight ? text.padStart(width) : text.padEnd(width))
