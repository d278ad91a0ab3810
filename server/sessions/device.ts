import type { IncomingHttpHeaders } from 'node:http'

// The first that matches names it: most browsers also claim to be those further down.
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bVersion\/[\d.]+ (?:Mobile\/\w+ )?Safari\//, 'Safari'],
]

const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b|\bChrome ?OS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bmacOS\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

const maxRead = 512

/**
 * What the person would call the device, as in `Firefox on Linux`. It comes from what the browser says of itself, so it helps
 * to tell one's own devices apart and proves nothing. Only our own words come out, whatever goes in.
 */
export function deviceOf(headers: IncomingHttpHeaders): string {
  const agent = (headers['user-agent'] ?? '').slice(0, maxRead)
  const hint = headers['sec-ch-ua-platform']
  const said = typeof hint === 'string' ? hint.slice(0, maxRead) : ''
  const browser = nameOf(browsers, agent)
  const system = nameOf(systems, said) ?? nameOf(systems, agent)
  if (browser === null) return system === null ? 'Unknown device' : `Unknown browser on ${system}`
  return system === null ? browser : `${browser} on ${system}`
}

function nameOf(table: readonly (readonly [RegExp, string])[], text: string): string | null {
  return table.find(([pattern]) => pattern.test(text))?.[1] ?? null
}
