import type { Keyring, Place } from '../../../keyring/api.ts'
import { isRefusal } from '../../../platform/errors.ts'
import { readForeignHash } from './foreign-hash.ts'
import type { ForeignHash } from './scheme.ts'

/** Hashes of other systems as they are stored: sealed, for they lack the secret that makes our own useless to a thief. */
export type ImportedHashes = {
  /** @returns what to store in place of a PHC string. */
  seal(hash: string): Promise<string>
  /** @returns null where it is no imported hash, or can't be opened any more. */
  open(stored: string): Promise<ForeignHash | null>
}

/** What our own PHC strings never begin with. */
const prefix = 'imported:'
/** One for all: a hash is not about anybody before it stands in a person's row. */
const place: Place = {
  organisationId: null,
  subjectId: null,
  collection: 'identity.imported-hash',
  record: 'password',
  field: 'hash',
  schemaVersion: 1,
}

export function importedHashes(keyring: Pick<Keyring, 'seal' | 'open'>): ImportedHashes {
  return {
    seal: async (hash) => prefix + (await keyring.seal(place, hash)).toString('base64url'),
    async open(stored) {
      if (!stored.startsWith(prefix)) return null
      try {
        const hash = await keyring.open(place, Buffer.from(stored.slice(prefix.length), 'base64url'))
        return readForeignHash(hash.toString())
      } catch (error) {
        if (isRefusal(error)) return null
        throw error
      }
    },
  }
}
