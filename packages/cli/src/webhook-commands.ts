import type { Described } from './shapes.ts'
import { shapes } from './shapes.ts'
import { after, organisation } from './usual-options.ts'

const options = { organisation }
const endpoint = { operands: 'ENDPOINT-ID', count: [1, 1], shapes: [shapes.endpoint] } as const
const example = 'whe_aaaaaaaaaaaaaaaaaaaaaaaaaa'

/** Endpoints of webhooks, from the shell of the machine. */
export const webhookCommands: readonly Described[] = [
  {
    name: 'webhooks list',
    operands: '',
    summary: 'List the endpoints that events are sent to.',
    description: 'With what waits for each, and what it did not take. Secrets are not among it.',
    count: [0, 0],
    options,
    examples: ['custodia webhooks list'],
  },
  {
    name: 'webhooks create',
    operands: 'URL',
    summary: 'Add an endpoint, and print its secret once.',
    description:
      'It is told what happens in the organisation from then on: everything, unless --events says less. What is sealed in\nthe ledger, such as names and addresses, it gets with --personal alone.',
    count: [1, 1],
    shapes: [shapes.receiver],
    options: {
      events: { value: 'LIST', summary: 'Types of events, or prefixes.', shape: shapes.events },
      description: { value: 'TEXT', summary: 'What it is for.', shape: shapes.line },
      personal: { value: null, summary: 'Tell it the personal fields, too.' },
      organisation,
    },
    examples: ["custodia webhooks create https://hooks.example.org/custodia --events 'identity.user.*'"],
  },
  {
    ...endpoint,
    name: 'webhooks enable',
    summary: 'Switch an endpoint on again.',
    description:
      'It is told what happens from then on. What it missed is not sent by itself: “custodia webhooks replay”.',
    options,
    examples: [`custodia webhooks enable ${example}`],
  },
  {
    ...endpoint,
    name: 'webhooks disable',
    summary: 'Switch an endpoint off.',
    description: 'What waits for it becomes dead letters, which can be replayed.',
    options,
    examples: [`custodia webhooks disable ${example}`],
  },
  {
    ...endpoint,
    name: 'webhooks delete',
    summary: 'Remove an endpoint, with all that waits for it.',
    description: 'Its messages and their attempts are gone, too. To keep them, disable it.',
    options,
    examples: [`custodia webhooks delete ${example}`],
  },
  {
    ...endpoint,
    name: 'webhooks rotate',
    summary: 'Give an endpoint a new secret, and print it once.',
    description: 'The old secret signs beside it for a day, or as long as --overlap says; 0 where it leaked.',
    options: {
      overlap: { value: 'SECONDS', summary: 'How long both sign: 0 to 604800.', shape: shapes.number },
      organisation,
    },
    examples: [`custodia webhooks rotate ${example} --overlap 0`],
  },
  {
    name: 'webhooks deliveries',
    operands: '[ENDPOINT-ID]',
    summary: 'List messages, the newest first: of one endpoint, or of all.',
    description: 'With --state dead those that were given up: the dead letters.',
    count: [0, 1],
    shapes: [shapes.endpoint],
    options: {
      state: { value: 'STATE', summary: 'waiting, delivered or dead.', shape: shapes.delivered },
      limit: { value: 'NUMBER', summary: 'At most so many: 25 unless said, 100 at most.', shape: shapes.limit },
      after,
      organisation,
    },
    examples: ['custodia webhooks deliveries --state dead', `custodia webhooks deliveries ${example}`],
  },
  {
    name: 'webhooks show',
    operands: 'DELIVERY-ID',
    summary: 'Show a message with every attempt to deliver it.',
    description:
      'When, what the receiver answered, and how long it took. What was sent is not kept: it stands in the ledger.',
    count: [1, 1],
    shapes: [shapes.delivery],
    options,
    examples: ['custodia webhooks show whd_aaaaaaaaaaaaaaaaaaaaaaaaaa'],
  },
  {
    name: 'webhooks replay',
    operands: 'ID',
    summary: 'Send one message once more, or all dead letters of an endpoint.',
    description:
      'ID is of a message, or of an endpoint, whose oldest 1,000 are sent: under the same identifiers, by a server.',
    count: [1, 1],
    shapes: [shapes.endpointOrDelivery],
    options,
    examples: [`custodia webhooks replay ${example}`, 'custodia webhooks replay whd_aaaaaaaaaaaaaaaaaaaaaaaaaa'],
  },
  {
    ...endpoint,
    name: 'webhooks test',
    summary: 'Send a test to an endpoint now, and say what came of it.',
    description: 'From this process. Where the endpoint does not take it, the exit code is 1.',
    options,
    examples: [`custodia webhooks test ${example}`],
  },
]
