import { Client } from 'pg'
import { applicationRole } from '../database/open.ts'
import type { Log } from '../telemetry/log.ts'
import type { Bus } from './cache.ts'
import { withDeadline } from './deadline.ts'
import type { Medium } from './proven-bus.ts'
import { ProvenBus } from './proven-bus.ts'

const channel = 'custodia_bus'
const answerMs = 1_000

/**
 * A bus on PostgreSQL's LISTEN and NOTIFY, over one connection of its own: what every installation has.
 *
 * @param options.url `Database.url`; carries the password, so it is never logged.
 * @throws Error where PostgreSQL can't be reached within ten seconds.
 */
export function openPostgresBus(options: { readonly url: string; readonly log: Log }): Promise<Bus> {
  return ProvenBus.open({
    name: 'the bus on PostgreSQL',
    log: options.log,
    open: (receive, lost, withinMs) => listen(options.url, receive, lost, withinMs),
  })
}

async function listen(
  url: string,
  receive: (frame: string) => void,
  lost: () => void,
  withinMs: number,
): Promise<Medium> {
  const client = new Client({
    connectionString: url,
    application_name: 'custodia bus',
    keepAlive: true,
    options: `-c role=${applicationRole}`,
  })
  client.on('error', lost)
  client.on('end', lost)
  client.on('notification', (notification) => {
    if (notification.channel === channel && notification.payload !== undefined) receive(notification.payload)
  })
  // Destroyed, not ended: a polite end waits for a server that may be gone.
  const close = () => client.connection.stream.destroy()
  try {
    const listening = client.connect().then(() => client.query(`listen ${channel}`))
    await withDeadline('PostgreSQL', withinMs, listening)
  } catch (error) {
    close()
    throw error
  }
  // One at a time, as the client wants it; what waits when the connection is lost fails with it.
  let turn: Promise<unknown> = Promise.resolve()
  return {
    async send(frame) {
      const sent = turn.then(() => client.query('select pg_notify($1, $2)', [channel, frame]))
      turn = sent.catch(() => {})
      await withDeadline('PostgreSQL', answerMs, sent)
    },
    close,
  }
}
