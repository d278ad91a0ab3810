import { longestWaitMs } from '@custodia/edge/limits/guarded-cells.ts'
import { setting } from '../platform/config/setting.ts'
import { checkLimits, defaultLimits } from '../platform/http/limits.ts'

export const config = {
  classes: setting.structure({
    description:
      'How many requests one address may make at once, and in how long it earns them back, by class of route. Its network may make 16 times as many, and each account that is signed in twice as many.',
    shape: 'a mapping of sign-in, read, write or expensive to { burst, perSeconds }',
    example: '{ "read": { "burst": 2400, "perSeconds": 60 } }',
    default: defaultLimits,
    check: checkLimits,
  }),
  store: setting.oneOf({
    description:
      'Where it is counted who did what how often: in Redis where the installation has one and else in each process, or as said. Redis needs CUSTODIA_REDIS_URL.',
    values: ['auto', 'process', 'redis', 'postgres'],
    example: 'postgres',
    default: 'auto',
  }),
  storeWaitMs: setting.number({
    description:
      'How long a request waits for Redis or PostgreSQL to count it. Once that was too short, this process counts alone for a while.',
    min: 5,
    max: 100,
    unit: 'milliseconds',
    example: '20',
    default: longestWaitMs,
  }),
}
