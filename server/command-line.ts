import { parseArgs } from 'node:util'
import type { Answer } from './command-output.ts'
import type { OrganisationAdministration } from './identity/administration.ts'

const known = {
  json: { type: 'boolean' },
  tls: { type: 'boolean' },
  last: { type: 'boolean' },
  organisation: { type: 'string' },
  state: { type: 'string' },
  limit: { type: 'string' },
  after: { type: 'string' },
  days: { type: 'string' },
  environment: { type: 'string' },
  networks: { type: 'string' },
  overlap: { type: 'string' },
  rate: { type: 'string' },
  scopes: { type: 'string' },
  signing: { type: 'string' },
} as const

/** Options as they were typed: what is in them is for each command to judge. */
export type CommandOptions = {
  readonly json?: boolean
  readonly tls?: boolean
  readonly last?: boolean
  readonly organisation?: string
  readonly state?: string
  readonly limit?: string
  readonly after?: string
  readonly days?: string
  readonly environment?: string
  readonly networks?: string
  readonly overlap?: string
  readonly rate?: string
  readonly scopes?: string
  readonly signing?: string
}

export type CommandLine = { readonly words: readonly string[]; readonly options: CommandOptions }

/** A command on one organisation. @throws Refusal, or Error with what is wrong with the words. */
export type OrganisationCommand = (
  organisation: OrganisationAdministration,
  words: readonly string[],
  options: CommandOptions,
) => Promise<Answer>

/** @throws Error that names the option that is not known. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { positionals, values } = parseArgs({ args: [...args], options: known, allowPositionals: true })
  return { words: positionals, options: values }
}
