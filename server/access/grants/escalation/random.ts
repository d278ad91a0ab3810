/** Numbers that look random and are the same for the same seed (mulberry32): a world that failed is made again by its seed. */
export type Dice = {
  below(n: number): number
  chance(p: number): boolean
  pick<T>(of: readonly T[]): T
  some<T>(of: readonly T[], p: number): T[]
  shuffle<T>(of: readonly T[]): T[]
}

export function dice(seed: number): Dice {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (n: number) => Math.floor(next() * n)
  return {
    below,
    chance: (p) => next() < p,
    pick: (of) => of[below(of.length)] as never,
    some: (of, p) => of.filter(() => next() < p),
    shuffle(of) {
      const all = [...of]
      for (let i = all.length - 1; i > 0; i--) {
        const j = below(i + 1)
        ;[all[i], all[j]] = [all[j] as never, all[i] as never]
      }
      return all
    },
  }
}
