import type { CrowdOptions } from '../../tests/crowd.ts'
import { Crowd } from '../../tests/crowd.ts'

/** What this process is told: first who they are, then what to do. */
export type CrowdMessage = { readonly crowd: CrowdOptions } | { readonly perSecond: number; readonly seconds: number }

// The other end of `crowd.ts`: a crowd must share a thread neither with who bears it nor with who measures.
let crowd: Crowd | null = null
process.on('message', async (message: CrowdMessage) => {
  if ('crowd' in message) crowd = new Crowd(message.crowd)
  else process.send?.(await crowd?.flood(message.perSecond, message.seconds))
})
process.once('disconnect', () => process.exit())
