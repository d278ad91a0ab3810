import type { Cell, CellStore } from '@custodia/edge/limits/cell-store.ts'
import { checkCells, keyOf } from '@custodia/edge/limits/cell-store.ts'
import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'

type Answer = { allowed: boolean; remaining: (string | number)[]; waits: (string | number)[] }

/** Cells that processes share, in PostgreSQL: one statement, by its clock. */
export function postgresCells(queries: Queries): CellStore {
  return {
    async spend(cells) {
      checkCells(cells)
      if (cells.length === 0) return { allowed: true, remaining: [], waitsMs: [] }
      const of = <T>(read: (cell: Cell) => T) => cells.map(read)
      const { rows } = await sql<Answer>`select allowed, remaining::text[], waits::text[] from limits.spend(
        ${of(keyOf)}::text[], ${of(({ rate }) => rate.stepUs)}::bigint[], ${of(({ rate }) => rate.roomUs)}::bigint[],
        ${of(({ cost = 1 }) => cost)}::bigint[], ${of(({ tried = false }) => tried)}::boolean[])`.execute(queries)
      const [answer] = rows
      if (answer === undefined) throw new Error('the store of limits gave no answer')
      return {
        allowed: answer.allowed,
        remaining: answer.remaining.map(Number),
        waitsMs: answer.waits.map((us) => Number(us) / 1000),
      }
    },
  }
}

/** Cells that are whole again. @returns how many there were. */
export async function deleteWhole(queries: Queries, most: number): Promise<number> {
  const { numAffectedRows } = await sql`delete from limits.cell where key in (
    select key from limits.cell where arrival < (extract(epoch from clock_timestamp()) * 1000000)::bigint limit ${most}
    for update skip locked)`.execute(queries)
  return Number(numAffectedRows ?? 0)
}
