import { refuser } from '../platform/errors.ts'

export const errors = {
  ACCESS_ROLE_UNKNOWN: {
    status: 422,
    title: 'There is no such role.',
    help: 'List the roles: those of the configuration (access.roles) and the organisation’s own.',
  },
  ACCESS_NOT_YOURS_TO_GIVE: {
    status: 403,
    title: 'A role carries a permission that you do not have yourself.',
    help: 'Ask somebody who has it to make the change.',
  },
  ACCESS_PERMISSION_WITHHELD: {
    status: 403,
    title: 'A permission reaches the whole installation, and counts in the organisation that operates it alone.',
    help: 'Leave it out. The reference of permissions says which ones reach so far.',
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
  ACCESS_NOT_YOUR_APPLICATION: {
    status: 403,
    title: 'An application asks about its own permissions and resources.',
    help: 'Use names that begin with the application’s and a colon, as in inbox:read.',
  },
  ACCESS_ON_BEHALF_REFUSED: {
    status: 403,
    title: 'Nothing proves that this person is asking now.',
    help: 'An application sends the header Custodia-Assertion of the request that it answers, as it came, within its minute.',
  },
  ACCESS_DECISION_TOKEN_INVALID: {
    status: 400,
    title: 'The decision token is none that was made for your organisation.',
    help: 'Send it as an earlier reply gave it, or leave it out.',
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
  ACCESS_EXPIRY_TOO_LATE: {
    status: 403,
    title: 'It would last longer than your own right to it.',
    help: 'Let it end no later than the detail says, or ask somebody who has the right for good.',
  },
  ACCESS_EXPIRY_PAST: {
    status: 422,
    title: 'The expiry is not in the future.',
    help: 'Say a later time.',
  },
  ACCESS_PERMISSION_UNKNOWN: {
    status: 422,
    title: 'There is no such permission.',
    help: 'Roles hold exact names; docs/reference/permissions.md lists them.',
  },
  ACCESS_ROLE_TAKEN: {
    status: 409,
    title: 'There is a role of this name.',
    help: 'Choose another name.',
  },
  ACCESS_ROLE_FIXED: {
    status: 409,
    title: 'The role comes from the configuration.',
    help: 'Make a role of your own that includes it.',
  },
  ACCESS_ROLE_IN_USE: {
    status: 409,
    title: 'Somebody has the role, or another role includes it.',
    help: 'Take it from them first.',
  },
  ACCESS_ROLE_MARKED: {
    status: 409,
    title: 'A role that is marked privileged stands still, and what it includes.',
    help: 'Ask to take the mark from it; a second administrator agrees.',
  },
  ACCESS_ROLE_UNMARKED: {
    status: 409,
    title: 'The role is not marked privileged.',
    help: 'There is nothing to do.',
  },
  ACCESS_ROLE_PRIVILEGED_HELD: {
    status: 409,
    title: 'Those who have the role would gain what needs a second administrator.',
    help: 'Make another role, and assign that.',
  },
  ACCESS_CYCLE: {
    status: 422,
    title: 'It would include itself, directly or by others.',
    help: 'Leave out the one that leads back.',
  },
  ACCESS_TOO_DEEP: {
    status: 422,
    title: 'It would be nested too deeply.',
    help: 'Put it closer to the top.',
  },
  ACCESS_TOO_MANY: {
    status: 409,
    title: 'There are as many as there may be.',
    help: 'Remove some that nobody needs.',
  },
  ACCESS_NAME_TAKEN: {
    status: 409,
    title: 'Another one has this name.',
    help: 'Choose another name.',
  },
  ACCESS_SUBJECT_UNKNOWN: {
    status: 422,
    title: 'There is nobody like this in the organisation.',
    help: 'Use the identifier of a person, a group or a service account of it, or the name of an application.',
  },
  ACCESS_GROUP_UNKNOWN: {
    status: 404,
    title: 'There is no such group.',
    help: 'List the groups.',
  },
  ACCESS_MEMBERSHIP_UNKNOWN: {
    status: 404,
    title: 'They are not in the group.',
    help: 'List its members.',
  },
  ACCESS_ASSIGNMENT_UNKNOWN: {
    status: 404,
    title: 'They do not have the role by themselves.',
    help: 'List their assignments; a role may come from a group.',
  },
  ACCESS_SERVICE_ACCOUNT_UNKNOWN: {
    status: 404,
    title: 'There is no such service account.',
    help: 'List the service accounts.',
  },
  ACCESS_APPROVAL_NEEDED: {
    status: 409,
    title: 'The role is given only where a second administrator agrees.',
    help: 'Assign it by /v1/assignments, which asks for that.',
  },
  ACCESS_APPROVAL_UNKNOWN: {
    status: 404,
    title: 'There is no such request.',
    help: 'List the approvals.',
  },
  ACCESS_APPROVAL_OVER: {
    status: 409,
    title: 'It was decided already, or its time is over.',
    help: 'Ask anew.',
  },
  ACCESS_APPROVAL_NOT_YOURS: {
    status: 403,
    title: 'Whoever asked, and whoever gains by it, can’t agree to it.',
    help: 'Ask another administrator.',
  },
  ACCESS_PERSON_NEEDED: {
    status: 403,
    title: 'Only a person who is signed in can ask for this, and agree to it.',
    help: 'Do it in the console.',
  },
  ACCESS_REVIEW_UNKNOWN: {
    status: 404,
    title: 'There is no such review.',
    help: 'List the reviews.',
  },
  ACCESS_REVIEW_OVER: {
    status: 409,
    title: 'The review is over.',
    help: 'Open another.',
  },
  ACCESS_REVIEW_OWN: {
    status: 403,
    title: 'It is your own.',
    help: 'Let another reviewer decide it.',
  },
  ACCESS_REVIEW_ITEM_UNKNOWN: {
    status: 404,
    title: 'The review does not list this.',
    help: 'List its items.',
  },
  ACCESS_REVIEW_EMPTY: {
    status: 422,
    title: 'There is nothing to review.',
    help: 'Choose another role or group.',
  },
} as const

export const refuse = refuser(errors)
