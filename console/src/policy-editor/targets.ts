import type { PolicyVersion } from '@custodia/wire/http/policies.ts'

/**
 * What can be rolled back to, the likeliest first: the version that was live last before the one that is. Versions that were written after it
 * come last, since to go back to them is to undo a roll-back. 0 stands for no policies, where any are live.
 */
export function targetsOf(versions: readonly PolicyVersion[]): readonly number[] {
  const live = versions.find(({ state }) => state === 'live')?.number ?? null
  const retired = versions
    .filter(({ state }) => state === 'retired')
    .toSorted((a, b) => (b.liveAt ?? '').localeCompare(a.liveAt ?? ''))
    .map(({ number }) => number)
  if (live === null) return retired
  return [...retired.filter((one) => one < live), 0, ...retired.filter((one) => one > live)]
}
