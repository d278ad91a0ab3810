import type { Terminal } from './terminal.ts'

/** What the command's exit code says. Scripts rely on it. */
export const exitCodes = {
  ok: 0,
  finding: 1,
  usage: 2,
  unreachable: 3,
} as const

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>

export type Input = {
  readonly words: readonly string[]
  readonly options: OptionValues
  readonly terminal: Terminal
}

/** One thing that `custodia` can do. The help text is made from it. */
export type Command = {
  /** The words that call it, as in `ledger verify`. */
  readonly name: string
  /** What follows the name, as in `FOLDER [URL]`. */
  readonly operands: string
  /** In the imperative, in one line. */
  readonly summary: string
  /** What one should know before using it. */
  readonly description: string
  /** How many operands it takes: at least, at most. */
  readonly count: readonly [min: number, max: number]
  /** Name to value placeholder (null for a switch) and explanation. `--json` and `--help` are everybody's. */
  readonly options: Readonly<Record<string, { readonly value: string | null; readonly summary: string }>>
  readonly examples: readonly string[]
  /** @returns the exit code. */
  run(input: Input): Promise<number>
}

/** Ends the command with a message and an exit code. Never carries a secret. */
export class CommandError extends Error {
  readonly exitCode: number
  constructor(exitCode: number, message: string) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}

export const usageError = (message: string) => new CommandError(exitCodes.usage, message)
export const unreachable = (message: string) => new CommandError(exitCodes.unreachable, message)
