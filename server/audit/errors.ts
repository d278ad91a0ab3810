import { refuser } from '../platform/errors.ts'

export const errors = {
  LEDGER_EVENT_TOO_LARGE: {
    status: 413,
    title: 'The event is too large for the ledger.',
    help: 'Send less with this request: an event takes up to limitBytes bytes of canonical JSON.',
  },
  LEDGER_ENTRY_UNKNOWN: {
    status: 404,
    title: 'There is no such entry that you may see.',
    help: 'Search the ledger for the entry; a new one has its index within a second.',
  },
  LEDGER_TILE_UNKNOWN: {
    status: 404,
    title: 'The ledger does not hold this tile.',
    help: 'Read the checkpoint for the size of the tree, and C2SP tlog-tiles for the paths of its tiles.',
  },
  LEDGER_SIZE_UNKNOWN: {
    status: 404,
    title: 'The ledger was never of these sizes.',
    help: 'Ask for 1 ≤ from ≤ to ≤ the size in the newest checkpoint.',
  },
  LEDGER_CURSOR_INVALID: {
    status: 400,
    title: 'The cursor is not one that this search gave.',
    help: 'Begin again without a cursor.',
  },
  LEDGER_SEARCH_TOO_WIDE: {
    status: 422,
    title: 'The search took too long.',
    help: 'Narrow it by a time, a type, an actor or a subject.',
  },
} as const

export const refuse = refuser(errors)
