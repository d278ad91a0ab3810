import { askedOf as askedOfLedger } from '../ledger/filter.ts'

/** The filters as they stand in the address: days are of the reader's own calendar. */
export type AddressFilter = {
  since?: string
  until?: string
  principal?: string
  action?: string
  decision?: string
}

export const filterNames = ['since', 'until', 'principal', 'action', 'decision'] as const

/** The filters as the API takes them: instants. A day that is none is left out, as is an answer that is neither. */
export function askedOf({ since, until, principal, action, decision }: AddressFilter): AddressFilter {
  const days = askedOfLedger({ ...(since !== undefined && { since }), ...(until !== undefined && { until }) })
  return {
    ...days,
    ...(principal !== undefined && { principal }),
    ...(action !== undefined && { action }),
    ...((decision === 'allow' || decision === 'deny') && { decision }),
  }
}
