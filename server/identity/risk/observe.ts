import { agentOf } from './agent.ts'
import type { Value } from './network-levels.ts'
import { networkLevels } from './network-levels.ts'
import type { Places } from './places.ts'
import type { Spot } from './travel.ts'

/** What one request shows of itself. */
export type Observation = {
  /** Two chains, each from wide to narrow: the network and the browser. */
  readonly chains: readonly (readonly Value[])[]
  /** 0 to 5: parts of the day of four hours each, UTC. */
  readonly hour: number
  readonly spot: Spot
}

export function observe(
  request: { readonly address: string; readonly userAgent: string | undefined; readonly now: Date },
  places: Places,
): Observation {
  const found = places.find(request.address)
  const { platform, browser, band } = agentOf(request.userAgent)
  const agent = [
    { feature: 'platform', key: platform, shown: platform },
    { feature: 'browser', key: `${platform}/${browser}`, shown: browser },
    { feature: 'version', key: `${platform}/${band}`, shown: band },
  ]
  return {
    chains: [networkLevels(request.address, found), agent],
    hour: Math.floor(request.now.getUTCHours() / 4),
    spot: found,
  }
}
