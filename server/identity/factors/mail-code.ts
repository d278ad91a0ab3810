import type { Factor } from './factor.ts'

export const mailCode: Factor = {
  kind: 'mail-code',
  amr: 'mail',
  strength: 'restricted',
  way: async () => null,
  prove: async () => false,
  list: async () => [],
}
