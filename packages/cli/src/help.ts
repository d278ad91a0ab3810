import type { Command } from './command.ts'

const indent = '  '
const exitCodeLines = [
  '0  done, and all is well',
  '1  done, and something is wrong: a finding, a failed verification, a server that is not ready',
  '2  not done: the command was not understood, or this installation lacks something',
  '3  not done: the server or the file could not be read, or the server declined',
]

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2
  return rows.map(([left, right]) => `${indent}${left.padEnd(width)}${right}`)
}

const nameWithOperands = ({ name, operands }: Command) => `${name} ${operands}`.trimEnd()

/** `custodia --help` */
export function overview(commands: readonly Command[]): string {
  return [
    'custodia: the security core for applications that hold people’s private data',
    '',
    'Usage: custodia COMMAND [OPTIONS]',
    '',
    'Commands',
    ...table(commands.map((command) => [nameWithOperands(command), command.summary])),
    '',
    'Options of every command',
    ...table([
      ['--help', 'Explain the command.'],
      ['--json', 'Print one JSON document instead of words.'],
      ['--version', 'Print the version.'],
    ]),
    '',
    'Environment',
    ...table([
      ['CUSTODIA_CONFIG', 'Configuration file of the server that is installed here.'],
      ['CUSTODIA_URL', 'Address of the server, where none is given: http://custodia.localhost:8080 otherwise.'],
      [
        'CUSTODIA_TOKEN_FILE',
        'File with an API key that may read the whole ledger (or CUSTODIA_TOKEN: the key itself).',
      ],
    ]),
    '',
    'Exit codes',
    ...exitCodeLines.map((line) => indent + line),
    '',
  ].join('\n')
}

/** `custodia COMMAND --help` */
export function explanation(command: Command): string {
  const options = Object.entries(command.options).map(
    ([name, { value, summary }]) => [value === null ? `--${name}` : `--${name} ${value}`, summary] as const,
  )
  return [
    `Usage: custodia ${nameWithOperands(command)}${options.length > 0 ? ' [OPTIONS]' : ''}`,
    '',
    command.summary,
    '',
    ...command.description.split('\n'),
    '',
    'Options',
    ...table([...options, ['--help', 'Print this.'], ['--json', 'Print one JSON document instead of words.']]),
    '',
    command.examples.length === 1 ? 'Example' : 'Examples',
    ...command.examples.map((example) => indent + example),
    '',
  ].join('\n')
}
