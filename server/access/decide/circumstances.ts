import type { Circumstances } from '../relations/api.ts'
import type { Facts } from './question.ts'

/** What conditions of relations are held against. */
export const circumstancesOf = ({ nowMs, address, ...told }: Facts): Circumstances => ({
  nowMs,
  network: address,
  ...told,
})
