/**
 * One place that publishes keys, under a clock that the test moves, as a request, a flood and an application see it.
 * @module
 */
import type { EndpointPolicy, KeySource } from '../../src/keys/endpoint.js'
import { hear, LATENCY, openPlace, POLICY } from './places.js'
import { TestClock } from './test-clock.js'

/** Opens a place. */
export function setUp(extra: Partial<EndpointPolicy> = {}, source: Partial<KeySource> = {}) {
  const clock = new TestClock()
  const opened = openPlace(clock, extra, source)
  const { endpoint } = opened
  const look = (kid: string, ms = LATENCY) => hear(clock, endpoint.lookUp(kid), ms)
  return {
    ...opened,
    clock,
    /** Looks a key up, and tells what came of it within the time. */
    look,
    /** Looks a key up as a request does: it is held, or asked for. */
    use: async (kid: string) => (endpoint.held(kid) === undefined ? (await look(kid)).outcome : 'held'),
    /** A number of lookups at once, each of a key of its own. */
    flood: (count: number, name = 'unknown') =>
      Promise.all(Array.from({ length: count }, (_, index) => endpoint.lookUp(`${name}-${index}`))),
  }
}

/** Spends the whole budget of fetches. */
export async function spendBudget({ look }: ReturnType<typeof setUp>): Promise<void> {
  for (let index = 0; index < POLICY.lookupBurst; index += 1) await look(`spent-${index}`)
}
