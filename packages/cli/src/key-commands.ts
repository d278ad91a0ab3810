import type { Described } from './shapes.ts'
import { shapes } from './shapes.ts'
import { organisation, reason } from './usual-options.ts'

const account = {
  value: 'ACCOUNT-ID',
  summary: 'Of this one: “custodia service-accounts list”.',
  shape: shapes.account,
}
const days = { value: 'NUMBER', summary: 'Days until it expires.', shape: shapes.number }

/** API keys, from the shell of the machine. */
export const keyCommands: readonly Described[] = [
  {
    name: 'keys list',
    operands: '[ADDRESS]',
    summary: 'List API keys: of a person, of a service account, or all of an organisation.',
    description: 'Those that are neither revoked nor expired, the newest first, at most 200. Secrets are not among it.',
    count: [0, 1],
    shapes: [shapes.address],
    options: { 'service-account': account, organisation },
    examples: ['custodia keys list', 'custodia keys list mira@example.org'],
  },
  {
    name: 'keys create',
    operands: 'NAME [ROLE…]',
    summary: 'Make an API key for an application or a service account, and print it once.',
    description:
      'NAME is the application. ROLE is “application” unless said. What no option narrows is not narrowed: without --days\nit never expires. With --service-account NAME is what the key is called: it has the roles of the account, needs\n--scopes, and expires. People make their own keys in the console.',
    count: [1, 11],
    shapes: [shapes.name, shapes.role],
    options: {
      'service-account': account,
      days,
      environment: {
        value: 'WORD',
        summary: 'What it is for, in the key itself: live unless said.',
        shape: shapes.environment,
      },
      scopes: { value: 'LIST', summary: 'Only these of the permissions that its roles give.', shape: shapes.scopes },
      networks: { value: 'LIST', summary: 'Only from these addresses.', shape: shapes.networks },
      rate: { value: 'NUMBER', summary: 'So many requests a minute.', shape: shapes.number },
      signing: {
        value: 'ALGORITHM',
        summary: 'Only signed requests, by a secret that is printed once.',
        shape: shapes.algorithm,
      },
      organisation,
    },
    examples: [
      'custodia keys create inbox',
      'custodia keys create inbox verifier --days 30 --networks 192.0.2.0/24',
      'custodia keys create nightly --service-account svc_aaaaaaaaaaaaaaaaaaaaaaaaaa --scopes identity:users:read',
    ],
  },
  {
    name: 'keys rotate',
    operands: 'KEY-ID',
    summary: 'Give an API key a new secret, and print it once.',
    description: 'The old secret holds a day longer, or as long as --overlap says, and never beyond its own expiry.',
    count: [1, 1],
    shapes: [shapes.key],
    options: {
      'service-account': { ...account, summary: 'The key is one of this service account, not of an application.' },
      days,
      overlap: { value: 'SECONDS', summary: 'How long the old secret holds: 0 ends it at once.', shape: shapes.number },
      organisation,
    },
    examples: ['custodia keys rotate key_aaaaaaaaaaaaaaaaaaaaaaaaaa --overlap 3600'],
  },
  {
    name: 'keys revoke',
    operands: '[KEY-ID | ADDRESS]',
    summary: 'Revoke an API key, or all of a person or a service account.',
    description:
      'A revoked key is refused on its next request, by every server of this installation. With --service-account and no\nKEY-ID all keys of the service account are revoked.',
    count: [0, 1],
    shapes: [shapes.keyOrAddress],
    options: { 'service-account': account, reason, organisation },
    examples: [
      "custodia keys revoke key_aaaaaaaaaaaaaaaaaaaaaaaaaa --reason 'Found in a log'",
      'custodia keys revoke mira@example.org',
      'custodia keys revoke --service-account svc_aaaaaaaaaaaaaaaaaaaaaaaaaa',
    ],
  },
]
