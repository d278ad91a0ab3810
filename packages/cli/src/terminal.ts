import { printable } from '@custodia/wire/printable.ts'

/** Where a command reads its surroundings and writes its words. */
export type Terminal = {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** One JSON document on standard output instead of words. */
  readonly json: boolean
  /** A line of the result. Silent under `json`. */
  say(line: string): void
  /** A line about the work, on standard error. */
  note(line: string): void
  /** Replaces the last progress; shown only to a person. An empty text removes it. */
  progress(text: string): void
  /** The result as data. Silent without `json`. */
  give(result: Readonly<Record<string, unknown>>): void
}

type Stream = { write(text: string): unknown; readonly isTTY?: boolean }

export function createTerminal(options: {
  readonly out: Stream
  readonly err: Stream
  readonly json: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
}): Terminal {
  const { out, err, json, environment } = options
  const live = err.isTTY === true && !json
  let shown = false
  const clear = () => {
    if (shown) err.write('\r\u001b[2K')
    shown = false
  }
  return {
    environment,
    json,
    say(line) {
      clear()
      if (!json) out.write(`${printable(line)}\n`)
    },
    note(line) {
      clear()
      err.write(`${printable(line)}\n`)
    },
    progress(text) {
      if (!live) return
      clear()
      if (text !== '') err.write(printable(text).replaceAll('\n', ' '))
      shown = text !== ''
    },
    give(result) {
      if (json) out.write(`${JSON.stringify(result)}\n`)
    },
  }
}
