/** How long something shall last: a choice of the form, and the moment that goes with `at`, in local time. */
export type Lasting = { readonly choice: LastingChoice; readonly at: string }
export type LastingChoice = 'never' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'at'

const hourMs = 3_600_000
const lengths = { hour: hourMs, day: 24 * hourMs, week: 168 * hourMs, month: 720 * hourMs, quarter: 2_160 * hourMs }

export const forGood: Lasting = { choice: 'never', at: '' }

/** @returns the instant that it stands for; null where it is for good, undefined where none was said. */
export function untilOf({ choice, at }: Lasting, nowMs: number): string | null | undefined {
  if (choice === 'never') return null
  const ms = choice === 'at' ? Date.parse(at) : nowMs + lengths[choice]
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}
