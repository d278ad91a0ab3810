import type { Random } from '../../platform/random.ts'

/** After each try that failed; 65 hours in all, and up to 7 more by chance: three days. */
const pausesSeconds = [10, 60, 300, 1_800, 7_200, 18_000, 36_000, 72_000, 100_800] as const
export const maxTries = pausesSeconds.length + 1
/** Nobody is left alone for longer than that because they asked for it. */
const mostRetryAfterSeconds = 86_400

/** From so many failures in a row on an endpoint rests between tries, and gets one at a time. */
export const wary = 5
const restSeconds = { first: 30, most: 900 } as const

/**
 * How long to wait after the try with this number, from 1 on: up to a tenth more by chance, so that many do not come back at once.
 *
 * @param retryAfter what the receiver asked for (RFC 9110 §10.2.3), as seconds or a date. It makes the pause longer, never shorter.
 */
export function pauseMs(tries: number, random: Random, retryAfter: string | null, nowMs: number): number {
  const chance = random.bytes(2).readUInt16BE() / 65_536
  const usual = (pausesSeconds[tries - 1] as number) * 1_000
  const asked = Math.min(askedMs(retryAfter, nowMs), mostRetryAfterSeconds * 1_000)
  return Math.round(Math.max(usual, asked) * (1 + 0.1 * chance))
}

function askedMs(retryAfter: string | null, nowMs: number): number {
  if (retryAfter === null || retryAfter.length > 40) return 0
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1_000
  const at = /^[A-Z][a-z]{2}, /.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN
  return Number.isNaN(at) ? 0 : Math.max(0, at - nowMs)
}

/** How long an endpoint rests after so many failures in a row; 0 where it does not. */
export const restMs = (failures: number): number =>
  failures < wary ? 0 : Math.min(restSeconds.first * 2 ** Math.min(failures - wary, 10), restSeconds.most) * 1_000
