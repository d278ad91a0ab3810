import { accountCommands } from './commands.ts'
import type { Identity } from './identity/api.ts'
import { identity } from './identity/module.ts'
import { configuration, startInstance } from './instance.ts'
import { configurationTable, describeConfiguration } from './platform/config/describe-configuration.ts'
import type { PlatformSettings } from './platform/config/platform-settings.ts'
import { createLogger } from './platform/telemetry/logger.ts'
import { refuseBareListen, serve } from './serve.ts'

/** What `custodia` asks of the server's own installation. Arguments end with `--json` where a program reads the answer. */
const commands: Readonly<Record<string, (args: readonly string[], json: boolean) => Promise<void>>> = {
  start,
  async config(_args, json) {
    const rows = describeConfiguration(configuration())
    console.log(json ? JSON.stringify(rows, null, 2) : configurationTable(rows))
  },
  ...accountCommands,
}

async function start(): Promise<void> {
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
  log.info({ address: instance.publicUrl, port: serving.port, pid: process.pid }, 'ready')
  if ((await instance.app.api<Identity>(identity).organisations(1)).length === 0)
    log.info({}, 'nobody can sign in yet: make the link for the first administrator with `custodia setup-link`')
  process.send?.({ ready: true, address: instance.publicUrl, port: serving.port, adminPort: serving.adminPort })
}

// What the flag asks for is a setting, so that `config` shows it and the environment can say it too.
if (process.argv.includes('--tls')) process.env.CUSTODIA_TLS ??= 'development'
const words = process.argv.slice(2).filter((word) => word !== '--json' && word !== '--tls')
const json = process.argv.includes('--json')
const name = Object.keys(commands)
  .filter((one) => words.slice(0, one.split(' ').length).join(' ') === one)
  .sort((a, b) => b.length - a.length)[0]

if (name === undefined) {
  console.error(`custodia server commands: ${Object.keys(commands).join(', ')}. Ask \`custodia --help\`.`)
  process.exitCode = 2
} else {
  await commands[name]?.(words.slice(name.split(' ').length), json).catch((error: Error) => {
    // Configuration, keys, folders, ports: the message was written for a person; a stack would hide it.
    console.error(error.message)
    process.exit(2)
  })
}
