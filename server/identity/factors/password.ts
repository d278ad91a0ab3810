import { readPerson } from '../store.ts'
import type { Factor } from './factor.ts'

/** The password, for who confirms a session with it: a way only where there is no other. */
export const password: Factor = {
  kind: 'password',
  amr: 'pwd',
  strength: 'knowledge',
  way: async (_parts, person) => (person.password === null ? null : ''),
  async prove(parts, { person }, proof) {
    if (proof.factor !== 'password') return false
    const row = await readPerson(parts.context.database.queries, person.id)
    return await parts.hasher.verify(proof.password, row?.state === 'active' ? row.password : null)
  },
  list: async () => [],
}
