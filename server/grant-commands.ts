import type { GrantsAdministration } from './access/grants/administration.ts'
import { organisationIdOf } from './administrator-commands.ts'
import type { CommandOptions } from './command-line.ts'
import type { Answer } from './command-output.ts'
import { groupCommands } from './group-commands.ts'
import type { Administration } from './identity/administration.ts'
import { reviewCommands } from './review-commands.ts'
import { roleCommands } from './role-commands.ts'

type Installation = {
  readonly administration: Administration
  grants(organisationId: string): GrantsAdministration
}
type Command = (on: Installation, words: readonly string[], options: CommandOptions) => Promise<Answer>

/** Who is what, from the shell of the machine. */
export const grantCommands: Readonly<Record<string, Command>> = Object.fromEntries(
  Object.entries({ ...roleCommands, ...groupCommands, ...reviewCommands }).map(([name, command]): [string, Command] => [
    name,
    async ({ administration, grants }, words, options) => {
      const organisationId = await organisationIdOf(administration, options.organisation)
      const subject = async (word: string) =>
        word.includes('@') ? (await administration.of(organisationId).show(word)).user.id : word
      return await command({ grants: grants(organisationId), subject }, words, options)
    },
  ]),
)
