import type { CrowdCounts, CrowdOptions } from '../../tests/crowd.ts'
import { Crowd } from '../../tests/crowd.ts'

/** What this process is told, in this order. */
export type FloodMessage = { readonly crowd: CrowdOptions } | { readonly perSecond: number; readonly seconds: number }

// An attacker in a process of its own: whoever floods must share a thread neither with who bears it nor with who measures.
let crowd: Crowd | null = null
process.on('message', async (message: FloodMessage) => {
  if ('crowd' in message) crowd = new Crowd(message.crowd)
  else process.send?.((await crowd?.flood(message.perSecond, message.seconds)) satisfies CrowdCounts | undefined)
})
process.once('disconnect', () => process.exit())
