import { refuser } from '../platform/errors.ts'

export const errors = {
  BROWSER_APPLICATION_UNKNOWN: {
    status: 404,
    title: 'There is no such application here.',
    help: 'Use the name of an application in the configuration (gateway.applications).',
  },
  BROWSER_POLICY_REFUSED: {
    status: 422,
    title: 'This can’t be allowed by a policy.',
    help: 'Name single origins, hashes, `data:`, `blob:` or the keywords of CSP; never `*` or a whole scheme.',
  },
  BROWSER_POLICY_NOT_LEARNT: {
    status: 409,
    title: 'The policy of this application is not learnt.',
    help: 'Set its profile to `learn` in the configuration (edge.browser.profile), or allow sources there.',
  },
  BROWSER_POLICY_FIRST: {
    status: 409,
    title: 'Nothing was live before this version.',
    help: 'Take the policy back: then nothing is held, and everything reported.',
  },
  BROWSER_POLICY_CHANGED: {
    status: 409,
    title: 'Somebody else changed it just now.',
    help: 'Read it again, and do it once more where that is still wanted.',
  },
} as const

export const refuse = refuser(errors)
