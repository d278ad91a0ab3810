import { createCustodia } from '@custodia/sdk'
import { createCourier } from './attachments/courier.ts'
import { custodiaOptions, dataFolder, listenOn, organisationId, teamShares } from './settings.ts'
import { shareTeam } from './sharing/team.ts'
import { openDatabase } from './store/database.ts'
import { createMailbox } from './store/mailbox.ts'
import { createApp } from './web/app.ts'

/** One line for a log. A reason may quote a request, so only its name and its place in the code are kept. */
function logFault(error: unknown): void {
  const { name, code, details, stack } = error as { name?: string; code?: string; details?: unknown; stack?: string }
  const at = stack
    ?.split('\n')
    .find((line) => line.trimStart().startsWith('at '))
    ?.trim()
  console.error(JSON.stringify({ level: 'error', time: new Date().toISOString(), name, code, details, at }))
}

// Whoever started this process with a channel is gone: so is the reason to run.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// That it is listened to keeps nobody running who has been told to end.
process.channel?.unref()

try {
  const { env } = process
  const options = custodiaOptions(env)
  const custodia = createCustodia(options)
  const organisation = organisationId(env)
  const database = openDatabase(dataFolder(env))
  const mailbox = createMailbox({ custodia, database, nowMs: () => Date.now() })
  await shareTeam(custodia, mailbox, teamShares(env))
  const app = await createApp({
    custodia,
    mailbox,
    organisationId: organisation,
    custodiaOrigin: new URL(options.url).origin,
    onFault: logFault,
  })
  const courier = createCourier({ mailbox, uploads: custodia.uploads, onFault: logFault })
  courier.start()
  const listening = await app.listen(listenOn(env))
  console.log(JSON.stringify({ listening }))

  const stop = async () => {
    await app.close()
    await courier.stop()
    custodia.forgetKeys()
    database.close()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())
} catch (error) {
  console.error(error instanceof Error ? error.message : 'The mail application could not start.')
  process.exitCode = 1
}
