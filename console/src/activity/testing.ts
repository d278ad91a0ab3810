import type { ActivityAssessment, ActivityItem } from '@custodia/wire/http/activity.ts'

/** An entry for tests. */
export const item = (fields: Partial<ActivityItem> = {}): ActivityItem => ({
  id: 'evt_a',
  at: '2026-01-31T09:30:00.000Z',
  type: 'identity.user.signed-in',
  summary: 'Something happened.',
  by: 'person',
  byId: null,
  address: '192.0.2.7',
  device: null,
  country: null,
  facts: {},
  assessment: null,
  ...fields,
})

export const assessment = (fields: Partial<ActivityAssessment> = {}): ActivityAssessment => ({
  verdict: 'allow',
  score: null,
  parts: [
    { feature: 'device', value: 'known', lean: -2, ratio: null },
    { feature: 'failures-address', value: 'none', lean: 0, ratio: null },
  ],
  ...fields,
})
