/** What a check found. `unknown` is never shown as if it held. */
export type Verdict = 'holds' | 'fails' | 'unknown'

/** Everything that a check can find, and what each means. */
export const verdicts = {
  'same-entry': 'holds',
  'other-entry': 'fails',
  'path-holds': 'holds',
  'path-fails': 'fails',
  signed: 'holds',
  'not-signed': 'fails',
  'other-key': 'fails',
  unsupported: 'unknown',
  'first-seen': 'unknown',
  extends: 'holds',
  'same-head': 'holds',
  'older-head': 'holds',
  shrunk: 'fails',
  forked: 'fails',
  'no-answer': 'unknown',
} as const satisfies Record<string, Verdict>

export type FindingCode = keyof typeof verdicts

/** One failure spoils all. A first sight is no doubt about what was checked; any other unknown is. */
export function overall(findings: readonly FindingCode[]): Verdict {
  if (findings.some((code) => verdicts[code] === 'fails')) return 'fails'
  return findings.some((code) => verdicts[code] === 'unknown' && code !== 'first-seen') ? 'unknown' : 'holds'
}
