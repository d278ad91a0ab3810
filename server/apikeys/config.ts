import { setting } from '../platform/config/setting.ts'

export const config = {
  maxDays: setting.number({
    description: 'How long a key of a person or a service account may live; also what it gets where nobody says.',
    example: '30',
    default: 90,
    min: 1,
    max: 3_650,
    unit: 'days',
  }),
  retentionDays: setting.number({
    description:
      'How long a key that was revoked or has expired is still kept, without anything that would make it work.',
    example: '30',
    default: 90,
    min: 1,
    max: 3_650,
    unit: 'days',
  }),
}
