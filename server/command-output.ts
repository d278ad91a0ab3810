import { printable, printableField, printableJson } from '@custodia/wire/printable.ts'
import { isRefusal } from './platform/errors.ts'

/** What a command has to say: to a program, and to a person. */
export type Answer = { readonly value: object; readonly text: string }

/** One JSON document, or words. What strangers typed moves no cursor, either way. */
export function print(json: boolean, value: object, text: string): void {
  console.log(json ? printableJson(value) : printable(text))
}

/** Columns as wide as they must be, under their titles; the last one is as long as it is. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [titles, ...rows].map((row) => row.map(printableField))
  const widths = titles.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  return lines
    .map((line) => line.map((field, at) => (at === line.length - 1 ? field : field.padEnd(widths[at] ?? 0))).join('  '))
    .join('\n')
}

/** Minutes in UTC, as in `2026-01-31 09:30 UTC`. */
export const minute = (instant: string | null, never = 'never'): string =>
  instant === null ? never : `${instant.slice(0, 16).replace('T', ' ')} UTC`

/** In a shell, other words help than in the console. */
const advice: Readonly<Record<string, string>> = {
  IDENTITY_USER_UNKNOWN: 'Nobody in this organisation has this address. “custodia users list” lists people.',
  IDENTITY_FACTOR_UNKNOWN: 'This person has no such factor. “custodia users factors ADDRESS” lists theirs.',
  IDENTITY_FACTOR_NEEDED:
    'A second factor is demanded of this person, and this is their last one. --last takes it all the same: the password alone lets them in then, until they enrol another one.',
  IDENTITY_USER_NOT_ACTIVE:
    'This person may not sign in at present. “custodia users enable ADDRESS” where they are disabled; “custodia users invite ADDRESS NAME” where they have not accepted yet.',
  IDENTITY_ROLE_UNKNOWN:
    'There is no such role. Besides those that Custodia brings there are those of CUSTODIA_ACCESS_ROLES, which “custodia config” shows.',
  ACCESS_ROLE_UNKNOWN: 'There is no such role for them. “custodia roles list” lists those that can be given.',
  ACCESS_ROLE_FIXED:
    'This role is from the configuration (CUSTODIA_ACCESS_ROLES), which “custodia config” shows: change it there.',
  ACCESS_PERMISSION_UNKNOWN:
    'There is no such permission. “custodia roles show administrator” shows all that there are.',
  ACCESS_ROLE_MARKED:
    'The role is marked for four eyes, or makes up one that is: it stands still. Two administrators take the mark off, in the console.',
  ACCESS_ROLE_IN_USE:
    'Somebody has this role, or another includes it. “custodia assignments list --role NAME” lists who; take it first.',
  ACCESS_SUBJECT_UNKNOWN:
    'Nobody here is called that. “custodia users list”, “custodia groups list” and “custodia service-accounts list” list who there is.',
  ACCESS_PERSON_NEEDED:
    'This takes a second administrator, who is asked in the console. --alone goes without; the ledger shows that the machine did it.',
  ACCESS_ASSIGNMENT_UNKNOWN:
    'They do not have this role by themselves. “custodia assignments list SUBJECT” lists theirs.',
  ACCESS_GROUP_UNKNOWN: 'There is no such group. “custodia groups list” lists them.',
  ACCESS_MEMBERSHIP_UNKNOWN: 'They are not in this group by themselves. “custodia groups show GROUP-ID” lists who is.',
  ACCESS_SERVICE_ACCOUNT_UNKNOWN: 'There is no such service account. “custodia service-accounts list” lists them.',
  ACCESS_REVIEW_UNKNOWN: 'There is no such review. “custodia reviews list” lists them.',
  APIKEY_OWNER_UNKNOWN: 'There is no such service account. “custodia service-accounts list” lists them.',
  IDENTITY_RECOVERY_UNKNOWN:
    'No recovery is under way for this person. “custodia recoveries list” lists those that are.',
  LIMITS_POLICY_UNKNOWN:
    'There is no such policy that was set. “custodia limits list” lists all; what is built in stands in CUSTODIA_LIMITS_CLASSES.',
  LIMITS_ENTRY_UNKNOWN: 'There is no such entry. “custodia limits entries” lists them.',
  WEBHOOKS_ENDPOINT_UNKNOWN: 'There is no such endpoint. “custodia webhooks list” lists them.',
  WEBHOOKS_DELIVERY_UNKNOWN: 'There is no such message. “custodia webhooks deliveries” lists them.',
  WEBHOOKS_DISABLED: 'This endpoint is off. “custodia webhooks enable ENDPOINT-ID” switches it on.',
  APIKEY_UNKNOWN: 'There is no such key that is live. “custodia keys list” lists them.',
  SESSIONS_UNKNOWN: 'This person has no such session. “custodia sessions list ADDRESS” lists theirs.',
}

/** What a command that did not do its work says, and with which code it ends (`packages/cli/README.md`). */
export function failureOf(error: Error): {
  readonly exitCode: 2 | 3
  readonly code: string | null
  readonly message: string
} {
  // Configuration, keys, folders, ports: the message was written for a person; a stack would hide it.
  if (!isRefusal(error)) return { exitCode: 2, code: null, message: error.message }
  const { code, definition, details } = error
  const said = advice[code] ?? `${definition.title} ${definition.help}`
  const facts = ['role', 'permission', 'permissions', 'scope', 'subject', 'field', 'detail'].flatMap((name) =>
    name in details ? [details[name]] : [],
  )
  return {
    exitCode: code === 'REQUEST_INVALID' ? 2 : 3,
    code,
    message: `${said}${facts.length > 0 ? ` (${facts.join(' ')})` : ''} [${code}]`,
  }
}
