import type { Route } from '../platform/http/route.ts'
import type { Context, SubjectData } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { Keyring } from './api.ts'
import { config, rootKeyFileOf } from './config.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import { KeyCache } from './key-cache.ts'
import { BrokenKey, Keys } from './keys.ts'
import { MessageCounts } from './message-counts.ts'
import type { KmsProvider } from './providers/provider.ts'
import { providers } from './providers/table.ts'
import { keyringRoutes } from './routes.ts'
import { tenantScope } from './scope.ts'
import { fieldSealer } from './seal-fields.ts'
import { hearShredding, shred } from './shred.ts'
import { signerOf } from './signer.ts'
import { readForeignRoot, readSubjectKeys } from './store.ts'

/** The keyring with what only its own manifest needs. */
export type KeyringModule = Keyring & {
  readonly routes: readonly Route[]
  readonly subjectData: SubjectData
  stop(): Promise<void>
}

export const keyring = defineModule<KeyringModule, Record<never, never>, typeof config>({
  name: 'keyring',
  uses: [],
  config,
  permissions: {
    'keyring:seal': { summary: 'Get keys to seal the application’s data with' },
    'keyring:open': { summary: 'Get keys to open and to find the application’s data with' },
    'keyring:shred': { summary: 'Destroy the keys of a subject of the application, for ever' },
  },
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start: createKeyring,
  routes: (api) => api.routes,
  subjectData: (api) => api.subjectData,
  stop: (api) => api.stop(),
})

/** @throws Error for a person to read, where the root key is missing, wrong, or not the one that this database hangs on. */
export async function createKeyring(context: Context<typeof config>): Promise<KeyringModule> {
  const { database, bus, clock, random, recorder, log, metrics } = context
  const file = rootKeyFileOf(context.config, context.dataFolder)
  const provider = await providers[context.config.kms]({ file, passphrase: context.config.rootKeyPassphrase })
  const cache = new KeyCache(bus, clock)
  const counts = new MessageCounts(database, log)
  const keys = new Keys({ database, provider, cache, counts, recorder, clock, random })
  await proveRootKey(context, provider, keys)

  const unhear = hearShredding(bus, cache)
  counts.start()
  metrics.gauge('custodia_keyring_cached_keys', 'Unwrapped keys in the memory of this process.', () => cache.size)
  const shredding = { bus, cache, clock, random, recorder, log }
  const shredAll: Keyring['shred'] = async (tx, organisationId, subjectId, actor = { kind: 'system' }) => {
    await shred(tx, { organisationId, subjectId, applicationId: null, actor }, shredding)
  }
  const own = (kind: string, name: string) => {
    if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) throw new Error('a purpose has lower-case letters, digits and hyphens')
    return keys.current({ ...tenantScope(null), purpose: `${kind}:${name}` })
  }

  return {
    ...fieldSealer(keys, counts),
    shred: shredAll,
    signer: async (purpose) => signerOf(await own('signing', purpose)),
    secret: async (purpose) => (await own('secret', purpose)).secret.export(),
    routes: keyringRoutes(database, { keys, recorder, random }, shredding),
    subjectData: {
      export: async (organisationId, subjectId) => ({
        keys: await readSubjectKeys(database.queries, organisationId, subjectId),
      }),
      erase: shredAll,
    },
    async stop() {
      unhear()
      await counts.stop()
    },
  }
}

/** A root key that opens nothing here would seal new data beside old data that is lost: better not to start at all. */
async function proveRootKey({ database, log }: Context<typeof config>, provider: KmsProvider, keys: Keys) {
  const { keyId, protection } = provider.describe()
  const remedy =
    'Put that root key back; `custodia keyring init` makes one only for a new installation with a new database.'
  const other = await readForeignRoot(database.queries, keyId)
  if (other !== null)
    throw new Error(`This database was made with the root key ${other}, and ${protection}, holds ${keyId}. ${remedy}`)
  await keys.current(tenantScope(null)).catch((error: Error) => {
    if (!(error instanceof BrokenKey)) throw error
    throw new Error(
      error.outdated
        ? `The root key ${keyId} (${protection}) fits, but this database's keys are sealed in a form of before the first release (envelope version 1), which is not read any more. Start with a new database and a new data folder, or read this one with the Custodia that made it.`
        : `The root key ${keyId} (${protection}) does not open this database's keys. ${remedy}`,
    )
  })
  log.info({ rootKey: keyId, protection }, 'the root key opens this database')
}
