import type { Compilable, QueryResult, RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Client } from 'pg'
import type { Queries } from './database.ts'

const marked = /^\/\* prepared: ([a-z][a-z.-]{0,50}) \*\/ /

/**
 * Begins a statement that every connection parses once and keeps, for the few that run all the time: of a small insert, parsing and
 * planning are a third of what it costs the database.
 *
 * @param name one for each text, as in `audit.insert-entry`; a second text under the same name is refused.
 */
export const prepared = (name: string): RawBuilder<unknown> => sql.raw(`/* prepared: ${name} */ `)

/**
 * Runs a statement that was built, as `prepared` says. Its text must be the same each time, and name its columns: what is kept with a
 * star fails on every open connection once a newer process has added one.
 */
export async function runPrepared<Row>(
  queries: Queries,
  name: string,
  statement: Compilable<Row>,
): Promise<QueryResult<Row>> {
  const compiled = statement.compile()
  if (compiled.sql.includes('*')) throw new RangeError(`the statement ${name} has a star`)
  return await queries.executeQuery<Row>({ ...compiled, sql: `/* prepared: ${name} */ ${compiled.sql}` })
}

/** Makes a connection keep the statements that ask for it. The name travels in the text, since Kysely hands on nothing else. */
export function keepPrepared(client: Client): void {
  const query = client.query.bind(client) as (...all: unknown[]) => unknown
  client.query = ((text: unknown, values: unknown, ...rest: unknown[]) => {
    const name = typeof text === 'string' && Array.isArray(values) ? marked.exec(text)?.[1] : undefined
    return name === undefined ? query(text, values, ...rest) : query({ name, text, values }, ...rest)
  }) as typeof client.query
}
