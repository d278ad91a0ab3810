import type { Assurance } from '@custodia/wire/http/sessions.ts'
import { setting } from '../platform/config/setting.ts'
import { assuranceOf, assurances } from '../platform/http/assurance.ts'

export type Timeouts = {
  readonly [Level in Assurance]?: { readonly idleSeconds?: number; readonly absoluteSeconds?: number }
}

type Configured = {
  readonly idleTimeoutSeconds: number
  readonly absoluteTimeoutSeconds: number
  readonly timeouts: Timeouts
}

const bounds = { idleSeconds: [120, 86_400], absoluteSeconds: [300, 2_592_000] } as const

export const timeouts = setting.structure<Timeouts>({
  description: 'Other timeouts for sessions of one assurance; what is not said here is as for all.',
  shape:
    'a mapping of one-factor, two-factors or phishing-resistant to { idleSeconds: 120 to 86400, absoluteSeconds: 300 to 2592000 }',
  example: '{ "one-factor": { "idleSeconds": 900 }, "phishing-resistant": { "absoluteSeconds": 86400 } }',
  default: {},
  check: checkTimeouts,
})

/** How long a session with these factors lives: without a request, and at all. */
export function timeoutsOf(
  { idleTimeoutSeconds, absoluteTimeoutSeconds, timeouts }: Configured,
  factors: readonly string[],
): { readonly idleMs: number; readonly absoluteMs: number } {
  const { idleSeconds, absoluteSeconds } = timeouts[assuranceOf(factors)] ?? {}
  const absoluteMs = (absoluteSeconds ?? absoluteTimeoutSeconds) * 1000
  return { idleMs: Math.min((idleSeconds ?? idleTimeoutSeconds) * 1000, absoluteMs), absoluteMs }
}

function checkTimeouts(value: unknown): Timeouts {
  if (!isMapping(value)) throw new Error('it is not a mapping')
  for (const [level, fields] of Object.entries(value)) {
    if (!assurances.some((one) => one === level)) throw new Error(`${level} is not an assurance`)
    if (!isMapping(fields)) throw new Error(`${level} is not a mapping`)
    for (const [name, seconds] of Object.entries(fields)) {
      if (name !== 'idleSeconds' && name !== 'absoluteSeconds') throw new Error(`${level}.${name} is not known`)
      const [min, max] = bounds[name]
      if (!Number.isInteger(seconds) || Number(seconds) < min || Number(seconds) > max)
        throw new Error(`${level}.${name} is not a number of seconds from ${min} to ${max}`)
    }
  }
  return value
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
