/** What can be wrong with a ledger. */
export type FindingKind =
  /** The checkpoint is not in its format. */
  | 'checkpoint-malformed'
  /** The key did not sign the checkpoint, or it speaks for another log. */
  | 'signature-invalid'
  /** The signed root is neither that of the tiles nor that of the entries. */
  | 'root-mismatch'
  /** The tree is smaller than one that was signed before. */
  | 'tree-truncated'
  /** A tree signed before is not where this one begins. */
  | 'inconsistent-with-earlier'
  | 'entry-changed'
  | 'entry-missing'
  | 'entries-swapped'
  /** A stored hash is not that of the entries below it, which are right. */
  | 'tile-changed'
  | 'tile-missing'
  /** A column of the database, from which entries are searched, disagrees with what was hashed. */
  | 'column-changed'
  /** An entry that was slipped in where the sequencer had passed already. */
  | 'entry-unplaced'

export type Finding = {
  readonly kind: FindingKind
  /** The entry that is wrong, or the first of `count`; for tiles the first entry below the hash. */
  readonly index?: number
  /** How many entries from `index` on it is about, where that is not one. */
  readonly count?: number
  /** The other of two that were swapped. */
  readonly other?: number
  /** In a sentence, for a person. */
  readonly explanation: string
}

/**
 * On a reply with a bundle: places of entries, separated by commas, whose columns in the database (from which they are searched) are
 * not what their bodies say. The tree can't show it, since bodies alone are hashed.
 */
export const columnsHeader = 'custodia-columns-disagree'
