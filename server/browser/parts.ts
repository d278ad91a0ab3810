import type { Context } from '../platform/module.ts'
import type { DefendedApplication } from './api.ts'
import type { config } from './config.ts'
import { refuse } from './errors.ts'
import type { LivePolicies } from './live-policies.ts'
import type { Tally } from './tally.ts'

/** What every part of the module works with. */
export type Parts = {
  readonly context: Context<typeof config>
  readonly tally: Tally
  readonly live: LivePolicies
  /** By name; empty until the gateway has lent them. */
  applications: ReadonlyMap<string, DefendedApplication>
}

export const nowOf = ({ context }: Parts): Date => new Date(context.clock.nowMs())

/** @throws Refusal BROWSER_APPLICATION_UNKNOWN */
export function applicationOf({ applications }: Parts, name: string): DefendedApplication {
  const found = applications.get(name)
  if (found === undefined) throw refuse('BROWSER_APPLICATION_UNKNOWN')
  return found
}
