/**
 * The table of tenants in PostgreSQL, and the connection that hears of its changes.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { TenantRow } from 'fastify-cognito'
import { Client, DatabaseError, Pool } from 'pg'

/** The constraints keep a tenant from another one's pool. The trigger tells all servers of a change, whoever makes it. */
const SCHEMA = `
  create table if not exists tenants (
    name text primary key,
    user_pool_id text not null unique,
    app_client_id text not null
  );
  create or replace function notify_tenants() returns trigger language plpgsql as $$
    begin
      perform pg_notify('tenants', '');
      return null;
    end
  $$;
  create or replace trigger tenants_changed
    after insert or update or delete or truncate on tenants
    for each statement execute function notify_tenants();
`

/** The tenants of the application. */
export class TenantTable {
  readonly #url: string
  readonly #pool: Pool

  /** @param url - of the database */
  constructor(url: string) {
    this.#url = url
    this.#pool = new Pool({ connectionString: url, connectionTimeoutMillis: 3000, query_timeout: 4000 })
    // A connection that breaks while nobody uses it. The next query makes another one.
    this.#pool.on('error', () => undefined)
  }

  /** Makes the table, where it is missing. One server does it, before the others start. */
  async create(): Promise<void> {
    await this.#pool.query(SCHEMA)
  }

  /** The whole list, as the plugin reads it. */
  async list(): Promise<readonly TenantRow[]> {
    const { rows } = await this.#pool.query<TenantRow>(
      'select name, user_pool_id as "userPoolId", app_client_id as "appClientId" from tenants',
    )
    return rows
  }

  /** Adds a tenant. Resolves to `false` where its name or its pool is taken. */
  async add({ name, userPoolId, appClientId }: TenantRow): Promise<boolean> {
    try {
      await this.#pool.query('insert into tenants values ($1, $2, $3)', [name, userPoolId, appClientId])
      return true
    } catch (error) {
      if (error instanceof DatabaseError && error.code === UNIQUE_VIOLATION) return false
      throw error
    }
  }

  /** Removes a tenant. Resolves to `false` where there is none. */
  async remove(name: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query('delete from tenants where name = $1', [name])
    return rowCount === 1
  }

  /**
   * Calls back after each change of the table, until `closing`. A connection that is lost is made again. Then it calls back as
   * well, because nobody has told it what changed meanwhile.
   */
  async follow(onChange: () => void, closing: AbortSignal): Promise<void> {
    while (!closing.aborted) {
      await this.#listen(onChange, closing)
      await pause(RETRY_MS, undefined, { signal: closing }).catch(() => undefined)
    }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  /** Listens until the connection ends. */
  async #listen(onChange: () => void, closing: AbortSignal): Promise<void> {
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: 3000,
      keepAlive: true,
    })
    const end = () => void client.end()
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    client.on('error', () => undefined)
    client.on('notification', onChange)
    closing.addEventListener('abort', end)
    try {
      await client.connect()
      await client.query('listen tenants')
      onChange()
      await ended
    } catch {
      // The database is away. The plugin's own log says so, because its readings fail as well.
      end()
    } finally {
      closing.removeEventListener('abort', end)
    }
  }
}

const UNIQUE_VIOLATION = '23505'
const RETRY_MS = 500
