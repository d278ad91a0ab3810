import type { Logger } from 'pino'
import { pino } from 'pino'
import type { Log } from './log.ts'
import { loggable, loggableText } from './loggable.ts'
import { prettyLine } from './pretty-line.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type LoggerOptions = {
  readonly level: LogLevel
  /** Takes whole lines. Default: standard output, at once, so that the last words of a process are not lost. */
  readonly destination?: { write(line: string): unknown }
  /** One line for eyes instead of JSON. Default: whether standard output is a terminal. */
  readonly pretty?: boolean
}

/** The log of this process, on pino: one JSON object a line, with `level`, `time` (ISO 8601), `message` and the fields. */
export function createLogger(options: LoggerOptions): Log {
  const settings = {
    level: options.level,
    base: null,
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  }
  const pretty = options.pretty ?? (options.destination === undefined && process.stdout.isTTY === true)
  const plain = options.destination ?? (pretty ? process.stdout : undefined)
  const logger =
    plain === undefined
      ? pino(settings)
      : pino(settings, { write: (line: string) => void plain.write(pretty ? prettyLine(line) : line) })
  return bind(logger, {})
}

// pino's own children trip over a field that is named like a method of every object; merging does not.
function bind(logger: Logger, bound: object): Log {
  const at = (level: LogLevel) => (fields: object, message: string) => {
    // Copying costs more than asking.
    if (!logger.isLevelEnabled(level)) return
    logger[level]({ ...bound, ...withoutReserved(loggable(fields)) }, loggableText(message))
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => bind(logger, { ...bound, ...withoutReserved(loggable(fields)) }),
  }
}

/** A line has one `level`, `time` and `message`; readers take the last of two, which must not be a stranger's. */
function withoutReserved(fields: Record<string, unknown>): Record<string, unknown> {
  for (const key of ['level', 'time', 'message']) {
    if (!(key in fields)) continue
    fields[`${key}_`] = fields[key]
    delete fields[key]
  }
  return fields
}
