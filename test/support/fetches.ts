/**
 * What the plugin tells of the key sets that it fetches.
 * @module
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Test } from 'tap'
import type { JwksFetchMessage } from '../../src/index.js'

const ENDED = 'tracing:fastify-cognito.jwks.fetch:asyncEnd'

/** Collects the fetches that have ended, until the test does. */
export function watchFetches(test: Test): readonly JwksFetchMessage[] {
  const fetches: JwksFetchMessage[] = []
  const onEnd = (message: unknown) => void fetches.push({ ...(message as JwksFetchMessage) })
  subscribe(ENDED, onEnd)
  test.teardown(() => unsubscribe(ENDED, onEnd))
  return fetches
}
