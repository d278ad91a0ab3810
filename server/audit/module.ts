import type { Keyring } from '../keyring/api.ts'
import { setting } from '../platform/config/setting.ts'
import type { Queries } from '../platform/database/database.ts'
import type { Event } from '../platform/events/event.ts'
import type { Route } from '../platform/http/route.ts'
import type { Context } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import { newId } from '../platform/random.ts'
import type { Ledger } from './api.ts'
import { makeEntry } from './entry.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import type { LogIdentity } from './log-identity.ts'
import { identifyLog } from './log-identity.ts'
import { NoteQueue } from './note-queue.ts'
import { readAbout } from './read-about.ts'
import { readEntryAt, readPlaced } from './read-placed.ts'
import { Recordings } from './recordings.ts'
import { ledgerRoutes } from './routes.ts'
import { Sequencer } from './sequencer.ts'
import { insertEntries, insertEntry } from './store.ts'
import { verifyStored } from './verify-stored.ts'

const config = {
  origin: setting.text({
    description:
      'The name of the log in its checkpoints; fixed by its first one. Empty: the public address without a scheme.',
    example: 'custodia.example.com/ledger',
    default: '',
    // C2SP signed-note: no space and no plus in a name.
    pattern: /^[^\s+\p{Cc}]{0,255}$/u,
    shape: 'text without spaces and plus signs',
  }),
}

/** The ledger with what only its own manifest needs. */
export type Audit = Ledger & { readonly routes: readonly Route[]; stop(): Promise<void> }

export const audit = defineModule({
  name: 'audit',
  uses: ['keyring'],
  config,
  permissions: {
    'ledger:read': { summary: 'Search the ledger of the organisation and prove its entries' },
    'ledger:personal': { summary: 'See the personal fields of the organisation’s ledger entries' },
    'ledger:installation': { summary: 'Search the entries that belong to the installation', reach: 'installation' },
    'ledger:read:all': {
      summary: 'Export every entry of every organisation, to verify or to copy the ledger',
      reach: 'installation',
    },
  },
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start,
  routes: (audit) => audit.routes,
  recorder: (audit) => audit,
  stop: (audit) => audit.stop(),
})

function start(context: Context<typeof config>, { keyring }: { keyring: Keyring }): Audit {
  const { database, clock, random, log, metrics } = context
  const origin = context.config.origin || `${new URL(context.publicUrl).host}/ledger`
  // Not before it is needed: making the key is itself an event, and this start is what events wait for.
  let known: Promise<LogIdentity> | null = null
  const identify = () => {
    known ??= identifyLog({ queries: database.queries, keyring, clock }, origin).catch((error) => {
      known = null
      throw error
    })
    return known
  }
  const sequencer = new Sequencer(database, identify, clock, log)
  sequencer.start()

  const recorded = metrics.counter('custodia_ledger_recorded_total', 'Events recorded by this process.', ['way'])
  const lost = metrics.counter('custodia_ledger_lost_total', 'Events that could not be recorded.')
  const queue = new NoteQueue({
    make: (event, id, atMs) => makeEntry(keyring, event, id, atMs),
    async write(entries) {
      await insertEntries(database.queries, entries)
      recorded.add(entries.length, { way: 'noted' })
      sequencer.nudge()
    },
    newId: () => newId('evt', random),
    clock,
    log,
    onLost: (count) => lost.add(count),
  })
  metrics.gauge('custodia_ledger_lag_seconds', 'How long the oldest entry has waited for its place in the tree.', () =>
    sequencer.lagSeconds(),
  )
  metrics.gauge('custodia_ledger_size', 'Entries in the newest checkpoint that this process knows.', () =>
    sequencer.size(),
  )
  metrics.gauge('custodia_ledger_noted', 'Noted events that wait to be written.', () => queue.length())
  metrics.gauge('custodia_ledger_distrusted', '1 where the stored tree contradicts what was signed.', () =>
    sequencer.distrusted() ? 1 : 0,
  )

  const recordings = new Recordings(async (tx, entries) => {
    const [first, ...more] = entries
    await (first !== undefined && more.length === 0 ? insertEntry(tx, first) : insertEntries(tx, entries))
    recorded.add(entries.length, { way: 'in transaction' })
    sequencer.nudge()
  })
  const recorder = {
    async record(tx: Queries, event: Event): Promise<void> {
      await recordings.add(tx, await makeEntry(keyring, event, newId('evt', random), clock.nowMs()))
    },
    note: (event: Event) => queue.add(event),
  }
  return {
    ...recorder,
    async settle() {
      if (!(await queue.drain())) throw new Error('noted events cannot be written to the ledger now')
      return sequencer.settle()
    },
    about: (about, options) => readAbout({ database, keyring }, about, options),
    placed: (from, organisationIds, end) => readPlaced(database.queries, from, organisationIds, end),
    entryAt: (organisationId, index, { personal }) =>
      readEntryAt({ database, keyring }, organisationId, index, personal),
    verify: async (options) => verifyStored(database.queries, await identify(), options),
    routes: ledgerRoutes({ database, keyring, recorder, identify, eventCatalogue: context.eventCatalogue }),
    async stop() {
      await queue.close()
      await sequencer
        .run()
        .catch((error) => log.error({ err: error }, 'the last entries have no place in the tree yet'))
      await sequencer.stop()
    },
  }
}
