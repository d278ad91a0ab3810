/** One line of the table: a figure of ours beside that of a peer, or beside a limit. */
export type Row = {
  readonly name: string
  readonly ours: number
  /** The peer's figure, measured in turn with ours; for a promise that has no peer, the limit itself. */
  readonly other: number
  readonly unit: string
  /** How good ours is against the other: more is better, whichever way the unit counts. */
  readonly ratio: number
  /** The least ratio that keeps the promise. */
  readonly goal: number
  readonly met: boolean
  /** What helps to judge the figure: how far the rounds lay apart, what it cost in processor time. */
  readonly remarks: readonly string[]
}

/** One promise about speed. */
export type Bench = {
  /** As on the command line. */
  readonly name: string
  run(): Promise<readonly Row[]>
}

type Figures = Omit<Row, 'ratio' | 'met'>

/** A row of what should be many: requests in a second. */
export const more = (figures: Figures): Row => judged(figures, figures.ours / figures.other)

/** A row of what should be little: seconds, megabytes. */
export const less = (figures: Figures): Row => judged(figures, figures.other / figures.ours)

function judged(figures: Figures, ratio: number): Row {
  if (!(Number.isFinite(ratio) && ratio > 0)) throw new Error(`${figures.name}: nothing was measured`)
  return {
    ...figures,
    ours: rounded(figures.ours),
    other: rounded(figures.other),
    ratio: rounded(ratio),
    // As it is printed: 0.7996 is 0.8 to whoever reads the table, and to this comparison.
    met: rounded(ratio) >= figures.goal,
  }
}

/** Three significant digits: no figure of a machine that does other things is better than that. */
const rounded = (value: number) => Number(value.toPrecision(3))
