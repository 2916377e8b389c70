/**
 * An account in Postgres for each user: created at the first request, updated by newer tokens, refused if disabled.
 * @module
 */
import type { PGlite } from '@electric-sql/pglite'
import Fastify, { type FastifyInstance } from 'fastify'
import cognito, { type Authentication, definePools, type PoolOptions } from 'fastify-cognito'

/** A row of the table. */
export interface Account {
  readonly id: number
  readonly username: string | null
  readonly groups: string[]
  readonly is_disabled: boolean
}

// The key includes the pool, because another pool can have the same subject.
const TABLE = `
  CREATE TABLE IF NOT EXISTS account (
    id serial PRIMARY KEY,
    pool text NOT NULL,
    subject text NOT NULL,
    username text,
    groups text[] NOT NULL,
    issued_at bigint NOT NULL,
    is_disabled boolean NOT NULL DEFAULT false,
    UNIQUE (pool, subject)
  )`

// An older token that is still valid does not undo the update by a newer token.
const UPSERT = `
  INSERT INTO account (pool, subject, username, groups, issued_at) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (pool, subject) DO UPDATE
    SET username = excluded.username, groups = excluded.groups, issued_at = excluded.issued_at
    WHERE account.issued_at < excluded.issued_at`

const SELECT = 'SELECT id, username, groups, is_disabled FROM account WHERE pool = $1 AND subject = $2'

/** Makes the application. PGlite is Postgres in this process; `pg` has the same `query`. */
export async function createApp(pool: PoolOptions, database: PGlite): Promise<FastifyInstance> {
  await database.exec(TABLE)

  async function loadUser({ pool, subject, username, groups, claims }: Authentication) {
    await database.query(UPSERT, [pool, subject, username ?? null, groups, claims.iat])
    const { rows } = await database.query<Account>(SELECT, [pool, subject])
    return rows[0]?.is_disabled === false && rows[0]
  }

  const app = Fastify()
  await app.register(cognito, { pools: definePools({ eu: pool }) })
  const account = app.authRequired('eu', { loadUser })

  app.get('/me', { onRequest: account }, async ({ cognito: { user } }) => ({
    id: user.id,
    username: user.username,
    groups: user.groups,
  }))

  return app
}
