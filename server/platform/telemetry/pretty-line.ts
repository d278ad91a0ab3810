/** A line of the log for a terminal: `12:00:00.000 INFO  message  field=value …`. */
export function prettyLine(json: string): string {
  const { level, time, message, ...fields } = JSON.parse(json) as Record<string, unknown>
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${show(value)}`)
  const words = [String(time).slice(11, 23), String(level).toUpperCase().padEnd(5), String(message)]
  return `${[...words, ...rest].join(' ')}\n`
}

function show(value: unknown): string {
  // Quotes only where a value could be taken for more than one.
  return typeof value === 'string' && /^[^\s="]+$/.test(value) ? value : JSON.stringify(value)
}
