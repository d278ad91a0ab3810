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

/** What goes in one statement: no frame twice, of which NOTIFY would make one. */
type Batch = { readonly frames: Set<string>; readonly sent: Promise<unknown> }
const maxBatch = 256

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
  // One statement at a time, as the client wants it; what waits when the connection is lost fails with it.
  let turn: Promise<unknown> = Promise.resolve()
  let next: Batch | null = null
  const newBatch = (): Batch => {
    const frames = new Set<string>()
    const sent = turn.then(() => {
      if (next === batch) next = null
      return client.query('select pg_notify($1, frame) from unnest($2::text[]) as frame', [channel, [...frames]])
    })
    turn = sent.catch(() => {})
    const batch = { frames, sent }
    return batch
  }
  return {
    async send(frame) {
      if (next === null || next.frames.size === maxBatch || next.frames.has(frame)) next = newBatch()
      next.frames.add(frame)
      await withDeadline('PostgreSQL', answerMs, next.sent)
    },
    close,
  }
}
