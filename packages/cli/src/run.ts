import { parseArgs } from 'node:util'
import type { Command, OptionValues } from './command.ts'
import { CommandError, exitCodes } from './command.ts'
import { explanation, overview } from './help.ts'
import { suggest } from './suggest.ts'
import type { Terminal } from './terminal.ts'
import { createTerminal } from './terminal.ts'

export type Surroundings = {
  readonly out: Parameters<typeof createTerminal>[0]['out']
  readonly err: Parameters<typeof createTerminal>[0]['err']
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly version: string
}

/**
 * Carries out one command line.
 *
 * @param args what follows the word `custodia`.
 * @returns the exit code.
 */
export async function run(
  args: readonly string[],
  commands: readonly Command[],
  surroundings: Surroundings,
): Promise<number> {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  const asks = (flag: string) => own.includes(flag)
  const terminal = createTerminal({ ...surroundings, json: asks('--json') })
  try {
    const command = commandIn(args, commands)
    if (command !== null && !asks('--help')) return await command.run({ ...read(command, args), terminal })
    if (command === null && asks('--version')) {
      terminal.say(`custodia ${surroundings.version}`)
      terminal.give({ version: surroundings.version })
      return exitCodes.ok
    }
    if (command === null) refuseUnknown(args, commands)
    const help = command === null ? overview(commands) : explanation(command)
    // Asked for, it is the result; not asked for, it is advice, and nothing was done.
    if (!asks('--help') && args.length === 0) {
      surroundings.err.write(help)
      return exitCodes.usage
    }
    surroundings.out.write(help)
    return exitCodes.ok
  } catch (error) {
    return failure(error, terminal)
  }
}

/** The command whose words the line begins with. */
function commandIn(args: readonly string[], commands: readonly Command[]): Command | null {
  return commands.find((command) => command.name.split(' ').every((word, at) => args[at] === word)) ?? null
}

function refuseUnknown(args: readonly string[], commands: readonly Command[]): void {
  const first = args.findIndex((arg) => arg.startsWith('-'))
  const words = first < 0 ? args : args.slice(0, first)
  if (words.length === 0) {
    const stray = args.find((arg) => arg !== '--help' && arg !== '--json')
    if (stray !== undefined) throw new CommandError(exitCodes.usage, `“${stray}” needs a command before it.`)
    return
  }
  const group = commands.filter((command) => command.name.startsWith(`${words[0]} `)).map(({ name }) => name)
  if (words.length === 1 && group.length > 0) {
    throw new CommandError(exitCodes.usage, `“${words[0]}” goes on: ${list(group)}.`)
  }
  const names = commands.map(({ name }) => name)
  const meant = suggest(words.slice(0, 2).join(' '), names)
  const near = meant.length > 0 ? meant : suggest(words[0] ?? '', names)
  const typed = words.slice(0, 2).join(' ')
  const advice = near.length > 0 ? `Did you mean ${list(near)}?` : '“custodia --help” lists all commands.'
  throw new CommandError(exitCodes.usage, `There is no command “${typed}”. ${advice}`)
}

const list = (names: readonly string[]) => names.map((name) => `“custodia ${name}”`).join(' or ')

function read(command: Command, args: readonly string[]): { words: readonly string[]; options: OptionValues } {
  const described = Object.entries(command.options).map(
    ([name, { value }]) => [name, { type: value === null ? 'boolean' : 'string' }] as const,
  )
  const options = { ...Object.fromEntries(described), json: { type: 'boolean' }, help: { type: 'boolean' } } as const
  const more = `“custodia ${command.name} --help” explains it.`
  let parsed: { positionals: string[]; values: OptionValues }
  try {
    parsed = parseArgs({
      args: args.slice(command.name.split(' ').length),
      options,
      allowPositionals: true,
    }) as typeof parsed
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ')
    throw new CommandError(exitCodes.usage, `${sentence}. ${more}`)
  }
  const [min, max] = command.count
  const { positionals } = parsed
  if (positionals.length < min || positionals.length > max) {
    const fault = positionals.length < min ? 'Something is missing' : `“${positionals[max]}” is one too many`
    throw new CommandError(exitCodes.usage, `${fault}: custodia ${command.name} ${command.operands}. ${more}`)
  }
  return { words: positionals, options: parsed.values }
}

function failure(error: unknown, terminal: Terminal): number {
  if (!(error instanceof CommandError)) throw error
  terminal.progress('')
  if (terminal.json) terminal.give({ ok: false, exitCode: error.exitCode, error: error.message })
  else terminal.note(`custodia: ${error.message}`)
  return error.exitCode
}
