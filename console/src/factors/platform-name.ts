// In this order: a phone's name for itself contains those of others.
const platforms = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Macintosh/, 'Mac'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
] as const

/** What the device calls itself, as a suggestion for a name. @returns nothing where it does not say. */
export function platformName(userAgent: string): string {
  return platforms.find(([pattern]) => pattern.test(userAgent))?.[1] ?? ''
}
