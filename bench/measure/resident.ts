import { readdirSync, readFileSync } from 'node:fs'

/**
 * Memory of a process and its descendants, in bytes. A page that n processes share counts as 1/n for each (PSS of proc(5)), so that what
 * they share among themselves is counted once. The first one, our Node, counts whole (RSS): other Nodes of this machine share its
 * program, and would make it look smaller.
 */
export function residentBytes(pid: number): {
  readonly node: number
  readonly database: number
  readonly processes: number
} {
  const descendants = descendantsOf(pid)
  return {
    node: rollUp(pid, 'Rss'),
    database: descendants.reduce((sum, one) => sum + rollUp(one, 'Pss'), 0),
    processes: 1 + descendants.length,
  }
}

function rollUp(pid: number, figure: 'Rss' | 'Pss'): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(new RegExp(`^${figure}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * 1_024
}

function descendantsOf(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [
          {
            pid: Number(name),
            parent: Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]),
          },
        ]
      } catch {
        return [] // It has ended meanwhile.
      }
    })
  const children = (of: number): number[] =>
    parents.filter(({ parent }) => parent === of).flatMap((one) => [one.pid, ...children(one.pid)])
  return children(pid)
}
