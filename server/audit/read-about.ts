import type { Keyring } from '../keyring/api.ts'
import type { Database } from '../platform/database/database.ts'
import type { AboutEntry } from './api.ts'
import { openPersonal, readBody } from './entry.ts'
import type { About } from './store.ts'
import { findAbout } from './store.ts'

const within = 1_000

/** What happened to somebody, by the index over subjects; what is shown comes from the bodies that were hashed. */
export async function readAbout(
  { database, keyring }: { readonly database: Database; readonly keyring: Keyring },
  about: About,
  { limit, personal }: { readonly limit: number; readonly personal: boolean },
): Promise<{ items: AboutEntry[]; next: string | null }> {
  const { found, end } = await findAbout(database.queries, about, { limit: limit + 1, within })
  const page = found.slice(0, limit)
  const items = await Promise.all(
    page.map(async ({ body: bytes }) => {
      const body = readBody(bytes)
      // A column that says otherwise was changed.
      if (body === null || body.organisation !== about.organisationId || body.subject !== about.subjectId) return null
      const { id, at, type, actor, data } = body
      return { id, at, type, actor, data, personal: personal ? await openPersonal(keyring, body) : null }
    }),
  )
  const next = found.length > limit ? (page.at(-1)?.id ?? null) : end
  return { items: items.filter((item) => item !== null), next }
}
