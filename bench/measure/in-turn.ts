/** Two figures, taken in turn so that both met the same machine. */
export type Pair = {
  readonly ours: number
  readonly other: number
  /** Quotients of ours and the other's figure, round by round. */
  readonly ratios: readonly number[]
}

/**
 * Measures ours and the other in turn, A B A B …, after rounds of each that do not count. What else the machine does hits both
 * alike, and the medians leave out what hit one alone.
 *
 * @param warmUp rounds that do not count, one unless said.
 */
export async function inTurn(
  rounds: number,
  ours: () => number | Promise<number>,
  other: () => number | Promise<number>,
  warmUp = 1,
): Promise<Pair> {
  for (let round = 0; round < warmUp; round++) {
    await ours()
    await other()
  }
  const figures: { ours: number; other: number }[] = []
  for (let round = 0; round < rounds; round++) figures.push({ ours: await ours(), other: await other() })
  return {
    ours: median(figures.map((one) => one.ours)),
    other: median(figures.map((one) => one.other)),
    ratios: figures.map((one) => one.ours / one.other),
  }
}

/** @throws RangeError where there is nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  if (low === undefined || high === undefined) throw new RangeError('there is no median of nothing')
  return (low + high) / 2
}

/** How far the rounds lay apart, for a remark: noise should be seen. */
export function spread({ ratios }: Pair): string {
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)]
  return `rounds from ${low.toFixed(2)} to ${high.toFixed(2)}`
}
