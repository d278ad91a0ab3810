import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { serverProcess } from '@custodia/wire/node/server-process.ts'
import { administratorCommands } from './administrator-commands.ts'
import type { Command, Input } from './command.ts'
import { usageError } from './command.ts'
import { grantCommands } from './grant-commands.ts'
import { keyCommands } from './key-commands.ts'
import { limitCommands } from './limit-commands.ts'
import { policyCommands } from './policy-commands.ts'
import type { Described, Shape } from './shapes.ts'
import { shapes } from './shapes.ts'
import { webhookCommands } from './webhook-commands.ts'

/** The server that was installed together with this command. */
const installedServer = fileURLToPath(new URL('../../../server/main.ts', import.meta.url))

/** What only the commands of this package read. The server would not know them, and needs no key of a client. */
const clientVariables = new Set(['CUSTODIA_URL', 'CUSTODIA_TOKEN', 'CUSTODIA_TOKEN_FILE'])

/**
 * Commands that the server of this installation carries out itself, because they need its configuration and its keys.
 * The exit code is the server's.
 */
export function serverCommands(main: string = installedServer): Command[] {
  return described.map((command) => ({ ...command, run: (input) => carryOut(main, command, input) }))
}

async function carryOut(main: string, command: Described, { words, options, terminal }: Input): Promise<number> {
  const args = [
    ...serverProcess.nodeArguments,
    main,
    ...command.name.split(' '),
    ...words.map((word, at) => fit(word, shapeAt(command, at))),
    ...Object.entries(options).flatMap(([name, value]) => passed(name, value, command.options[name]?.shape)),
  ]
  if (!existsSync(main)) throw usageError('This installation has no server.')
  // The fourth is a channel without messages: when this process is killed it closes, and the server ends too.
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'] as const
  const own = Object.entries(terminal.environment).filter(([name]) => !clientVariables.has(name))
  const env = { ...serverProcess.environment, ...Object.fromEntries(own) }
  const child = spawn(process.execPath, args, { stdio: [...stdio], env })

  const forward = (signal: NodeJS.Signals) => {
    // A terminal sends its interrupt to the server as well; passed on, it would arrive twice.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, forward)
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', () => reject(usageError('The server could not be started.')))
      // As shells do: 128 and the number of the signal that ended it.
      child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']))
    })
  } finally {
    for (const signal of signals) process.off(signal, forward)
  }
}

function shapeAt({ shapes: said = [shapes.name] }: Described, at: number): Shape {
  return said[at] ?? (said.at(-1) as Shape)
}

/** @throws CommandError for what does not look as it must. */
function fit(word: string, shape: Shape): string {
  if (!shape.pattern.test(word)) throw usageError(`“${word}” is no ${shape.words}`)
  return word
}

function passed(name: string, value: string | boolean | undefined, shape: Shape = shapes.name): string[] {
  if (typeof value === 'string') return [`--${name}=${fit(value, shape)}`]
  return value === true ? [`--${name}`] : []
}

const described: readonly Described[] = [
  {
    name: 'start',
    operands: '',
    summary: 'Start the server, in the foreground.',
    description:
      'It ends on SIGINT or SIGTERM, after the requests that it has begun. Where the configuration is wrong it does\nnot start, and says which setting and why.',
    count: [0, 0],
    options: { tls: { value: null, summary: 'Use TLS, with a certificate for development.' } },
    examples: ['custodia start', 'custodia start --tls'],
  },
  {
    name: 'config',
    operands: '',
    summary: 'Show every setting, its value and where the value comes from.',
    description: 'Secrets are masked. A setting that is wrong is named, with the shape that it must have.',
    count: [0, 0],
    options: {},
    examples: ['custodia config', 'custodia config --json'],
  },
  {
    name: 'keyring init',
    operands: '',
    summary: 'Make a root key, where there is none yet.',
    description:
      'Everything that Custodia seals hangs on this key. Keep a copy away from the database and its backups: without it\nnobody can open the data, and with both of them anybody can. An existing key is never replaced.',
    count: [0, 0],
    options: {},
    examples: ['custodia keyring init'],
  },
  {
    name: 'setup-link',
    operands: '',
    summary: 'Make the link by which the first administrator sets Custodia up.',
    description: 'It works once, and only while there is no administrator yet. Whoever has it owns the installation.',
    count: [0, 0],
    options: {},
    examples: ['custodia setup-link'],
  },
  {
    name: 'applications key',
    operands: 'NAME [ROLE]',
    summary: 'Make an API key for an application, or for a machine with another role.',
    description:
      'The key is printed once and can not be shown again. Put it where only the application can read it.\nROLE is “application” unless said; “verifier” is for a machine that verifies the whole ledger.',
    count: [1, 2],
    options: {},
    examples: ['custodia applications key inbox', 'custodia applications key watchdog verifier'],
  },
  {
    name: 'users import',
    operands: 'FILE',
    summary: 'Take over people with the hashes of the passwords that they have elsewhere.',
    description:
      'FILE has a JSON object a line: email, name, roles and hash (bcrypt, or scrypt, PBKDF2 or Argon2 as a PHC string),\nat most 10,000 of them. Every line is checked first; where one is wrong nobody is imported, and the lines are named.\nWho is imported signs in as before, and has a hash of Custodia’s own from then on. Delete the file afterwards.',
    count: [1, 1],
    options: {},
    examples: ['custodia users import people.jsonl'],
    shapes: [shapes.path],
  },
  ...administratorCommands,
  ...keyCommands,
  ...grantCommands,
  ...policyCommands,
  ...limitCommands,
  ...webhookCommands,
  {
    name: 'passwords build-filter',
    operands: 'LIST OUT',
    summary: 'Make a filter of breached passwords of your own.',
    description:
      'LIST has a password a line, or its SHA-1 in hexadecimal, with a count or without. The server reads OUT at its start,\nwhere CUSTODIA_IDENTITY_BREACHED_FILTER names it. One fit password in 65,536 is taken for listed.',
    count: [2, 2],
    options: {},
    examples: ['custodia passwords build-filter leaked.txt /etc/custodia/breached.filter'],
    shapes: [shapes.path],
  },
  {
    name: 'ledger check',
    operands: '',
    summary: 'Verify the ledger where it is stored, and the columns that it is searched by.',
    description:
      'It sees what no verifier outside can: a column that disagrees with its entry, and an entry slipped in behind the\ntree. What was cut off at the end it cannot see: “custodia ledger verify --remember” does.',
    count: [0, 0],
    options: {},
    examples: ['custodia ledger check'],
  },
]
