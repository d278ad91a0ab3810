import { Type } from 'typebox'
import { Cursor, closed } from '../../packages/wire/src/http/common.ts'
import { ConsistencyProof, EntryProof, LedgerEntries, LedgerVerifier } from '../../packages/wire/src/http/ledger.ts'
import { columnsHeader } from '../../packages/wire/src/ledger/finding.ts'
import { FormatError } from '../../packages/wire/src/ledger/format-error.ts'
import type { TileName } from '../../packages/wire/src/ledger/tile.ts'
import { parseTilePath, tileWidth } from '../../packages/wire/src/ledger/tile.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { Route } from '../platform/http/route.ts'
import { defineRoute, Reply } from '../platform/http/route.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { LogIdentity } from './log-identity.ts'
import { proveConsistency, proveEntry } from './prove.ts'
import { readBundle, readTile } from './read-tile.ts'
import type { Reach, SearchServices } from './search.ts'
import { search } from './search.ts'
import { latestCheckpoint } from './store.ts'
import { disagreeingPlaces } from './verify-stored.ts'

const Name = Type.String({ minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9._:@-]+$' })

// PostgreSQL has no year 0.
const Time = Type.String({ format: 'date-time', pattern: '^[12]\\d{3}-' })

const SearchQuery = Type.Object(
  {
    /** How the type begins, as in `identity.user.`. */
    type: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-z0-9.-]+$' })),
    actor: Type.Optional(Name),
    subject: Type.Optional(Name),
    since: Type.Optional(Time),
    /** Exclusive. */
    until: Type.Optional(Time),
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  closed,
)

const Position = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const TileRest = Type.String({ maxLength: 40 })
const Bytes = Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' })

export type LedgerServices = SearchServices & { identify(): Promise<LogIdentity> }

export function ledgerRoutes(services: LedgerServices): readonly Route[] {
  const { database, recorder, identify } = services
  const { queries } = database

  const searchRoute = (path: string, summary: string, permission: string, reach: (principal: Principal) => Reach) =>
    defineRoute({
      method: 'GET',
      path,
      summary,
      who: { permission },
      limit: 'expensive',
      sensitive: false,
      query: SearchQuery,
      reply: LedgerEntries,
      errors: ['LEDGER_CURSOR_INVALID', 'LEDGER_SEARCH_TOO_WIDE'],
      handle: ({ principal, query }) => search(services, principal, reach(principal), query),
    })

  return [
    searchRoute('/v1/ledger/entries', 'Search the entries of your organisation.', 'ledger:read', (principal) => ({
      organisationId: principal.organisationId,
      personal: false,
    })),
    searchRoute(
      '/v1/ledger/personal-entries',
      'Search the entries of your organisation, with their personal fields opened.',
      'ledger:personal',
      (principal) => ({ organisationId: principal.organisationId, personal: true }),
    ),
    searchRoute(
      '/v1/ledger/installation-entries',
      'Search the entries that belong to the installation and to no organisation.',
      'ledger:installation',
      () => ({ organisationId: null, personal: false }),
    ),
    defineRoute({
      method: 'GET',
      path: '/v1/ledger/entries/:index/proof',
      summary: 'Prove that an entry of your organisation stands in the tree.',
      who: { permission: 'ledger:read' },
      limit: 'read',
      sensitive: false,
      params: Type.Object({ index: Position }, closed),
      reply: EntryProof,
      errors: ['LEDGER_ENTRY_UNKNOWN'],
      handle: ({ principal, params }) => proveEntry(services, principal, params.index),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/ledger/consistency',
      summary: 'Prove that one tree is where a later one begins.',
      who: 'anyone',
      limit: 'read',
      sensitive: false,
      query: Type.Object({ from: Position, to: Position }, closed),
      reply: ConsistencyProof,
      errors: ['LEDGER_SIZE_UNKNOWN'],
      handle: ({ query }) => proveConsistency(queries, query.from, query.to),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/ledger/verifier',
      summary: 'Read the key that verifies the checkpoints.',
      who: 'anyone',
      limit: 'read',
      sensitive: false,
      reply: LedgerVerifier,
      handle: async () => {
        const { origin, verifierKey } = await identify()
        return { origin, key: verifierKey }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/ledger/checkpoint',
      summary: 'Read the newest signed checkpoint (C2SP tlog-checkpoint).',
      who: 'anyone',
      limit: 'read',
      sensitive: false,
      reply: Type.String(),
      replyType: 'text/plain; charset=utf-8',
      errors: ['LEDGER_SIZE_UNKNOWN'],
      handle: async () => {
        const latest = await latestCheckpoint(queries)
        if (latest === null) throw refuse('LEDGER_SIZE_UNKNOWN')
        return new Reply(200, latest.note, { 'cache-control': 'no-cache' })
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/ledger/tile/:level/*',
      summary: 'Read a tile of hashes (C2SP tlog-tiles).',
      who: 'anyone',
      limit: 'read',
      sensitive: false,
      params: Type.Object({ level: Type.String({ pattern: '^[0-9]{1,2}$' }), '*': TileRest }, closed),
      reply: Bytes,
      replyType: 'application/octet-stream',
      errors: ['LEDGER_TILE_UNKNOWN'],
      handle: async ({ params }) => {
        const { level, index, width } = tileName(`tile/${params.level}/${params['*']}`)
        // However the address was written: entries are never for anyone.
        if (level === 'entries') throw refuse('LEDGER_TILE_UNKNOWN')
        const latest = await latestCheckpoint(queries)
        const tile = await readTile(queries, latest?.size ?? 0, level, index, width)
        if (tile === null) throw refuse('LEDGER_TILE_UNKNOWN')
        // What has a hash never changes, at any width.
        return new Reply<Uint8Array>(200, tile, { 'cache-control': 'public, max-age=31536000, immutable' })
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/ledger/tile/entries/*',
      summary: 'Read a bundle of entries, of every organisation (C2SP tlog-tiles).',
      who: { permission: 'ledger:read:all' },
      limit: 'read',
      sensitive: false,
      params: Type.Object({ '*': TileRest }, closed),
      reply: Bytes,
      replyType: 'application/octet-stream',
      errors: ['LEDGER_TILE_UNKNOWN'],
      handle: async ({ principal, params }) => {
        const { index, width } = tileName(`tile/entries/${params['*']}`)
        const latest = await latestCheckpoint(queries)
        const bundle = await readBundle(queries, latest?.size ?? 0, index, width)
        if (bundle === null) throw refuse('LEDGER_TILE_UNKNOWN')
        const { organisationId } = principal
        const exported = event('entries.exported', {
          organisationId,
          actor: actorOf(principal),
          data: { index, width },
        })
        await database.transaction((tx) => recorder.record(tx, exported))
        // What the tree can't show, since only the bodies are hashed: a column from which entries are searched was changed.
        const from = index * tileWidth
        const disagreeing = (await disagreeingPlaces(queries, from, from + width)).join(',')
        const headers = { 'cache-control': 'no-store', ...(disagreeing === '' ? {} : { [columnsHeader]: disagreeing }) }
        return new Reply<Uint8Array>(200, bundle, headers)
      },
    }),
  ]
}

function tileName(path: string): TileName {
  try {
    return parseTilePath(path)
  } catch (error) {
    throw error instanceof FormatError ? refuse('LEDGER_TILE_UNKNOWN') : error
  }
}
