import type { Described, Shape } from './shapes.ts'
import { shapes } from './shapes.ts'
import { after, organisation } from './usual-options.ts'

const version: Shape = { pattern: /^[1-9]\d{0,8}$/, words: 'version: a number, as “custodia policies list” shows it.' }
const versionOrNone: Shape = { pattern: /^(?:none|[1-9]\d{0,8})$/, words: 'version: a number, or none.' }

/** Policies of an organisation, from the shell of the machine. */
export const policyCommands: readonly Described[] = [
  {
    name: 'policies list',
    operands: '',
    summary: 'List the versions of an organisation’s policies.',
    description: 'The newest first, with which one is live. A page ends with how to ask for the next one.',
    count: [0, 0],
    options: {
      limit: { value: 'NUMBER', summary: 'So many of them, 1 to 100: 50 unless said.', shape: shapes.limit },
      after,
      organisation,
    },
    examples: ['custodia policies list'],
  },
  {
    name: 'policies show',
    operands: 'VERSION',
    summary: 'Show a version with its text.',
    description: 'With --json, also what shadowing it said.',
    count: [1, 1],
    shapes: [version],
    options: { organisation },
    examples: ['custodia policies show 3'],
  },
  {
    name: 'policies test',
    operands: 'FILE',
    summary: 'Validate policies in a file, and run the tests in it.',
    description: 'Nothing is kept. It ends with 1 where there are errors, or a test fails.',
    count: [1, 1],
    shapes: [shapes.path],
    options: { organisation },
    examples: ['custodia policies test office.cedar'],
  },
  {
    name: 'policies draft',
    operands: 'FILE [REASON]',
    summary: 'Keep policies as the next version, and test it.',
    description: 'It decides nothing yet: shadow it, then make it live. It ends with 1 where it is not fit for that.',
    count: [1, 2],
    shapes: [shapes.path, shapes.reason],
    options: { organisation },
    examples: ["custodia policies draft office.cedar 'The office only, by night'"],
  },
  {
    name: 'policies shadow',
    operands: 'VERSION',
    summary: 'Tell which logged decisions would be others with a version.',
    description: 'It decides at most 10,000 decisions of the log again, and changes none.',
    count: [1, 1],
    shapes: [version],
    options: {
      days: { value: 'NUMBER', summary: 'Those of so many days, 1 to 400: 7 unless said.', shape: shapes.number },
      organisation,
    },
    examples: ['custodia policies shadow 3', 'custodia policies shadow 3 --days 30'],
  },
  {
    name: 'policies activate',
    operands: 'VERSION [REASON]',
    summary: 'Make a shadowed version live.',
    description: 'It holds from the next decision on, in every server, in place of the version that was live.',
    count: [1, 2],
    shapes: [version, shapes.reason],
    options: { organisation },
    examples: ["custodia policies activate 3 'Agreed on Monday'"],
  },
  {
    name: 'policies roll-back',
    operands: '[VERSION] [REASON]',
    summary: 'Make an earlier version live again, in one step.',
    description:
      'The one that was live before, unless VERSION says another one; “none” leaves no policies at all. Nothing that a\npolicy forbids stops it: this is the way out for an organisation that has locked itself out.',
    count: [0, 2],
    shapes: [versionOrNone, shapes.reason],
    options: { organisation },
    examples: ['custodia policies roll-back', 'custodia policies roll-back 2', 'custodia policies roll-back none'],
  },
]
