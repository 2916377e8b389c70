/**
 * Sets the demo's stage: the emulator with two user pools, three people, and the tokens of their sign-ins.
 * @module
 */
import type { TenantRow } from '../src/index.js'
import {
  type CognitoLocal,
  createPool,
  createUser,
  forge,
  type LocalPool,
  type LocalUser,
  signIn,
  startCognitoLocal,
  type Tokens,
} from './cognito-local.js'

const password = 'Correct-horse-7'

/** Who can sign in at pool eu, and who at pool us. */
export const people = {
  ada: {
    username: 'ada',
    password,
    attributes: { email: 'ada@example.com', 'custom:tenant_id': 'acme', 'custom:seats': '25' },
    groups: ['admin', 'staff'],
  },
  ben: { username: 'ben', password, attributes: { 'custom:tenant_id': 'globex' }, groups: [] },
  cal: { username: 'cal', password, attributes: {}, groups: ['ops'] },
} as const satisfies Record<string, LocalUser>

/** A tenant that the application does not know when it starts, and the token of its user. */
export interface Newcomer {
  readonly row: TenantRow
  readonly accessToken: string
}

/** The emulator at work. */
export interface Stage {
  readonly cognito: CognitoLocal
  /** What it sends to everybody who signs up. */
  readonly code: string
  readonly eu: LocalPool
  readonly us: LocalPool
  /** Of ada and ben in pool eu, and of cal in pool us. */
  readonly tokens: Readonly<Record<keyof typeof people, Tokens>>
  readonly newcomer: Newcomer
}

/** Starts the emulator and fills it. */
export async function setStage(): Promise<Stage> {
  const code = '123456'
  const cognito = await startCognitoLocal(undefined, code)
  try {
    const eu = await createPool(cognito, {
      name: 'eu',
      attributes: { tenant_id: 'String', seats: 'Number' },
      groups: ['admin', 'staff'],
    })
    const us = await createPool(cognito, { name: 'us', groups: ['ops'] })
    const ada = await enter(eu, people.ada)
    const ben = await enter(eu, people.ben)
    const cal = await enter(us, people.cal)
    const newcomer = await openTenant(cognito)
    return { cognito, code, eu, us, tokens: { ada, ben, cal }, newcomer }
  } catch (error) {
    await cognito.stop()
    throw error
  }
}

async function enter(pool: LocalPool, person: LocalUser): Promise<Tokens> {
  await createUser(pool, person)
  return await signIn(pool, person)
}

/**
 * Makes the user pool of a tenant, and signs its user in. The issuer and the URL of the keys of a tenant follow from an id of
 * AWS's form. The emulator's ids have another form, so the token gets the issuer that it would have at AWS.
 */
async function openTenant(cognito: CognitoLocal): Promise<Newcomer> {
  process.env['AWS_COGNITO_KEYS_URL'] = `${cognito.endpoint}/{userPoolId}/.well-known/jwks.json`
  const pool = await createPool(cognito, { name: 'initech' })
  const { accessToken } = await enter(pool, { username: 'eve', password })
  const userPoolId = pool.userPoolId.replace('local', 'eu-west-1')
  return {
    row: { name: 'initech', userPoolId, appClientId: pool.appClientId },
    accessToken: forge(accessToken, { iss: `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}` }),
  }
}
