import { event } from '../events.ts'
import { notify } from '../notices/notify.ts'
import { nowOf } from '../parts.ts'
import type { Factor } from './factor.ts'
import { hashRecoveryCode } from './make-recovery-codes.ts'
import { consumeCode, deleteCodes, readSet } from './recovery-store.ts'

/** Codes on paper, for when everything else is gone: each works once, and it is counted how many are left. */
export const recoveryCode: Factor = {
  kind: 'recovery-code',
  amr: 'recovery',
  strength: 'recovery',

  async way(parts, person) {
    const left = (await readSet(parts.context.database.queries, person.id))?.left ?? 0
    return left === 0 ? null : `${left} ${left === 1 ? 'code' : 'codes'} left`
  },

  async prove(parts, { person, head }, proof) {
    if (proof.factor !== 'recovery-code') return false
    const { database, recorder } = parts.context
    const hash = hashRecoveryCode(parts, person, proof.code)
    return await database.transaction(async (tx) => {
      if (!(await consumeCode(tx, person.id, hash, nowOf(parts)))) return false
      const left = (await readSet(tx, person.id))?.left ?? 0
      const about = {
        organisationId: person.organisation_id,
        actor: { kind: 'user', id: person.id } as const,
        subjectId: person.id,
      }
      await recorder.record(tx, event('recovery-code.used', { ...about, data: { left } }))
      await notify(parts, tx, person, 'recovery-code-used', { address: head.address })
      return true
    })
  },

  async list(parts, person) {
    const set = await readSet(parts.context.database.queries, person.id)
    if (set === null) return []
    return [
      {
        id: set.id,
        factor: 'recovery-code',
        name: 'Recovery codes',
        createdAt: set.created_at.toISOString(),
        lastUsedAt: set.last_used_at?.toISOString() ?? null,
        facts: [`codes-left:${set.left}`],
      },
    ]
  },

  async remove(_parts, tx, person, id) {
    return (await readSet(tx, person.id))?.id === id && (await deleteCodes(tx, person.id))
  },
}
