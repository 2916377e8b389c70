/**
 * The stages of the checks, fast ones first. What they draw by chance has a fixed seed here; the commands alone draw anew.
 */

/**
 * `isInCheck`: whether `npm run check` runs the stage; `.ci/run` runs all. `mayFail`: whether a failure is shown and not
 * counted, because the stage is about what others have not released.
 *
 * @typedef {{ name: string, command: readonly string[], what: string, isInCheck: boolean, mayFail?: true }} Stage
 */

/** @type {readonly Stage[]} */
export const stages = [
  { name: 'lint', command: ['lint'], what: 'Biome: format, rules, size of functions', isInCheck: true },
  { name: 'build', command: ['build'], what: '`dist/`, which the next ones need', isInCheck: true },
  {
    name: 'docs',
    command: ['docs:check'],
    what: 'snippets of README and `docs/` compile, links lead somewhere',
    isInCheck: true,
  },
  {
    name: 'package',
    command: ['package:check'],
    what: 'what would be published, as other packages see it',
    isInCheck: true,
  },
  {
    name: 'types',
    command: ['typecheck'],
    what: 'all programs; the type tests with several versions of TypeScript and Fastify',
    isInCheck: true,
  },
  {
    name: 'demo',
    command: ['demo', '--check'],
    what: 'every call of the demo has the answer that it names',
    isInCheck: true,
  },
  {
    name: 'examples',
    command: ['examples', '--check'],
    what: 'the applications in `examples/` do what they say',
    isInCheck: true,
  },
  { name: 'tests', command: ['test'], what: 'tap, with 100 % coverage', isInCheck: true },
  {
    name: 'fuzz-control',
    command: ['fuzz', '--control', '--seed', '1'],
    what: 'the oracle finds every deliberate fault',
    isInCheck: false,
  },
  {
    name: 'fuzz',
    command: ['fuzz', '--cases', '50000', '--seed', '1'],
    what: 'mutated tokens against the oracle',
    isInCheck: false,
  },
  {
    name: 'soak',
    command: ['soak', '--seconds', '30', '--seed', '1'],
    what: 'a server under load while its keys fail',
    isInCheck: false,
  },
  {
    name: 'rotation',
    command: ['rotation', '--seed', '1'],
    what: 'a hundred key rotations at full load',
    isInCheck: false,
  },
  {
    name: 'nodes',
    command: ['test:nodes', '--quick'],
    what: 'attacks and faults on each supported Node, and the attacks on Bun and Deno',
    isInCheck: false,
  },
  {
    name: 'runtimes',
    command: ['test:runtimes'],
    what: 'where keys come from, on each Node, Bun and Deno',
    isInCheck: false,
  },
  {
    name: 'next-fastify',
    command: ['test:nodes', '--quick', '--fastify', '6', '--node', '24'],
    what: 'attacks and faults with the newest Fastify 6, or its pre-release; may fail',
    isInCheck: false,
    mayFail: true,
  },
  {
    name: 'soak-control',
    command: ['soak', '--control', '--seed', '1'],
    what: 'the soak finds every deliberate fault',
    isInCheck: false,
  },
  {
    name: 'weaken',
    command: ['weaken', '--sample', '20', '--seed', '1'],
    what: 'a sample of the weakenings, each of which a test has to catch',
    isInCheck: false,
  },
]
