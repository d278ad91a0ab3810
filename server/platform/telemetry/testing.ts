import type { Log } from './log.ts'

export type LogLine = { readonly level: string; readonly fields: object; readonly message: string }

/** A log that keeps its lines, for tests that say what must or must not be logged. */
export function keepingLog(): { readonly log: Log; readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = []
  const bound = (bindings: object): Log => {
    const at = (level: string) => (fields: object, message: string) => {
      lines.push({ level, fields: { ...bindings, ...fields }, message })
    }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => bound({ ...bindings, ...fields }),
    }
  }
  return { log: bound({}), lines }
}
