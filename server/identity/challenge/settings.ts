import { setting } from '../../platform/config/setting.ts'

/** When whoever tries a password has to work for it first. */
export const workSettings = {
  workAfterFailures: setting.number({
    description:
      'After how many wrong tries at one account within an hour its strangers prove work before each further one.',
    example: '30',
    default: 10,
    min: 1,
    max: 1_000,
    unit: 'wrong tries',
  }),
  workAfterFailuresEverywhere: setting.number({
    description:
      'After how many wrong tries at all accounts within an hour every stranger proves work before each sign-in.',
    example: '2000',
    default: 500,
    min: 10,
    max: 10_000,
    unit: 'wrong tries',
  }),
}
