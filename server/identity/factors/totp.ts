import type { Factor } from './factor.ts'

export const totp: Factor = {
  kind: 'totp',
  amr: 'otp',
  strength: 'possession',
  way: async () => null,
  prove: async () => false,
  list: async () => [],
}
