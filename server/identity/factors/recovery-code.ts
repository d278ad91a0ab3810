import type { Factor } from './factor.ts'

export const recoveryCode: Factor = {
  kind: 'recovery-code',
  amr: 'recovery',
  strength: 'recovery',
  way: async () => null,
  prove: async () => false,
  list: async () => [],
}
