const number = new Intl.NumberFormat('en')
const count = (n: number, one: string, many: string) => `${number.format(n)} ${n === 1 ? one : many}`
const named = (version: number) => (version === 0 ? 'no policies' : `version ${version}`)
const instead = (live: number) =>
  `It decides from the next request on, for everybody, ${live === 0 ? 'where roles and relations alone decide now' : `in place of version ${live}`}.`

/** The texts about the organisation's own policies, which the first page does not need. */
export const policyTexts = {
  title: 'Policies',
  answer: (live: number, policies: number) =>
    live === 0
      ? 'No policies of your own are live'
      : `Version ${live} is live, with ${count(policies, 'policy', 'policies')}`,
  note: 'Policies in Cedar allow or forbid beside roles and relations; a forbid wins over all. A version decides nothing until it was tested, tried on logged decisions, and made live.',
  newDraft: 'New draft',
  versions: 'Versions',
  none: 'There are no versions yet',
  noneHelp: 'Until there are, roles and relations alone decide.',
  version: (version: number) => `Version ${version}`,
  all: 'All versions',
  states: { draft: 'Draft', tested: 'Tested', shadowed: 'Tried', live: 'Live', retired: 'Retired' },
  next: {
    draft: 'It decides nothing. Next, validate and test it.',
    tested: 'It is valid and its tests pass. Next, try it on logged decisions.',
    shadowed: 'It was tried on logged decisions. It can be made live.',
    live: 'It decides now.',
    retired: 'It was live, and can be again in one step.',
  },
  by: 'by',
  nobody: { operator: 'the operator', system: 'the operator' } as Readonly<Record<string, string>>,
  contents: (policies: number, tests: number) =>
    `${count(policies, 'policy', 'policies')}, ${count(tests, 'test', 'tests')}`,
  text: 'Policy file',
  textHint:
    'Cedar, with an @id for each policy and tests as comments: docs/specs/policy-file.md. Tab leaves the field.',
  reason: 'Reason',
  reasonHint: 'It stands in the ledger with your name.',
  draftTitle: 'New draft',
  draftAnswer: 'What should be allowed, and what forbidden?',
  draftFrom: (version: number) => (version === 0 ? 'It begins empty.' : `It begins as version ${version}.`),
  save: 'Save as draft',
  discard: 'Discard',
  leaveTitle: 'Leave without saving?',
  leaveWhat: 'What you wrote is kept nowhere. Save it as a draft first: a draft decides nothing.',
  leave: 'Leave',
  test: 'Validate and test',
  edit: 'Edit as a new draft',
  findings: 'Validation and tests',
  stale: 'The text was changed since.',
  green: (tests: number) =>
    tests === 0 ? 'Valid. It has no tests.' : `Valid, and ${count(tests, 'test passes', 'tests pass')}.`,
  errors: (n: number) => `${count(n, 'error keeps', 'errors keep')} it from going live.`,
  failed: (n: number, of: number) => `${number.format(n)} of ${count(of, 'test', 'tests')} failed.`,
  error: 'Error',
  warning: 'Warning',
  line: (line: number) => `Line ${line}`,
  noLine: 'All lines',
  tests: 'Tests',
  passed: 'Passed',
  notPassed: 'Failed',
  decided: { allow: 'allowed', deny: 'refused' },
  outcome: (expect: 'allow' | 'deny', decision: 'allow' | 'deny' | null) => {
    const words = { allow: 'allowed', deny: 'refused' }
    const wanted = `Expected: ${words[expect]}.`
    return decision === null ? wanted : `${wanted} Decided: ${words[decision]}.`
  },
  decidedBy: (ids: readonly string[]) => (ids.length === 0 ? 'By no policy.' : `By ${ids.join(', ')}.`),
  shadow: 'Tried on logged decisions',
  try: 'Try on logged decisions',
  days: 'Days back',
  trying: 'Decisions are decided again. This takes up to ten seconds.',
  shadowSame: 'No logged decision would be another.',
  shadowChanges: (toDeny: number, toAllow: number) =>
    [
      ...(toDeny === 0 ? [] : [`${count(toDeny, 'allowed decision', 'allowed decisions')} would be refused.`]),
      ...(toAllow === 0 ? [] : [`${count(toAllow, 'refused decision', 'refused decisions')} would be allowed.`]),
    ].join(' '),
  shadowLooked: (looked: number, replayed: number, against: number) =>
    `Of ${count(looked, 'decision', 'decisions')}, ${number.format(replayed)} could be decided again. Compared with ${named(against)}.`,
  shadowCut: 'There are more decisions than were looked at: ask for fewer days to see all of them.',
  shadowOld: (against: number, live: number) =>
    `It was compared with ${named(against)}, and now ${live === 0 ? 'none is' : `version ${live} is`} live. Try it again before you make it live.`,
  shadowLeft: 'Could not be decided again',
  changes: { 'allow-to-deny': 'Would be refused', 'deny-to-allow': 'Would be allowed' },
  before: 'Decided now by',
  after: 'Then by',
  noPolicies: 'none',
  examples: 'Examples',
  openLog: 'Find them among the decisions',
  diff: (live: number) => `Compared with ${live === 0 ? 'no policies' : `version ${live}, which is live`}`,
  diffSame: 'No policy differs.',
  diffSameHelp: 'Comments and tests may.',
  changed: { added: 'Added', removed: 'Removed', changed: 'Changed' },
  activate: 'Make it live',
  activateTitle: (version: number) => `Make version ${version} live?`,
  activateVerb: (version: number) => `Make version ${version} live`,
  replaces: (live: number) => `${instead(live)} You can roll back in one step.`,
  activated: (version: number) => `Version ${version} is live`,
  rollBack: 'Roll back',
  rollBackTitle: 'Roll back the policies?',
  rollBackTo: 'To',
  rollBackNone: 'No policies of your own',
  rollBackWhat: instead,
  rollBackVerb: (version: number) => `Roll back to ${named(version)}`,
  rolledBack: (version: number) =>
    version === 0 ? 'No own policies are live now' : `Version ${version} is live again`,
  comparing: 'Comparing …',
} as const
