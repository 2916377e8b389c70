// How are the results drawn? Requests in a second of processor time, relative to the route without authentication.
import { parse, View } from 'vega'
import { compile } from 'vega-lite'
import { workloads } from './http/workloads.mjs'
import { OURS, UNGUARDED } from './variants/index.mjs'

/** Text and lines are drawn in the colours of the light mode, and named by them in the style sheet of the dark one. */
const INK = '#1f2328'
const PALE = '#d1d9e0'
const PAPER = '#ffffff'
const DARK = { [INK]: '#e6edf3', [PALE]: '#3d444d', [PAPER]: '#0d1117' }

const GROUPS = ['fastify-cognito', 'baseline', 'peer']
const COLOURS = ['#1f883d', '#8b949e', '#4c8dd6']
const titles = Object.values(workloads).map(({ title }) => title)
const BASELINES = [UNGUARDED, 'header read only', 'crypto.verify only']

/**
 * @param {{ versions: Record<string, string>, machine: Record<string, unknown>, results: any }} outcome
 * @returns {Promise<string>} SVG
 */
export async function drawChart(outcome) {
  const { spec } = compile(toSpec(outcome))
  const svg = await new View(parse(spec), { renderer: 'none' }).toSVG()
  return adaptToDarkMode(svg)
}

const toSpec = ({ versions, machine, results }) => ({
  background: PAPER,
  padding: 16,
  title: {
    text: 'Requests per second of processor time, relative to the same route without authentication (1 = as fast)',
    subtitle: `fastify-cognito ${versions['fastify-cognito']}, Node ${versions.node}, ${machine.processor}, medians of interleaved rounds`,
    anchor: 'start',
    offset: 16,
  },
  data: { values: toBars(results.http) },
  facet: { column: { field: 'workload', sort: titles, title: null, header: { labelFontWeight: 'bold' } } },
  spacing: 14,
  spec: { width: 130, height: { step: 17 }, layer: [toBarLayer(), toLabelLayer()] },
  resolve: { scale: { y: 'shared' } },
  config: toConfig(),
})

function toBars(http) {
  return Object.entries(http).flatMap(([workload, variants]) =>
    Object.entries(variants).map(([variant, { relative }]) => ({
      workload: workloads[workload].title,
      variant,
      relative,
      group: groupOf(variant),
    })),
  )
}

function groupOf(variant) {
  if (BASELINES.includes(variant)) return 'baseline'
  return variant.startsWith(OURS) ? 'fastify-cognito' : 'peer'
}

const position = {
  y: { field: 'variant', type: 'nominal', sort: null, title: null },
  x: {
    field: 'relative',
    type: 'quantitative',
    title: 'share of its requests',
    scale: { domain: [0, 1.2] },
    axis: { values: [0, 0.5, 1], titleFontWeight: 'normal' },
  },
}

const toBarLayer = () => ({
  mark: { type: 'bar', cornerRadiusEnd: 2 },
  encoding: {
    ...position,
    color: {
      field: 'group',
      type: 'nominal',
      scale: { domain: GROUPS, range: COLOURS },
      legend: { orient: 'bottom', title: null },
    },
  },
})

const toLabelLayer = () => ({
  mark: { type: 'text', align: 'left', dx: 3, fontSize: 10, color: INK },
  encoding: { ...position, text: { field: 'relative', type: 'quantitative', format: '.2f' } },
})

const toConfig = () => ({
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  title: { color: INK, subtitleColor: INK, fontSize: 14, subtitleFontSize: 11, subtitlePadding: 4 },
  axis: {
    labelColor: INK,
    titleColor: INK,
    gridColor: PALE,
    domainColor: PALE,
    tickColor: PALE,
  },
  header: { labelColor: INK },
  legend: { labelColor: INK },
})

/** An SVG in an `img` follows the reader's own preference. */
function adaptToDarkMode(svg) {
  const rules = Object.entries(DARK).flatMap(([light, dark]) => [
    `[fill="${light}"]{fill:${dark}}`,
    `[stroke="${light}"]{stroke:${dark}}`,
  ])
  const style = `<style>@media (prefers-color-scheme:dark){${rules.join('')}}</style>`
  return svg.replace(/<svg[^>]*>/, (tag) => `${tag}${style}`)
}
