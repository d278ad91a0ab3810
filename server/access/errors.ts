import { refuser } from '../platform/errors.ts'

export const errors = {
  ACCESS_ROLE_UNKNOWN: {
    status: 422,
    title: 'There is no such role.',
    help: 'Use one of the roles in the configuration (access.roles).',
  },
  ACCESS_NOT_YOURS_TO_GIVE: {
    status: 403,
    title: 'A role carries a permission that you do not have yourself.',
    help: 'Ask somebody who has it to make the change.',
  },
  ACCESS_LAST_ADMINISTRATOR: {
    status: 409,
    title: 'The organisation would be left without an administrator.',
    help: 'Make somebody else administrator first.',
  },
  ACCESS_POLICY_UNREADABLE: {
    status: 422,
    title: 'The policy file can’t be read.',
    help: 'The detail says where. docs/specs/policy-file.md says how it is written.',
  },
  ACCESS_POLICY_TOO_COMPLEX: {
    status: 422,
    title: 'Reading the policies took too much time, depth or memory.',
    help: 'Nest expressions less deeply, and split long chains into several policies.',
  },
  ACCESS_POLICY_BUSY: {
    status: 503,
    title: 'Other policies are being read.',
    help: 'Try again in a few seconds.',
  },
  ACCESS_POLICY_VERSION_UNKNOWN: {
    status: 404,
    title: 'The organisation has no such version of its policies.',
    help: 'List the versions; very old ones that were never live are removed.',
  },
  ACCESS_POLICY_STATE: {
    status: 409,
    title: 'The version is not in the state that this step begins with.',
    help: 'A version is tested, then shadowed, then made live; only a retired one is rolled back to.',
  },
  ACCESS_POLICY_CHANGED: {
    status: 409,
    title: 'Another version was made live since this one was shadowed.',
    help: 'Shadow it again, so that what would change is said of the policies that are live now.',
  },
  ACCESS_POLICY_NOT_GREEN: {
    status: 422,
    title: 'The version has errors, or a test of it fails.',
    help: 'Test the version to see which, and make a new draft.',
  },
  ACCESS_POLICY_DISAGREEMENT: {
    status: 500,
    title: 'Cedar and the compiled form of the policies decide a test differently.',
    help: 'The version stays as it is. Please report it, with the policy that is named.',
  },
  ACCESS_POLICY_LOCKS_YOU_OUT: {
    status: 409,
    title: 'With this version you could not change the policies any more.',
    help: 'Except access administration from the forbid that is named.',
  },
  ACCESS_POLICY_NEEDS_ANOTHER: {
    status: 403,
    title: 'The version gives privileged permissions: whoever wrote it can’t make it live.',
    help: 'Ask another administrator to make it live.',
  },
  ACCESS_CURSOR_INVALID: {
    status: 400,
    title: 'The cursor is none that this list gave.',
    help: 'Begin again without a cursor.',
  },
  ACCESS_RELATION_MALFORMED: {
    status: 422,
    title: 'The change of relations is malformed.',
    help: 'The detail says what is wrong. A call has 1 to 100 tuples; identifiers are 1 to 200 printable ASCII characters without # and space.',
  },
  ACCESS_RELATION_UNKNOWN: {
    status: 422,
    title: 'There is no such resource type, or it has no such relation.',
    help: 'Use the types that the application’s configuration declares.',
  },
  ACCESS_RELATION_SUBJECT_REFUSED: {
    status: 422,
    title: 'The relation can’t be given to a subject of that kind.',
    help: 'The type’s declaration says which kinds it takes; everyone only where it says so.',
  },
  ACCESS_RELATION_NOT_YOURS_TO_GIVE: {
    status: 403,
    title:
      'Sharing this is not yours: you neither manage the resource nor have all that this would give, whatever the conditions.',
    help: 'Ask somebody who manages the resource.',
  },
  ACCESS_RELATION_OUTLIVES_YOURS: {
    status: 422,
    title: 'What you give would last longer than what you have.',
    help: 'Give it until the moment that is named, or earlier.',
  },
  ACCESS_RELATIONS_TOO_DEEP: {
    status: 422,
    title: 'The resource’s relations lead over more than 25 others.',
    help: 'Nest folders and teams less deeply.',
  },
  ACCESS_RELATIONS_TOO_WIDE: {
    status: 422,
    title: 'Too many resources or subject sets stand between the subject and the resource.',
    help: 'A relation to one resource names at most 100 resources or subject sets; ask about less at once.',
  },
} as const

export const refuse = refuser(errors)
