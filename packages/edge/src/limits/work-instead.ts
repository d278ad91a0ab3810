import type { Challenges, Exceeded, Sent } from '../challenge/challenges.ts'
import { passCell, passFigures } from '../challenge/challenges.ts'
import type { Pass } from '../challenge/pass.ts'
import type { Cell, CellStore, Spent } from './cell-store.ts'
import type { Policy } from './policy.ts'

/** A request that had no room, by the policies that it belongs to and their cells, in one order. */
export type Waiting = {
  readonly policies: readonly Policy[]
  readonly cells: readonly Cell[]
  readonly address: string
  readonly sent: Sent
}

/** What came of it. */
export type Worked = {
  /** Which policy asks for work; null where none does, and what was spent decides. */
  readonly asks: number | null
  readonly waiting: Pick<Waiting, 'policies' | 'cells'>
  readonly spent: Spent
  /** Header fields of passes that were earned with this request. */
  readonly fields: Readonly<Record<string, string>> | null
  /** Policies under which a proof was taken, and those that a pass let it through. */
  readonly solved: readonly number[]
  readonly passed: readonly number[]
  /** True where a proof came that was not taken. */
  readonly failed: boolean
}

/** Which cells hold it up, where all of them belong to policies that challenge; null where another refuses as well. */
export function challengers({ policies, cells }: Pick<Waiting, 'policies' | 'cells'>, spent: Spent): number[] | null {
  const holding = cells.flatMap(({ tried }, i) => (tried !== true && (spent.waitsMs[i] as number) > 0 ? [i] : []))
  return holding.every((i) => policies[i]?.exceeded === 'challenge') ? holding : null
}

/**
 * Lets in who proved work: a pass is spent in the place of each cell that had no room, and all others as before. Nothing is remembered
 * of whoever brings neither a proof nor a pass.
 *
 * @param spent as the store said; `holding` of `challengers`.
 */
export async function workInstead(
  challenges: Challenges,
  store: CellStore,
  waiting: Waiting,
  spent: Spent,
  holding: readonly number[],
): Promise<Worked> {
  const passes = new Map<number, Pass>()
  const solved: number[] = []
  let asks: number | null = null
  for (const i of holding) {
    const exceeded = exceededAt(waiting, i)
    // A proof first: the pass that comes with it may be the one that is used up.
    const earned = challenges.hasProof(waiting.sent) ? await challenges.redeem(exceeded, store) : null
    if (earned !== null) solved.push(i)
    const pass = earned ?? challenges.held(exceeded)
    if (pass === null) asks ??= i
    else passes.set(i, pass)
  }
  const told = {
    fields: fieldsOf(challenges, waiting, solved, passes),
    solved,
    failed: challenges.hasProof(waiting.sent) && solved.length === 0,
  }
  if (asks !== null) return { ...told, asks, waiting, spent, passed: [] }
  const through = throughPasses(waiting, passes)
  const again = await store.spend(through.cells)
  if (again.allowed) {
    for (const i of passes.keys()) challenges.passed(waiting.cells[i] as Cell)
    return { ...told, asks, waiting: through, spent: again, passed: [...passes.keys()] }
  }
  const still = challengers(through, again)
  return still === null
    ? { ...told, asks, waiting: through, spent: again, passed: [] }
    : { ...told, asks: still[0] as number, waiting, spent, passed: [] }
}

export const exceededAt = ({ policies, cells, address, sent }: Waiting, i: number): Exceeded => ({
  policy: (policies[i] as Policy).name,
  cell: cells[i] as Cell,
  address,
  sent,
})

function throughPasses({ policies, cells }: Waiting, passes: ReadonlyMap<number, Pass>) {
  const passAt = (i: number) => passes.get(i)
  return {
    policies: policies.map((policy, i) => (passAt(i) === undefined ? policy : { ...policy, ...passFigures })),
    cells: cells.map((cell, i) => {
      const pass = passAt(i)
      return pass === undefined ? cell : passCell(cell, pass)
    }),
  }
}

/** A proof is about one policy: more than one pass is never earned at once. */
function fieldsOf(
  challenges: Challenges,
  { policies }: Waiting,
  solved: readonly number[],
  passes: ReadonlyMap<number, Pass>,
): Readonly<Record<string, string>> | null {
  const [i] = solved
  return i === undefined ? null : challenges.fields((policies[i] as Policy).name, passes.get(i) as Pass)
}
