import { readdirSync, readFileSync } from 'node:fs'

/** Memory of a server and of the database that it started, in bytes. */
export type Resident = {
  /** Of the server: a page that n processes share counts as 1/n (PSS of proc(5)). */
  readonly server: number
  /** The same of all its descendants: what they share among themselves is counted once. */
  readonly database: number
  /** Of the server with its program whole (RSS), as where no other Node shares it. */
  readonly serverWhole: number
}

export function residentOf(pid: number): Resident {
  return {
    server: rollUp(pid, 'Pss'),
    database: descendantsOf(pid).reduce((sum, one) => sum + orNothing(() => rollUp(one, 'Pss')), 0),
    serverWhole: rollUp(pid, 'Rss'),
  }
}

function rollUp(pid: number, figure: 'Rss' | 'Pss'): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(new RegExp(`^${figure}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * 1_024
}

/** Zero for a process that ended since it was listed. */
function orNothing(read: () => number): number {
  try {
    return read()
  } catch {
    return 0
  }
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
