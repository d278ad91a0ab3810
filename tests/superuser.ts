import pg from 'pg'
import { runningEmbedded } from '../server/platform/database/embedded/running.ts'

/** SQL of somebody who holds the machine, on the embedded database of a running server. */
export type Superuser = {
  /** @returns the rows of the last statement. */
  run(sql: string): Promise<readonly Record<string, unknown>[]>
  close(): Promise<void>
}

export async function superuserOf(dataFolder: string): Promise<Superuser> {
  const url = new URL(runningEmbedded(dataFolder) ?? 'postgres://nobody@localhost/nowhere')
  url.username = 'postgres'
  const client = new pg.Client({ connectionString: url.href })
  // A test may end the server under it.
  client.on('error', () => {})
  await client.connect()
  return {
    async run(sql) {
      const result: pg.QueryResult | pg.QueryResult[] = await client.query(sql)
      return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? []
    },
    close: () => client.end(),
  }
}
