import type { Factor } from '../factors/factor.ts'

export const passkey: Factor = {
  kind: 'passkey',
  amr: 'hwk',
  strength: 'phishing-resistant',
  way: async () => null,
  prove: async () => false,
  list: async () => [],
}
