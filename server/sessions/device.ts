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

/**
 * The browser's family and platform in one word, and its major version, from its User-Agent alone: it is the one header that
 * comes with every request, a WebSocket's too.
 */
export function browserOf(agent: string | undefined): { readonly name: string; readonly version: number | null } {
  const read = (agent ?? '').slice(0, maxRead)
  const system = nameOf(systems, read) ?? ''
  for (const [pattern, family] of browsers) {
    const at = read.search(pattern)
    if (at >= 0) return { name: `${family}/${system}`, version: Number(/\d{1,6}/.exec(read.slice(at))?.[0] ?? 0) }
  }
  // Programs differ by what they call themselves.
  return { name: `${read.split(/[/ ]/, 1)[0]}/${system}`, version: null }
}

function nameOf(table: readonly (readonly [RegExp, string])[], text: string): string | null {
  return table.find(([pattern]) => pattern.test(text))?.[1] ?? null
}
