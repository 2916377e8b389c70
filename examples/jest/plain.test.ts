/**
 * Plain fake timers of Jest hang Fastify alone, without any plugin.
 * @module
 */
import { expect, jest, test } from '@jest/globals'
import Fastify from 'fastify'

test('inject answers', async () => {
  const app = Fastify()
  app.get('/', async () => 'ok')
  jest.useFakeTimers()
  const { statusCode } = await app.inject('/')
  expect(statusCode).toBe(200)
}, 3000)
