/** An entry whose hash is not the one that the tree holds. `found` is null where there is none. */
export type Mismatch = { readonly index: number; readonly expected: string; readonly found: string | null }

/**
 * Sets the entries of one bundle against the hashes that the tree holds for them, and tells a missing entry, which moves
 * all that follow it, from changed ones.
 *
 * @param found the hashes of the entries, null for one that is empty: no entry is, so it marks a gap.
 * @returns what does not fit, and at each place the hash that was found there.
 */
export function alignEntries(
  first: number,
  expected: readonly string[],
  found: readonly (string | null)[],
): { mismatches: Mismatch[]; placed: (string | null)[] } {
  const mismatches: Mismatch[] = []
  const placed: (string | null)[] = []
  let gaps = expected.length - found.length
  let next = 0
  for (const [i, wanted] of expected.entries()) {
    const candidate = found[next]
    // With entries to spare, one that belongs further on, or to no place at all, shows that this one is gone.
    const gone =
      candidate === undefined || (gaps > 0 && candidate !== wanted && candidate !== null && isLater(candidate, i))
    if (gone) gaps--
    else next++
    const here = gone ? null : (candidate ?? null)
    placed.push(here)
    if (here !== wanted) mismatches.push({ index: first + i, expected: wanted, found: here })
  }
  return { mismatches, placed }

  function isLater(candidate: string, at: number): boolean {
    const place = expected.indexOf(candidate, at + 1)
    return place > at
  }
}
