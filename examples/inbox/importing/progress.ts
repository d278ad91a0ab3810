import { problems } from '../mail/problem.ts'
import type { ImportCounts } from '../store/imports.ts'
import type { Imported } from './import-mail.ts'

type Terminal = { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown }

const barWidth = 24
const redrawMs = 80

/** A bar where somebody watches; otherwise one line, or one JSON object, when it is done. */
export function createProgress(options: { readonly json: boolean; readonly out: Terminal; readonly error: Terminal }) {
  const { json, out, error } = options
  const watched = error.isTTY === true && !json
  const reports: { origin: string; outcome: string; problem: string }[] = []
  let files = 0
  let done = 0
  let drawnMs = 0

  const clear = () => watched && error.write('\r\u001b[2K')

  return {
    onFiles(count: number) {
      files = count
    },
    onFile(count: number) {
      done = count
    },
    onMessage({ origin, outcome, problem }: Imported, counts: ImportCounts) {
      if (outcome === 'malformed' || outcome === 'refused') {
        const text = problem === null ? '' : problems[problem]
        if (json) reports.push({ origin, outcome, problem: problem ?? '' })
        else {
          clear()
          error.write(`${outcome}: ${printable(origin)}: ${text}\n`)
        }
      }
      if (!watched || Date.now() - drawnMs < redrawMs) return
      drawnMs = Date.now()
      const filled = files === 0 ? 0 : Math.round((done / files) * barWidth)
      const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
      error.write(`\r\u001b[2K${bar} ${done}/${files} files, ${lineOf(counts)}`.slice(0, (error.columns ?? 80) + 5))
    },
    end(counts: ImportCounts) {
      clear()
      out.write(json ? `${JSON.stringify({ ...counts, reports })}\n` : `${lineOf(counts)}\n`)
    },
  }
}

/** A file's name may hold anything, a terminal's control sequences too. */
const printable = (text: string) => text.replace(/[\p{Cc}\p{Cf}]/gu, '?')

const lineOf = ({ found, added, known, malformed, refused }: ImportCounts) =>
  `found ${found}: ${added} new, ${known} known, ${malformed} malformed, ${refused} refused`
