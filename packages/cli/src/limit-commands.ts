import type { Described } from './shapes.ts'
import { shapes } from './shapes.ts'
import { reason } from './usual-options.ts'

const organisation = {
  value: 'ORGANISATION',
  summary: 'For callers of this one; without it, for everybody.',
  shape: shapes.organisation,
}
const options = { organisation }
const named = { operands: 'NAME', count: [1, 1], shapes: [shapes.policy], options } as const

const entry = (name: 'deny' | 'allow', summary: string, description: string): Described => ({
  name: `limits ${name}`,
  operands: 'WHO',
  summary,
  description: `WHO is an address or a network, a person by their address, a service account or an application.\n${description}`,
  count: [1, 1],
  shapes: [shapes.caller],
  options: {
    reason: { ...reason, summary: 'Why. Whoever looks at the lists reads it.' },
    seconds: { value: 'NUMBER', summary: 'For how long, from 60 on: a day unless said.', shape: shapes.seconds },
    organisation,
  },
  examples: [`custodia limits ${name} 203.0.113.0/24 --reason 'Guesses passwords' --seconds 3600`],
})

/** Limits, from the shell of the machine. */
export const limitCommands: readonly Described[] = [
  {
    name: 'limits list',
    operands: '',
    summary: 'List how often what may be done.',
    description: 'What is built in, of the installation and of applications; with --organisation also its own.',
    count: [0, 0],
    options,
    examples: ['custodia limits list'],
  },
  {
    name: 'limits set',
    operands: 'NAME',
    summary: 'Say how often something may be done, from now on in every server.',
    description:
      'So many may come at once, and are earned back evenly in so many seconds. One of a built-in name, such as\naddress-read, takes its place. What would keep everybody from signing in is refused.',
    count: [1, 1],
    shapes: [shapes.policy],
    options: {
      by: { value: 'WHAT', summary: 'address, network, route, account, key or organisation.', shape: shapes.countedBy },
      burst: { value: 'NUMBER', summary: 'How many may come at once.', shape: shapes.seconds },
      seconds: { value: 'NUMBER', summary: 'In how long they are earned back.', shape: shapes.number },
      classes: { value: 'LIST', summary: 'Of these classes: sign-in,read,write,expensive.', shape: shapes.words },
      methods: { value: 'LIST', summary: 'By these methods: GET,POST,….', shape: shapes.words },
      path: { value: 'PATH', summary: 'Under this path, as /v1/users or /search/**.', shape: shapes.route },
      application: {
        value: 'NAME',
        summary: 'Of this application; Custodia’s own routes unless said.',
        shape: shapes.name,
      },
      challenge: { value: null, summary: 'Let in who works for it: by address, network or route.' },
      'dry-run': { value: null, summary: 'Refuse nobody, and show whom it would.' },
      organisation,
    },
    examples: ['custodia limits set searches --by address --burst 30 --seconds 60 --path /v1/users --dry-run'],
  },
  {
    ...named,
    name: 'limits try',
    summary: 'Let a policy refuse nobody, and show whom it would.',
    description: 'With the figures that it has. “custodia limits limited” shows whom it would refuse.',
    examples: ['custodia limits try searches'],
  },
  {
    ...named,
    name: 'limits enforce',
    summary: 'Let a policy that was tried refuse.',
    description: 'With the figures that it has.',
    examples: ['custodia limits enforce searches'],
  },
  {
    ...named,
    name: 'limits remove',
    summary: 'Take a policy away; what is built in under its name holds again.',
    description: 'What is built in is changed in the configuration: CUSTODIA_LIMITS_CLASSES.',
    examples: ['custodia limits remove searches'],
  },
  {
    name: 'limits limited',
    operands: '',
    summary: 'List who had no room within the last hour, under which policy, and until when.',
    description: 'Servers write it every few seconds. Without --organisation those, too, whom nobody knew.',
    count: [0, 0],
    options,
    examples: ['custodia limits limited'],
  },
  {
    name: 'limits entries',
    operands: '',
    summary: 'List who is let in without a limit, or not at all.',
    description: 'The newest first; each ends by itself.',
    count: [0, 0],
    options,
    examples: ['custodia limits entries'],
  },
  entry('deny', 'Let somebody in no more, for a while.', 'This machine itself is never shut out.'),
  entry('allow', 'Let somebody in without a limit, for a while.', 'Of several entries the narrowest counts.'),
  {
    name: 'limits end',
    operands: 'ENTRY-ID',
    summary: 'End an entry before its time.',
    description: 'With --organisation, one of that organisation.',
    count: [1, 1],
    shapes: [shapes.entry],
    options,
    examples: ['custodia limits end lim_aaaaaaaaaaaaaaaaaaaaaaaaaa'],
  },
]
