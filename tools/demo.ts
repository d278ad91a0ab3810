import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Account } from './demo/accounts.ts'
import { createAccounts, newAccounts, signInAs } from './demo/accounts.ts'
import { buildConsole } from './demo/build-console.ts'
import { caller } from './demo/call.ts'
import { demoConfiguration } from './demo/configuration.ts'
import { importMail } from './demo/import-mail.ts'
import { endProcess, freePort, runCommand, startProcess } from './demo/processes.ts'
import { root } from './suite.ts'

// `npm run demo`: everything on this machine, set up through the public API, as a person would do it.

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    mail: { type: 'string' },
    tls: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (options.help) {
  console.log(`npm run demo [-- --mail DIR] [-- --json]

Starts Custodia, its gateway and Inbox, a mail application behind it.
  --mail DIR   import your own .eml files or mbox instead of the sample mail
  --tls        https, with a certificate of an authority in the data folder
  --json       print one line of JSON when everything is ready

CUSTODIA_LISTEN=127.0.0.1:PORT moves the port. CUSTODIA_DATA=DIR moves the data.
CUSTODIA_DEMO_PASSWORD=… is the password of every account, at the first start.
CUSTODIA_UPLOADS_CLAMD=unix:PATH has attachments scanned by clamd.`)
  process.exit(0)
}

const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`)
const data = resolve(root, process.env.CUSTODIA_DATA ?? 'data')
const listen = process.env.CUSTODIA_LISTEN ?? '127.0.0.1:8080'
const port = Number(listen.slice(listen.lastIndexOf(':') + 1))
const scheme = options.tls ? 'https' : 'http'
const publicUrl = `${scheme}://custodia.localhost:${port}`
const inboxUrl = `${scheme}://inbox.localhost:${port}`
const serverScript = join(root, 'server/main.ts')
const memory = join(data, 'demo.json')

type Memory = {
  accounts: readonly Account[]
  /** False until all of them are made: it is written down before the first of them, or nobody would know its password. */
  made?: boolean
  organisationId: string | null
  mail: string[]
}

const running: Awaited<ReturnType<typeof startProcess>>['child'][] = []
let stopping = false

/** Ends what runs, in order. Ctrl-C comes twice, from the terminal and from the runner: only the first one counts. */
async function stop(code: number): Promise<void> {
  if (stopping) return
  stopping = true
  say('Stopping …')
  for (const child of running.toReversed()) await endProcess(child)
  process.exit(code)
}
process.on('SIGINT', () => void stop(0))
process.on('SIGTERM', () => void stop(0))
process.on('disconnect', () => void stop(0))

async function main(): Promise<void> {
  if (options.mail !== undefined && !existsSync(options.mail))
    throw new Error(`There is no ${options.mail}. Give a folder of .eml files, or an mbox.`)
  mkdirSync(data, { recursive: true, mode: 0o700 })
  buildConsole(root, say)

  const inboxPort = await freePort()
  const configuration = join(data, 'demo.yaml')
  writeFileSync(configuration, demoConfiguration(`http://127.0.0.1:${inboxPort}`), { mode: 0o600 })
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    CUSTODIA_CONFIG: configuration,
    CUSTODIA_DATA: data,
    CUSTODIA_LISTEN: listen,
    CUSTODIA_PUBLIC_URL: publicUrl,
    CUSTODIA_TLS: options.tls ? 'development' : 'off',
    // A scanner is none of Node's packages: without one, files are looked at and not scanned.
    CUSTODIA_UPLOADS_HOST: process.env.CUSTODIA_UPLOADS_HOST ?? 'files.custodia.localhost',
    ...(process.env.CUSTODIA_UPLOADS_CLAMD === undefined ? { CUSTODIA_UPLOADS_SCANNER: 'off' } : {}),
    // Whoever tries the demo does so from several browsers at once: the scores stand in the ledger, and nobody is asked for more.
    CUSTODIA_IDENTITY_RISK_ASK: process.env.CUSTODIA_IDENTITY_RISK_ASK ?? '200',
  }
  delete environment.CUSTODIA_DEMO_PASSWORD

  if (!existsSync(join(data, 'root.key'))) runCommand(serverScript, ['keyring', 'init'], environment)
  say('Starting Custodia …')
  const server = await startProcess(serverScript, ['start'], environment, (message) =>
    message.ready === true ? message : null,
  )
  running.push(server.child)
  watch(server.child, 'Custodia')

  const authority = join(data, 'tls', 'authority.pem')
  const call = caller(port, 'custodia.localhost', options.tls ? readFileSync(authority, 'utf8') : undefined)
  let known: Memory | null = existsSync(memory) ? (JSON.parse(readFileSync(memory, 'utf8')) as Memory) : null
  if (known === null || known.made === false) {
    say('Making the organisation, an administrator and two members …')
    known ??= {
      accounts: newAccounts(process.env.CUSTODIA_DEMO_PASSWORD),
      made: false,
      organisationId: null,
      mail: [],
    }
    remember(known)
    const isSetUp = (await signInAs(call, known.accounts[0] as Account)).status === 200
    const link = isSetUp ? null : String(runCommand(serverScript, ['setup-link'], environment).link)
    await createAccounts(call, link, known.accounts)
    known = { ...known, made: true }
    remember(known)
  }
  const keyFile = join(data, 'inbox.key')
  if (known.organisationId === null || !existsSync(keyFile)) {
    const { key, organisationId } = runCommand(serverScript, ['applications', 'key', 'inbox'], environment)
    writeFileSync(keyFile, `${key}\n`, { mode: 0o600 })
    known = { ...known, organisationId: String(organisationId) }
    remember(known)
  }

  const verifierFile = join(data, 'verifier.key')
  if (!existsSync(verifierFile)) {
    const { key } = runCommand(serverScript, ['applications', 'key', 'watchdog', 'verifier'], environment)
    writeFileSync(verifierFile, `${key}\n`, { mode: 0o600 })
  }

  const inboxEnvironment: NodeJS.ProcessEnv = {
    ...process.env,
    CUSTODIA_URL: publicUrl,
    CUSTODIA_APPLICATION_KEY_FILE: keyFile,
    ...(options.tls ? { NODE_EXTRA_CA_CERTS: authority } : {}),
    INBOX_DATA: join(data, 'inbox'),
    INBOX_ORGANISATION: known.organisationId as string,
    INBOX_LISTEN: `127.0.0.1:${inboxPort}`,
    INBOX_TEAM: 'owner=role:administrator editor=role:member reader=role:reader',
  }
  const mail = resolve(options.mail ?? join(root, 'examples/inbox/samples'))
  if (!known.mail.includes(mail)) {
    await importMail(join(root, 'examples/inbox/import.ts'), mail, inboxEnvironment, options.json)
    remember({ ...known, mail: [...known.mail, mail] })
  }
  const inbox = await startProcess(join(root, 'examples/inbox/main.ts'), [], inboxEnvironment, (message) =>
    typeof message.listening === 'string' ? message : null,
  )
  running.push(inbox.child)
  watch(inbox.child, 'Inbox')

  const accounts = known.accounts.map(({ email, password, role }) => ({ email, password, role }))
  if (options.json)
    console.log(JSON.stringify({ ready: true, console: publicUrl, applications: { inbox: inboxUrl }, accounts, data }))
  else announce(accounts)
}

function remember(what: Memory): void {
  writeFileSync(memory, JSON.stringify(what, null, 2), { mode: 0o600 })
}

/** A path as a person would type it here. */
function near(path: string): string {
  const from = relative(process.cwd(), path)
  return from.startsWith('..') ? path : from
}

function watch(child: (typeof running)[number], name: string): void {
  child.once('exit', (code) => {
    if (stopping) return
    console.error(`${name} ended unexpectedly (${code}).`)
    void stop(1)
  })
}

function announce(accounts: readonly { email: string; password: string; role: string }[]): void {
  const width = Math.max(...accounts.map((account) => account.email.length))
  say(`
  Inbox      ${inboxUrl}
  Console    ${publicUrl}

${accounts.map((account) => `  ${account.email.padEnd(width)}  ${account.password}  ${account.role}`).join('\n')}

  Try this
  1  Open Inbox and sign in as the member. Every message that you read was sealed in its store.
  2  Put a label on a message. Then sign in as the reader, who may not: the gateway says no.
  3  As the administrator open the console, Ledger: find that refusal, and verify its proof in your browser.
  4  End a session under People, and watch its next request fail.
  5  Verify the whole ledger from outside:
     npx custodia ledger verify ${publicUrl} --token-file ${near(join(data, 'verifier.key'))}

  Data: ${data}. Ctrl-C stops everything; the next run goes on from here.`)
}

main().catch(async (error: Error) => {
  console.error(error.message)
  await stop(1)
})
