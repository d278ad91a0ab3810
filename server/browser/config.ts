import { setting } from '../platform/config/setting.ts'

export const config = {
  retentionDays: setting.number({
    description: 'How long it is kept that browsers refused something, after it was last reported.',
    example: '7',
    unit: 'days',
    default: 30,
    min: 1,
    max: 365,
  }),
  maxGroups: setting.number({
    description: 'How many different reports are kept of each application; what comes beyond is counted and forgotten.',
    example: '200',
    unit: 'groups',
    default: 500,
    min: 10,
    max: 5_000,
  }),
}
