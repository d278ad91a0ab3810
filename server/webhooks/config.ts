import { setting } from '../platform/config/setting.ts'

export const config = {
  private: setting.flag({
    description:
      'Whether endpoints may lie on a private network or on this machine. Any administrator may then have those called.',
    example: 'true',
    default: false,
  }),
  retentionDays: setting.number({
    description:
      'How long deliveries that were made or given up are kept, with their attempts; until then they can be replayed.',
    example: '30',
    default: 30,
    min: 4,
    max: 365,
    unit: 'days',
  }),
}
