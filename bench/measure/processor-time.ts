import { readFileSync } from 'node:fs'

/** proc(5): times are in clock ticks, which Linux shows as hundredths of a second on every architecture that Node runs on. */
const tickMs = 10

/**
 * Processor time that a process has used so far, in milliseconds: unlike a rate, it hardly minds what else the machine does.
 *
 * @param withEnded adds that of children that have ended.
 */
export function processorMs(pid: number, withEnded = false): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name of the program stands in brackets and may hold anything; after it utime, stime, cutime and cstime come 12th to 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, withEnded ? 15 : 13).reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs
}
