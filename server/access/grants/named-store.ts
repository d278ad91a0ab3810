import type { Queries } from '../../platform/database/database.ts'
import type { Moment } from './cursor.ts'

/** What has a name of its own in an organisation, and an identifier that everything else knows it by. */
type Named = { id: string; organisation_id: string; name: string; created_at: Date }

/** The statements that such a table has in common with others. @param table with its schema, in the words of the code: none is from outside. */
export function namedStore<Row extends Named>(table: string) {
  // The rows of every such table have these columns; which others, `Row` says.
  const rows = (queries: Queries) => queries.withTables<{ named: Named }>()
  const name = table as 'named'
  const inOrganisation = (queries: Queries, organisationId: string) =>
    rows(queries).selectFrom(name).where('organisation_id', '=', organisationId)
  const one = async (queries: Queries, organisationId: string, column: 'id' | 'name', value: string) =>
    ((await inOrganisation(queries, organisationId).selectAll().where(column, '=', value).executeTakeFirst()) ??
      null) as Row | null
  return {
    read: (queries: Queries, organisationId: string, id: string) => one(queries, organisationId, 'id', id),
    readByName: (queries: Queries, organisationId: string, value: string) =>
      one(queries, organisationId, 'name', value),

    /** The first to be made comes first. */
    async readPage(
      queries: Queries,
      organisationId: string,
      { after, limit }: { readonly after: Moment | null; readonly limit: number },
    ): Promise<Row[]> {
      const query = inOrganisation(queries, organisationId).selectAll()
      const rest =
        after === null
          ? query
          : query.where(({ eb, refTuple, tuple }) => eb(refTuple('created_at', 'id'), '>', tuple(after.at, after.id)))
      return (await rest.orderBy('created_at').orderBy('id').limit(limit).execute()) as unknown as Row[]
    },

    async count(queries: Queries, organisationId: string): Promise<number> {
      const { count } = await inOrganisation(queries, organisationId)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    async remove(tx: Queries, organisationId: string, id: string): Promise<void> {
      await rows(tx).deleteFrom(name).where('organisation_id', '=', organisationId).where('id', '=', id).execute()
    },
  }
}
