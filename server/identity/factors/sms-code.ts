import type { Queries } from '../../platform/database/database.ts'
import { textTo } from '../notices/text-to.ts'
import type { Frame } from '../notices/texts.ts'
import { noticeLine } from '../notices/texts.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import type { Factor } from './factor.ts'
import { maskNumber, openPhone, phonesForSignIn, sealPhone } from './phone.ts'
import { deletePhone, readPhones, renamePhone, writePhonesUsed } from './phone-store.ts'
import { newSentCode, proveSentCode } from './sent-code.ts'
import { voidSentCodes } from './sent-code-store.ts'

/**
 * A code by text message, where installation and organisation allow it, to a phone that the person has confirmed. NIST SP 800-63B-4
 * §3.1.3.3 calls it restricted: who takes the number over (a SIM swap, a network's signalling) has the code. So it is for those who have
 * nothing better, and it goes to every phone of the person, two at most.
 */
export const smsCode: Factor = {
  kind: 'sms-code',
  amr: 'sms',
  strength: 'restricted',

  async way(parts, person, policy) {
    const phones = await phonesForSignIn(parts, person, policy)
    return phones.length === 0 ? null : phones.map(({ number }) => maskNumber(number)).join(', ')
  },

  async challenge(parts, context) {
    const { person, policy, head } = context
    const phones = await phonesForSignIn(parts, person, policy)
    await parts.context.database.transaction(async (tx) => {
      const { code, expiresAt } = await newSentCode(parts, tx, 'sms-code', context)
      await textTo(parts, tx, person, {
        kind: 'sign-in-code',
        phones,
        write: (frame) => codeText(parts, frame, code, expiresAt),
        expiresAt,
        askedFrom: head.address,
      })
    })
    return { options: null, sentTo: phones.map(({ number }) => maskNumber(number)).join(', ') }
  },

  async prove(parts, context, proof) {
    if (proof.factor !== 'sms-code' || !(await proveSentCode(parts, 'sms-code', context, proof.code))) return false
    await writePhonesUsed(parts.context.database.queries, context.person.id, nowOf(parts))
    return true
  },

  async list(parts, person) {
    const rows = await readPhones(parts.context.database.queries, person.id)
    return await Promise.all(
      rows.map(async (row) => ({
        id: row.id,
        factor: 'sms-code' as const,
        name: await openPhone(parts, person, row.id, 'name', row.name_sealed),
        createdAt: row.created_at.toISOString(),
        lastUsedAt: row.last_used_at?.toISOString() ?? null,
        facts: [`number:${maskNumber(await openPhone(parts, person, row.id, 'number', row.number_sealed))}`],
      })),
    )
  },

  async rename(parts, tx, person, id, name) {
    const nameSealed = await sealPhone(parts, person, id, 'name', name)
    return await renamePhone(tx, { id, personId: person.id, nameSealed })
  },

  async remove(parts, tx, person, id) {
    const sealed = await deletePhone(tx, id, person.id)
    if (sealed === null) return false
    // A code that went to it a moment ago is no proof any more.
    await voidSentCodes(tx, { personId: person.id, factor: 'sms-code' }, nowOf(parts))
    await tellRemoved(parts, tx, person, { id, number: await openPhone(parts, person, id, 'number', sealed) })
    return true
  },
}

/** The phone itself hears of it: whoever takes it off somebody's account would like them not to. */
async function tellRemoved(parts: Parts, tx: Queries, person: PersonRow, phone: { id: string; number: string }) {
  await textTo(parts, tx, person, {
    kind: 'factor-removed',
    phones: [phone],
    write: (frame) => noticeLine('factor-removed', { factor: 'sms-code' }, frame),
  })
}

/**
 * The last line binds the code to this host (WICG, origin-bound one-time codes): browsers that know the format fill it in here and on no false page.
 */
export function codeText({ context }: Parts, { organisation }: Frame, code: string, expiresAt: Date): string {
  const until = `${expiresAt.toISOString().slice(11, 16)} UTC`
  return [
    `${organisation}: your code is ${code.slice(0, 4)} ${code.slice(4)}. It works once, until ${until}. Nobody will ask you for it.`,
    '',
    `@${new URL(context.publicUrl).hostname} #${code}`,
  ].join('\n')
}
