/**
 * A score as sessions and policies have it: hundredths of a power of ten, 0 as usual to 1,000. So 100 is ten times as likely of somebody else
 * as of this person; what is likelier of this person is 0.
 */
export const sessionRisk = (score: number): number => Math.max(0, Math.min(1_000, Math.round(score * 100)))
