import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestIssuer, type TestPool } from '../../src/testing/index.js'
import { createApp } from './app.js'

type Variables = Readonly<Record<string, string>>

async function holds(env: Variables, pool: TestPool, name: string): Promise<void> {
  const app = await createApp(env)
  try {
    const response = await app.inject({ url: '/me', headers: pool.authorization() })
    assert.equal(response.body, name)
    assert.equal((await app.inject('/me')).statusCode, 401)
  } finally {
    await app.close()
  }
}

const clientOf = (pool: TestPool) => String(pool.options().appClientId)

const toVariables = (pool: TestPool, name: string): Variables => ({
  [`COGNITO_${name}_USER_POOL_ID`]: pool.userPoolId,
  [`COGNITO_${name}_APP_CLIENT_ID`]: clientOf(pool),
  [`COGNITO_${name}_JWKS_URL`]: pool.jwksUrl,
})

const toYaml = (pool: TestPool) => `pools:
  eu:
    userPoolId: ${pool.userPoolId}
    appClientId: [${clientOf(pool)}]
    jwksUrl: ${pool.jwksUrl}
`

const toFastapiYaml = (pool: TestPool) => `check_expiration: true
jwt_header_name: Authorization
jwt_header_prefix: Bearer
userpools:
  eu:
    region: ${pool.userPoolId.split('_')[0]}
    userpool_id: ${pool.userPoolId}
    app_client_id: [${clientOf(pool)}]
    jwks_url: ${pool.jwksUrl}
`

export async function check(): Promise<undefined> {
  await using issuer = await TestIssuer.start()
  const [eu, us] = [issuer.createPool(), issuer.createPool()]
  const folder = mkdtempSync(join(tmpdir(), 'fastify-cognito-'))
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return { COGNITO_FILE: join(folder, name) }
  }
  try {
    const variables = { ...toVariables(eu, 'EU'), ...toVariables(us, 'US') }
    await holds({ ...variables, COGNITO_DEFAULT_POOL: 'us' }, us, 'us')
    await holds(write('cognito.yaml', toYaml(eu)), eu, 'eu')
    await holds(write('fastapi.yaml', toFastapiYaml(eu)), eu, 'eu')
    await assert.rejects(createApp(variables), /COGNITO_DEFAULT_POOL/, 'which one is the default?')
    await assert.rejects(
      createApp({ ...toVariables(eu, 'EU'), COGNITO_EU_TOKEN_USE: 'acces' }),
      /COGNITO_EU_TOKEN_USE/,
    )
    await assert.rejects(
      createApp(write('unchecked.yaml', toFastapiYaml(eu).replace('true', 'false'))),
      /check_expiration/,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}
