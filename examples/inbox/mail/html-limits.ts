const maxCharacters = 1_048_576
/**
 * Of those that open, and of those that close. The sanitiser's time grows with the square of how deep tags are nested: 20,000 take
 * 0.2 s, 200,000 take 13 s; and each that closes nothing is looked for among all that are open.
 */
const maxTags = 20_000
const tag = /<(\/?)[a-z]/gi

/** Whether HTML is small enough to be shown as designed. Comments count as what is in them: never too few. */
export function showable(html: string): boolean {
  return withinLimits(html).length === html.length
}

/** As much of it as is small enough. */
export function withinLimits(html: string): string {
  const counts = { opening: 0, closing: 0 }
  const start = html.slice(0, maxCharacters)
  for (const { index, 1: slash } of start.matchAll(tag)) {
    const kind = slash === '/' ? 'closing' : 'opening'
    counts[kind] += 1
    if (counts[kind] > maxTags) return start.slice(0, index)
  }
  return start
}
