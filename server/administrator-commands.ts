import type { CommandOptions, OrganisationCommand } from './command-line.ts'
import type { Answer } from './command-output.ts'
import { table } from './command-output.ts'
import type { Administration, OrganisationAdministration } from './identity/administration.ts'
import { policyCommands, showPolicy } from './policy-commands.ts'
import { recoveryCommands } from './recovery-commands.ts'
import { sessionCommands } from './session-commands.ts'
import { showTheme, themeCommands } from './theme-commands.ts'
import { userCommands } from './user-commands.ts'

type AdministratorCommand = (
  administration: Administration,
  words: readonly string[],
  options: CommandOptions,
) => Promise<Answer>

const maxOrganisations = 200

/** What administrators do from the shell of the machine. */
export const administratorCommands: Readonly<Record<string, AdministratorCommand>> = {
  async 'organisations list'(administration) {
    const items = await administration.organisations(maxOrganisations)
    const rows = items.map(({ id, createdAt, name }) => [id, createdAt.slice(0, 10), name])
    return { value: { items }, text: table(['ORGANISATION', 'SINCE', 'NAME'], rows) }
  },
  'sign-in-policy show': async (administration, [organisation]) =>
    await showPolicy(await organisationOf(administration, organisation)),
  'theme show': async (administration, [organisation]) =>
    await showTheme(await organisationOf(administration, organisation)),
  ...Object.fromEntries(
    Object.entries({
      ...userCommands,
      ...sessionCommands,
      ...policyCommands,
      ...recoveryCommands,
      ...themeCommands,
    }).map(([name, command]) => [name, inOrganisation(command)]),
  ),
}

/** Gives a command its organisation: the one that is named, or the only one that there is. */
function inOrganisation(command: OrganisationCommand): AdministratorCommand {
  return async (administration, words, options) =>
    await command(await organisationOf(administration, options.organisation), words, options)
}

const organisationOf = async (
  administration: Administration,
  named: string | undefined,
): Promise<OrganisationAdministration> => administration.of(await organisationIdOf(administration, named))

/** The one that is named, or the only one that there is. @throws Error in words for none, and for one of several. */
export async function organisationIdOf(administration: Administration, named: string | undefined): Promise<string> {
  const known = await administration.organisations(maxOrganisations)
  const [first, second] = known
  if (first === undefined)
    throw new Error('There is no organisation yet. Make the first administrator: custodia setup-link')
  if (named === undefined && second !== undefined)
    throw new Error(
      'There are several organisations: say which by --organisation. “custodia organisations list” lists them.',
    )
  if (named !== undefined && !known.some(({ id }) => id === named))
    throw new Error(`There is no organisation ${named}. “custodia organisations list” lists them.`)
  return named ?? first.id
}
