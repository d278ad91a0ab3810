/** A policy's text, by lines: what stays, goes and comes. */
export type Line = { readonly change: 'same' | 'removed' | 'added'; readonly text: string }

export type PolicyDiff = {
  readonly id: string
  readonly change: 'added' | 'removed' | 'changed'
  readonly lines: readonly Line[]
}

type Texts = ReadonlyMap<string, string>

/** Policies by their ids that differ between two versions, in the order of the ids. */
export function diffOf(before: Texts, after: Texts): readonly PolicyDiff[] {
  const ids = [...new Set([...before.keys(), ...after.keys()])].sort()
  return ids.flatMap((id): PolicyDiff[] => {
    const [old, next] = [before.get(id), after.get(id)]
    if (old === next) return []
    const change = old === undefined ? 'added' : next === undefined ? 'removed' : 'changed'
    return [{ id, change, lines: diffLines(linesOf(old), linesOf(next)) }]
  })
}

const linesOf = (text: string | undefined): readonly string[] => (text === undefined ? [] : text.split('\n'))

/** Beyond this many pairs of lines, all of the old go and all of the new come: the table would not be worth its memory. */
const maxPairs = 1_000_000

/** The longest common subsequence (Wagner and Fischer 1974) of what is left between the lines that both begin and end with. */
export function diffLines(before: readonly string[], after: readonly string[]): readonly Line[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail++
  const same = (text: string): Line => ({ change: 'same', text })
  return [
    ...before.slice(0, head).map(same),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ]
}

function middle(before: readonly string[], after: readonly string[]): readonly Line[] {
  const removed = before.map((text): Line => ({ change: 'removed', text }))
  const added = after.map((text): Line => ({ change: 'added', text }))
  if (before.length === 0 || after.length === 0 || before.length * after.length > maxPairs)
    return [...removed, ...added]
  const width = after.length + 1
  const common = new Uint32Array((before.length + 1) * width)
  const at = (i: number, j: number) => common[i * width + j] as number
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      common[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      lines.push({ change: 'same', text: before[i++] as string })
      j++
    } else if (at(i + 1, j) >= at(i, j + 1)) lines.push(removed[i++] as Line)
    else lines.push(added[j++] as Line)
  }
  return [...lines, ...removed.slice(i), ...added.slice(j)]
}
