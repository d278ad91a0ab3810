import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Instant, NextCursor } from './common.ts'

/** One entry as the search shows it. `body` is the exact canonical JSON that was hashed. */
export const LedgerEntry = Type.Object({
  /** Position in the tree; null until the sequencer has placed it (well under a second). */
  index: Type.Union([Type.Integer(), Type.Null()]),
  id: Type.String(),
  at: Instant,
  /** `module.noun.verb` */
  type: Type.String(),
  summary: Type.String(),
  actor: Type.Object({ kind: Type.String(), id: Type.Union([Type.String(), Type.Null()]) }),
  subjectId: Type.Union([Type.String(), Type.Null()]),
  data: Type.Record(Type.String(), Type.Unknown()),
  /** Opened by `GET /v1/ledger/personal-entries` (needs `ledger:personal`); null elsewhere, or where there is none, or the key was shredded. */
  personal: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
  body: Type.String(),
})
export type LedgerEntry = Static<typeof LedgerEntry>

/** `GET /v1/ledger/entries?type=&actor=&subject=&since=&until=&cursor=&limit=` newest first: needs `ledger:read`. */
export const LedgerEntries = Type.Object({ items: Type.Array(LedgerEntry), next: NextCursor })
export type LedgerEntries = Static<typeof LedgerEntries>

/** Hashes are standard base64 (RFC 4648 §4), as in C2SP notes. */
const Hash = Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$' })

/** `GET /v1/ledger/entries/:index/proof`: needs `ledger:read`. Verifies against the checkpoint beside it. */
export const EntryProof = Type.Object({
  index: Type.Integer(),
  body: Type.String(),
  /** RFC 6962 §2.1.1, from the leaf's sibling up. */
  path: Type.Array(Hash),
  /** The signed note (C2SP tlog-checkpoint). */
  checkpoint: Type.String(),
})
export type EntryProof = Static<typeof EntryProof>

/** `GET /v1/ledger/consistency?from=&to=`: that the tree of `to` extends that of `from` (RFC 6962 §2.1.2). Anyone. */
export const ConsistencyProof = Type.Object({ from: Type.Integer(), to: Type.Integer(), path: Type.Array(Hash) })
export type ConsistencyProof = Static<typeof ConsistencyProof>

/** `GET /v1/ledger/verifier`: the note verifier key (C2SP signed-note) and where the log stands. Anyone. */
export const LedgerVerifier = Type.Object({ origin: Type.String(), key: Type.String() })
export type LedgerVerifier = Static<typeof LedgerVerifier>

// Plain files after C2SP tlog-tiles, at `/ledger/…`:
//   checkpoint, tile/<L>/<N>[.p/<W>]            anyone: signed note, hashes
//   tile/entries/<N>[.p/<W>]                    needs `ledger:read:all`: the entries themselves
