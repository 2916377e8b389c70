import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestIssuer } from '../../src/testing/index.js'
import { askDoctor } from './app.js'

/** @throws {AssertionError} where something does not hold */
export async function check(): Promise<void> {
  await using issuer = await TestIssuer.start()
  const pool = issuer.createPool()
  const folder = mkdtempSync(join(tmpdir(), 'fastify-cognito-'))
  const config = join(folder, 'cognito.json')
  try {
    writeFileSync(config, JSON.stringify({ pools: { eu: pool.options() } }))
    const well = await askDoctor(config, pool.accessToken())
    assert.deepEqual([well.exitCode, well.report.ok], [0, true])
    const ill = await askDoctor(config, pool.idToken())
    assert.deepEqual([ill.exitCode, ill.report.ok], [1, false])
    const failed = ill.report.token?.checks.filter(({ ok }) => !ok) ?? []
    assert.match(failed.map(({ advice }) => advice).join('\n'), /access token/)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
