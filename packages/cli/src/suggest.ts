/** How many letters must be changed, added, dropped or swapped with their neighbour to make `b` of `a`. */
export function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}

/** The names that a person may have meant, best first, three at most. */
export function suggest(typed: string, names: readonly string[]): string[] {
  const word = typed.slice(0, 64)
  return names
    .map((name) => ({ name, off: name.split(' ').includes(word) ? 0 : distance(word, name) }))
    .filter(({ name, off }) => off <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.off - b.off || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map(({ name }) => name)
}
