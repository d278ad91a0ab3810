import type { Factor } from './factor.ts'

export const smsCode: Factor = {
  kind: 'sms-code',
  amr: 'sms',
  strength: 'restricted',
  way: async () => null,
  prove: async () => false,
  list: async () => [],
}
