import type { Keyring } from '../../keyring/api.ts'
import type { Settings } from '../../platform/config/setting.ts'
import type { Context } from '../../platform/module.ts'
import { CommonCounts } from './common-counts.ts'
import type { Places } from './places.ts'
import { openPlaces } from './places.ts'
import type { riskSettings } from './settings.ts'

/** What the scoring of sign-ins works with. */
export type Risk = {
  /** Key of the hashes of values and of device cookies. */
  readonly key: Buffer
  readonly places: Places
  readonly common: CommonCounts
}

/** @throws Error in words where a database of networks is named and can't be read. */
export async function openRisk(
  { config, database, clock, log }: Omit<Context, 'config'> & { readonly config: Settings<typeof riskSettings> },
  keyring: Keyring,
): Promise<Risk> {
  return {
    key: await keyring.secret('risk-values'),
    places: openPlaces({ country: config.countryDatabase, asn: config.asnDatabase }),
    common: new CommonCounts({ database, clock, log }),
  }
}
