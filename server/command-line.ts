import { parseArgs } from 'node:util'
import type { Static, TSchema } from 'typebox'
import type { Answer } from './command-output.ts'
import type { OrganisationAdministration } from './identity/administration.ts'
import { compileValidator } from './platform/http/validate.ts'

const switches = [
  'json',
  'tls',
  'last',
  'alone',
  'expiring',
  'privileged',
  'waiting',
  'personal',
  'dry-run',
  'challenge',
] as const
const values = [
  ...['organisation', 'state', 'limit', 'after', 'days', 'environment', 'networks', 'overlap', 'rate', 'scopes'],
  ...['signing', 'service-account', 'reason', 'until', 'summary', 'description', 'permissions', 'includes', 'role'],
  ...['group', 'undecided', 'events', 'by', 'burst', 'seconds', 'classes', 'methods', 'path', 'application'],
] as const

/** Options as they were typed: what is in them is for each command to judge. */
export type CommandOptions = { readonly [name in (typeof switches)[number]]?: boolean } & {
  readonly [name in (typeof values)[number]]?: string
}

const known = {
  ...Object.fromEntries(switches.map((name) => [name, { type: 'boolean' } as const])),
  ...Object.fromEntries(values.map((name) => [name, { type: 'string' } as const])),
}

export type CommandLine = { readonly words: readonly string[]; readonly options: CommandOptions }

/** A command on one organisation. @throws Refusal, or Error with what is wrong with the words. */
export type OrganisationCommand = (
  organisation: OrganisationAdministration,
  words: readonly string[],
  options: CommandOptions,
) => Promise<Answer>

/** Holds what was typed to the very schema of the API. @throws Refusal REQUEST_INVALID */
export function checked<Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  compileValidator(schema, 'body')(value)
  return value as Static<Schema>
}

/** @throws Error that names the option that is not known. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const line = parseArgs({ args: [...args], options: known, allowPositionals: true })
  return { words: line.positionals, options: line.values }
}
