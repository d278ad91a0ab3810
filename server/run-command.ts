import { printable } from '@custodia/wire/printable.ts'
import type { CommandOptions } from './command-line.ts'
import { readCommandLine } from './command-line.ts'
import { failureOf, print } from './command-output.ts'
import { accountCommands } from './commands.ts'
import type { Identity } from './identity/api.ts'
import { identity } from './identity/module.ts'
import { configuration, startInstance } from './instance.ts'
import { configurationTable, describeConfiguration } from './platform/config/describe-configuration.ts'
import type { PlatformSettings } from './platform/config/platform-settings.ts'
import { abandonAhead } from './platform/database/embedded/ahead.ts'
import { createLogger } from './platform/telemetry/logger.ts'
import { refuseBareListen, serve } from './serve.ts'

type CommandArguments = [words: readonly string[], json: boolean, options: CommandOptions]

/** What `custodia` asks of the server's own installation. */
const commands: Readonly<Record<string, (...line: CommandArguments) => Promise<void>>> = {
  start,
  async config(_args, json) {
    const rows = describeConfiguration(configuration())
    console.log(json ? JSON.stringify(rows, null, 2) : configurationTable(rows))
  },
  ...accountCommands,
}

async function start(): Promise<void> {
  const withChannel = process.connected
  const read = configuration()
  const settings = read.values.platform as PlatformSettings
  const log = createLogger({ level: settings.logLevel })
  for (const warning of read.warnings) log.warn({}, warning)
  refuseBareListen(settings.listen, settings.tls)

  const instance = await startInstance(read, log, 'server')
  const serving = await serve(instance, log).catch(async (error) => {
    await instance.stop()
    throw error
  })
  let stopping = false
  const stop = async (reason: string) => {
    if (stopping) return
    stopping = true
    log.info({ reason }, 'stopping: requests in flight may finish')
    await serving.stop()
    await instance.stop()
    log.info({}, 'stopped')
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop('SIGTERM'))
  process.on('SIGINT', () => void stop('SIGINT'))
  // Whoever started this process with a channel is gone: so is the reason to run.
  process.on('disconnect', () => void stop('the parent process ended'))
  if (withChannel && !process.connected) return await stop('the parent process ended')
  log.info({ address: instance.publicUrl, port: serving.port, pid: process.pid }, 'ready')
  const organisations = await instance.app
    .api<Identity>(identity)
    .organisations(1)
    .catch(() => null)
  if (organisations?.length === 0)
    log.info({}, 'nobody can sign in yet: make the link for the first administrator with `custodia setup-link`')
  process.send?.({
    ready: true,
    address: instance.publicUrl,
    port: serving.port,
    adminPort: serving.adminPort,
    redirectPort: serving.redirectPort,
  })
}

try {
  const { words, options } = readCommandLine(process.argv.slice(2))
  // What the flag asks for is a setting, so that `config` shows it and the environment can say it too.
  if (options.tls === true) process.env.CUSTODIA_TLS ??= 'development'
  const name = Object.keys(commands)
    .filter((one) => words.slice(0, one.split(' ').length).join(' ') === one)
    .sort((a, b) => b.length - a.length)[0]
  if (name === undefined)
    throw new Error(`custodia server commands: ${Object.keys(commands).join(', ')}. Ask \`custodia --help\`.`)
  await commands[name]?.(words.slice(name.split(' ').length), options.json === true, options)
} catch (error) {
  await abandonAhead()
  const { exitCode, code, message } = failureOf(error as Error)
  console.error(printable(message))
  if (process.argv.includes('--json')) print(true, { ok: false, exitCode, code, error: message }, '')
  process.exit(exitCode)
}
