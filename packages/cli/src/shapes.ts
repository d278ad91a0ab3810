import type { Command } from './command.ts'

/** What a word or the value of an option must look like to be passed on. Nothing that begins with a dash is: it would be an option. */
export type Shape = {
  readonly pattern: RegExp /** After “x” is no …: what it is, and how it looks. */
  readonly words: string
}

/** A command that the server carries out. */
export type Described = Omit<Command, 'run' | 'options'> & {
  /** What the words after the name look like, the last shape for all that come after it, too. Names unless said. */
  readonly shapes?: readonly [Shape, ...Shape[]]
  readonly options: Readonly<Record<string, Command['options'][string] & { readonly shape?: Shape }>>
}

const identifier = (kind: string, what: string): Shape => ({
  pattern: new RegExp(`^${kind}_[a-z2-7]{26}$`),
  words: `${what}: ${kind}_ and 26 letters and digits, as the lists show it.`,
})

export const shapes = {
  name: { pattern: /^[a-z][a-z0-9-]{0,30}$/, words: 'name: letters, digits and dashes, a letter first.' },
  path: { pattern: /^[^-\p{Cc}][^\p{Cc}]{0,4095}$/u, words: 'path: put ./ before what begins with a dash.' },
  address: {
    pattern: /^(?=.{3,254}$)[^-\s@\p{Cc}\p{Cf}][^\s@\p{Cc}\p{Cf}]*@[^\s@\p{Cc}\p{Cf}]+$/u,
    words: 'mail address, such as name@example.org.',
  },
  person: {
    pattern: /^(?=.{1,100}$)[^-\s\p{Cc}\u2028\u2029](?:[^\p{Cc}\u2028\u2029]*[^\s\p{Cc}])?$/u,
    words: 'name of a person: one line of up to 100 characters. Put “” around several words.',
  },
  role: { pattern: /^[a-z][a-z0-9-]{0,49}$/, words: 'role: lower-case letters, digits and hyphens.' },
  factor: identifier('fac', 'factor'),
  session: identifier('ses', 'session'),
  organisation: identifier('org', 'organisation'),
  key: identifier('key', 'key'),
  /** Whose keys: a person by their address, or one key. */
  keyOrAddress: {
    pattern: /^(?:key_[a-z2-7]{26}|(?=.{3,254}$)[^-\s@\p{Cc}\p{Cf}][^\s@\p{Cc}\p{Cf}]*@[^\s@\p{Cc}\p{Cf}]+)$/u,
    words: 'key (key_ and 26 letters and digits) and no mail address.',
  },
  environment: { pattern: /^[a-z][a-z0-9]{1,11}$/, words: 'environment: 2 to 12 letters and digits, such as live.' },
  scopes: {
    pattern: /^[a-z][a-z0-9:.,*-]{2,4000}$/,
    words: 'list of permissions with commas between them, such as mail:read,calendar:*.',
  },
  networks: {
    pattern: /^[0-9a-fA-F:][0-9a-fA-F:.,/]{1,1000}$/,
    words: 'list of networks with commas between them, such as 192.0.2.7,2001:db8::/48.',
  },
  number: { pattern: /^\d{1,6}$/, words: 'number.' },
  algorithm: { pattern: /^hmac-sha256$/, words: 'way to sign that the server makes a secret for: hmac-sha256.' },
  state: { pattern: /^(?:invited|active|disabled)$/, words: 'state: invited, active or disabled.' },
  limit: { pattern: /^(?:[1-9]\d?|1\d\d|200)$/, words: 'number from 1 to 200.' },
  cursor: { pattern: /^[A-Za-z0-9_][A-Za-z0-9_-]{0,199}$/, words: 'place in the list: take it from the page before.' },
  setting: {
    pattern: /^[a-z][A-Za-z]{0,40}$/,
    words: 'setting of the policy: “custodia sign-in-policy show” lists them.',
  },
  look: {
    pattern: /^[^-\s\p{Cc}\u2028\u2029](?:[^\p{Cc}\u2028\u2029]{0,4094}[^\s\p{Cc}])?$/u,
    words: 'value: a name, a colour such as #0a7d5c, the path of a picture, or none.',
  },
  reason: {
    pattern: /^(?=.{1,500}$)[^-\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u,
    words: 'reason: one line of up to 500 characters. Put “” around several words.',
  },
  /** A name of something, or what it is for. */
  line: {
    pattern: /^(?=.{1,500}$)[^-\s\p{Cc}\u2028\u2029](?:[^\p{Cc}\u2028\u2029]*[^\s\p{Cc}])?$/u,
    words: 'text: one line, which does not begin with a dash. Put “” around several words.',
  },
  group: identifier('grp', 'group'),
  account: identifier('svc', 'service account'),
  review: identifier('rvw', 'review'),
  /** Who can be given something: a person by their address, too. */
  subject: {
    pattern:
      /^(?:(?:usr|svc|grp)_[a-z2-7]{26}|[a-z][a-z0-9-]{0,49}|(?=.{3,254}$)[^-\s@\p{Cc}\p{Cf}][^\s@\p{Cc}\p{Cf}]*@[^\s@\p{Cc}\p{Cf}]+)$/u,
    words: 'mail address, identifier of a person, group or service account, or name of an application.',
  },
  moment: {
    pattern: /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)?$/,
    words: 'day or moment in UTC, such as 2031-12-24 or 2031-12-24T06:00Z.',
  },
  permissions: {
    pattern: /^[a-z0-9][a-z0-9:.,-]{0,20000}$/,
    words: 'list of permissions with commas between them, such as mail:read,mail:write, or none.',
  },
  roles: {
    pattern: /^[a-z][a-z0-9,-]{0,2600}$/,
    words: 'list of roles with commas between them, such as member,auditor, or none.',
  },
  undecided: { pattern: /^(?:keep|remove)$/, words: 'word for what becomes of it: keep or remove.' },
  policy: { pattern: /^[a-z][a-z0-9-]{0,39}$/, words: 'name of a policy: lower-case letters, digits and dashes.' },
  countedBy: {
    pattern: /^(?:address|network|route|account|key|organisation)$/,
    words: 'thing to count by: address, network, route, account, key or organisation.',
  },
  seconds: { pattern: /^[1-9]\d{0,7}$/, words: 'number from 1 on.' },
  words: { pattern: /^[A-Za-z][A-Za-z,-]{1,100}$/, words: 'list with commas between the words.' },
  route: { pattern: /^\/[^\s\p{Cc}?#]{0,199}$/u, words: 'path of requests: it begins with a slash.' },
  /** Who calls: by network or account. */
  caller: {
    pattern:
      /^(?:[0-9a-fA-F:][0-9a-fA-F:.]{1,44}(?:\/\d{1,3})?|(?:usr|svc)_[a-z2-7]{26}|[a-z][a-z0-9-]{0,49}|(?=.{3,254}$)[^-\s@\p{Cc}\p{Cf}][^\s@\p{Cc}\p{Cf}]*@[^\s@\p{Cc}\p{Cf}]+)$/u,
    words: 'address or network, mail address, identifier of a person or service account, or name of an application.',
  },
  entry: identifier('lim', 'entry'),
  endpoint: identifier('whe', 'endpoint'),
  delivery: identifier('whd', 'message'),
  endpointOrDelivery: {
    pattern: /^wh[ed]_[a-z2-7]{26}$/,
    words: 'endpoint (whe_ and 26 letters and digits) and no message (whd_ and as many).',
  },
  receiver: { pattern: /^https:\/\/[^\s\p{Cc}]{1,1990}$/u, words: 'address of a receiver: it begins with https://.' },
  events: {
    pattern: /^[a-z][a-z0-9.,*-]{2,5000}$/,
    words: 'list of types of events with commas between them, such as identity.user.*,access.role.assigned.',
  },
  delivered: { pattern: /^(?:waiting|delivered|dead)$/, words: 'state: waiting, delivered or dead.' },
  value: { pattern: /^[A-Za-z0-9][A-Za-z0-9=-]{0,100}$/, words: 'value: letters, digits, dashes, and ROLE=VALUE.' },
} as const satisfies Readonly<Record<string, Shape>>
