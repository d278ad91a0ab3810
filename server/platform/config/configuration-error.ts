/** One thing that is wrong with the configuration. None of its texts holds the value of a secret. */
export type Problem = {
  /** As the person wrote it: the name in the environment, or the path in the file. */
  readonly key: string
  readonly reason: string
  readonly shape?: string
  readonly example?: string
  /** The known key that looks most like an unknown one. */
  readonly nearest?: string
}

/** Everything that is wrong with the configuration, at once: whoever mends it reads one message. */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION_INVALID'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    super(`The configuration has ${count}:\n${problems.map((problem) => `  ${sentence(problem)}`).join('\n')}`)
    this.name = 'ConfigurationError'
    this.problems = problems
  }
}

function sentence({ key, reason, shape, example, nearest }: Problem): string {
  return [
    `${key}: ${reason}.`,
    ...(shape === undefined ? [] : [`It takes ${shape}.`]),
    ...(example === undefined ? [] : [`Example: ${example}`]),
    ...(nearest === undefined ? [] : [`Did you mean ${nearest}?`]),
  ].join(' ')
}

/** Text of a person's own making, fit for one line of a terminal: no control characters, at most `max` characters. */
export function oneLine(text: string, max = 120): string {
  const clean = text.slice(0, max).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
  return text.length > max ? `${clean}…` : clean
}
