import { readFileSync } from 'node:fs'

/** proc(5): times are in clock ticks, which Linux shows as hundredths of a second on every architecture that Node runs on. */
const tickMs = 10

/** Processor time that a process has used so far, in milliseconds: unlike a rate, it hardly minds what else the machine does. */
export function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name of the program stands in brackets and may hold anything; utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * tickMs
}
