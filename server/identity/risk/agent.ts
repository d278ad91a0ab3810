/** What a browser says of itself, as coarsely as it helps. Only our own words and one number come out. */
export type Agent = { readonly platform: string; readonly browser: string; readonly band: string }

// The first that matches names it: most browsers also claim to be those further down. The group is the major version.
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:A|iOS)?\/(\d{1,4})/, 'Edge'],
  [/\bOPR\/(\d{1,4})/, 'Opera'],
  [/\bSamsungBrowser\/(\d{1,4})/, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\/(\d{1,4})/, 'Firefox'],
  [/\b(?:Chrome|CriOS|HeadlessChrome)\/(\d{1,4})/, 'Chrome'],
  [/\bVersion\/(\d{1,4})[\d.]* (?:Mobile\/\w+ )?Safari\//, 'Safari'],
]

const platforms: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bmacOS\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

const maxRead = 512
/** A browser that appears every four weeks stays in one band for most of a year; Safari appears yearly. */
const bandOf = (browser: string, major: number): string => {
  const width = browser === 'Safari' ? 2 : 10
  const from = Math.floor(major / width) * width
  return `${browser} ${from}-${from + width - 1}`
}

export function agentOf(userAgent: string | undefined): Agent {
  const text = (userAgent ?? '').slice(0, maxRead)
  const platform = platforms.find(([pattern]) => pattern.test(text))?.[1] ?? 'unknown'
  for (const [pattern, browser] of browsers) {
    const found = pattern.exec(text)
    if (found !== null) return { platform, browser, band: bandOf(browser, Number(found[1])) }
  }
  return { platform, browser: 'unknown', band: 'unknown' }
}
