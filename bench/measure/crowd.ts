import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { CrowdCounts, CrowdOptions } from '../../tests/crowd.ts'
import type { CrowdMessage } from './crowd-process.ts'

/** A crowd of clients in a process of its own. */
export type DistantCrowd = {
  /** So many requests in a second, by all of them together and in turn. */
  flood(perSecond: number, seconds: number): Promise<CrowdCounts>
  end(): void
}

export function startCrowd(crowd: CrowdOptions): DistantCrowd {
  const child = fork(fileURLToPath(new URL('crowd-process.ts', import.meta.url)))
  const tell = (message: CrowdMessage) => child.send(message)
  // It comes from elsewhere, and takes no processor that somebody here wants.
  setPriority(child.pid as number, 10)
  tell({ crowd })
  return {
    async flood(perSecond, seconds) {
      const counted = once(child, 'message') as Promise<[CrowdCounts]>
      tell({ perSecond, seconds })
      return (await counted)[0]
    },
    end: () => child.disconnect(),
  }
}
